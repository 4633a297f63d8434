// SPDX-License-Identifier: Apache-2.0
// Names and records: what is one, what is none, and one text for the same thing.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/dns/record.h"
#include "mboxferry/dns/server.h"

namespace mboxferry::dns {
namespace {

std::string name_text(std::string_view text) {
  const auto name = Name::parse(text);
  return name ? name->text() : "none";
}

std::string round_trip(RecordType type, std::string_view text) {
  const auto data = parse_data(type, text);
  return data ? data_text(*data) : "none: " + data.error().what;
}

TEST_CASE("a name has one spelling") {
  CHECK(name_text("Example.ORG.") == "example.org");
  CHECK(name_text("_IMAPS._tcp.example.org") == "_imaps._tcp.example.org");
  CHECK(name_text(".") == ".");
  CHECK(name_text("a\\.b.org") == "a\\046b.org");
  CHECK(name_text("a\\046b.org") == "a\\046b.org");
  CHECK(name_text("\\065.org") == "a.org");
  CHECK(name_text(std::string(63, 'a') + ".org") == std::string(63, 'a') + ".org");
}

TEST_CASE("what is no name is refused") {
  for (const char* text :
       {"", "..", ".a", "a..b", "a b", "\xc3\xbc.org", "a\\", "a\\25", "a\\999", "a\tb", "a\nb"})
    CHECK(name_text(text) == "none");
  CHECK(name_text(std::string(64, 'a')) == "none");
  std::string longest;
  for (int i = 0; i < 126; ++i) longest += "a.";
  CHECK(name_text(longest + "a") != "none");
  CHECK(name_text(longest + "a.a") == "none");
}

TEST_CASE("a name is in a zone label by label") {
  const Name zone = *Name::parse("example.org");
  CHECK(Name::parse("example.org")->is_in(zone));
  CHECK(Name::parse("a.example.org")->is_in(zone));
  CHECK_FALSE(Name::parse("badexample.org")->is_in(zone));
  CHECK_FALSE(Name::parse("a\\.example.org")->is_in(zone));
  CHECK_FALSE(Name::parse("org")->is_in(zone));
  CHECK(zone.is_in(Name()));
  CHECK(zone.parent().text() == "org");
  CHECK(zone.parent().parent().is_root());
}

TEST_CASE("an address is no host name") {
  for (const char* text : {"mail.example.org", "a-b.xn--p1ai", "localhost", "1and1.com"})
    CHECK(Name::parse(text)->is_host());
  for (const char* text :
       {"192.0.2.1", ".", "_imaps._tcp.example.org", "-a.org", "a-.org", "2001:db8::1"})
    CHECK_FALSE(Name::parse(text)->is_host());
}

TEST_CASE("data of every type is read and written") {
  CHECK(round_trip(RecordType::a, "192.0.2.1") == "192.0.2.1");
  CHECK(round_trip(RecordType::aaaa, "2001:DB8:0:0::1") == "2001:db8::1");
  CHECK(round_trip(RecordType::mx, "10 Mail.Example.ORG") == "10 mail.example.org.");
  CHECK(round_trip(RecordType::srv, "0 0 0 .") == "0 0 0 .");
  CHECK(round_trip(RecordType::srv, "1 2 65535 a.") == "1 2 65535 a.");
  CHECK(round_trip(RecordType::txt, "\"a;b\" c \"\\\"\\\\\\009\"") ==
        "\"a;b\" \"c\" \"\\\"\\\\\\009\"");
  CHECK(round_trip(RecordType::txt, "\"\"") == "\"\"");
  CHECK(round_trip(RecordType::tlsa, "3 1 1 00AA 11bb") == "3 1 1 00aa11bb");
  CHECK(round_trip(RecordType::caa, "0 issue \"ca.example; x=1\"") ==
        "0 issue \"ca.example; x=1\"");
  CHECK(round_trip(RecordType::soa, "a. b. 1 2 3 4 4294967295") == "a. b. 1 2 3 4 4294967295");
}

TEST_CASE("numbers are neither cut nor rounded, and texts do not end at a semicolon") {
  for (const char* text : {"0 0 99999 a.", "0 0 -1 a.", "65536 0 1 a.", "0 0 1", "0 0 1 a. b.",
                           "0 0 +1 a.", "0 0 1 a..b", "0 0 0x10 a.", "1 1 1 \"a"})
    CHECK_FALSE(parse_data(RecordType::srv, text));
  CHECK_FALSE(parse_data(RecordType::txt, "v=DMARC1; p=none"));
  CHECK_FALSE(parse_data(RecordType::txt, ""));
  CHECK_FALSE(parse_data(RecordType::txt, "\"a\nb\""));
  CHECK_FALSE(parse_data(RecordType::txt, "\"" + std::string(256, 'x') + "\""));
  CHECK_FALSE(parse_data(RecordType::a, "192.0.2.256"));
  CHECK_FALSE(parse_data(RecordType::tlsa, "3 1 1 0"));
  CHECK_FALSE(parse_data(RecordType::tlsa, "256 1 1 00"));
}

TEST_CASE("a long text is split into strings of 255") {
  const std::string text(600, 'k');
  const Txt txt = txt_of_text(text);
  REQUIRE(txt.strings.size() == 3);
  CHECK(txt.strings[0].size() == 255);
  CHECK(txt.strings[2].size() == 90);
  CHECK(txt.joined() == text);
  CHECK(txt_of_text("").strings.size() == 1);
  CHECK(round_trip(RecordType::txt, data_text(txt)) == data_text(txt));
}

TEST_CASE("a text of a version is known however people write it") {
  for (const char* text : {"v=spf1", "v=spf1 -all", "V=SPF1 -all", "v = spf1 -all", " v=spf1\t-all"})
    CHECK(is_of_version(text, "v=spf1"));
  for (const char* text : {"", "v", "v=spf", "v=spf10", "v=spf2.0/pra", "x v=spf1", "vv=spf1"})
    CHECK_FALSE(is_of_version(text, "v=spf1"));
  CHECK(is_of_version("v = DMARC1; p=none", "v=DMARC1"));
  CHECK(is_of_version("v=STSv1;id=1", "v=STSv1"));
}

TEST_CASE("sets are equal whatever the order that they came in") {
  const auto mx = [](const char* text) { return *parse_data(RecordType::mx, text); };
  RecordSet one{*Name::parse("a.org"), RecordType::mx, 60, {mx("10 a."), mx("20 b."), mx("10 a.")}};
  RecordSet two{*Name::parse("A.org."), RecordType::mx, 60, {mx("20 B."), mx("10 a.")}};
  one.normalize();
  two.normalize();
  CHECK(one == two);
  two.ttl = 61;
  CHECK_FALSE(one == two);
}

TEST_CASE("a server is a host, with a port or without") {
  CHECK(parse_server("ns.example.org")->text() == "ns.example.org:53");
  CHECK(parse_server("127.0.0.1:5353")->text() == "127.0.0.1:5353");
  CHECK(parse_server("[2001:db8::1]:54")->text() == "[2001:db8::1]:54");
  CHECK(parse_server("2001:db8::1")->text() == "[2001:db8::1]:53");
  for (const char* text :
       {"", ":53", "a:", "a:0", "a:65536", "a:b", "[::1", "[::1]53", "a b", "a/b"})
    CHECK_FALSE(parse_server(text));
}

}  // namespace
}  // namespace mboxferry::dns
