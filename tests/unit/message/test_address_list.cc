// SPDX-License-Identifier: Apache-2.0
// AddressList: whose addresses a From field holds, however it is written.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/message/address_list.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::message {
namespace {

using Texts = std::vector<std::string>;

struct Addresses {
  Texts texts;
  bool malformed;
};

Addresses addresses_of(std::string_view value) {
  AddressList list;
  list.add(value);
  Addresses found{{}, list.malformed()};
  for (std::size_t i = 0; i < list.size(); ++i) found.texts.emplace_back(list[i]);
  return found;
}

void check_well_formed(std::string_view value, const Texts& expected) {
  INFO(value);
  const Addresses found = addresses_of(value);
  CHECK(found.texts == expected);
  CHECK_FALSE(found.malformed);
}

void check_malformed(std::string_view value, const Texts& expected) {
  INFO(value);
  const Addresses found = addresses_of(value);
  CHECK(found.texts == expected);
  CHECK(found.malformed);
}

TEST_CASE("addresses are found in every form of RFC 5322") {
  check_well_formed("a@x.example", {"a@x.example"});
  check_well_formed("<a@x.example>", {"a@x.example"});
  check_well_formed("Ann Other <a@x.example>, b@y.example", {"a@x.example", "b@y.example"});
  check_well_formed("John Q. Public <JQB@Bar.example>", {"JQB@Bar.example"});
  check_well_formed("team: a@x.example, B <b@y.example>; , c@z.example",
                    {"a@x.example", "b@y.example", "c@z.example"});
  check_well_formed("undisclosed recipients:;", {});
  check_well_formed("<@r.example,@s.example:a@x.example>", {"a@x.example"});
  check_well_formed(" a . b @ x . example ", {"a.b@x.example"});
  check_well_formed("a@[192.0.2.1]", {"a@[192.0.2.1]"});
  check_well_formed("root (Cron Daemon)", {"root"});
  check_well_formed("foo..bar.@provider.example", {"foo..bar.@provider.example"});
}

TEST_CASE("names, comments and encoded words are no addresses") {
  check_well_formed("\"ceo@bank.example\" <x@evil.example>", {"x@evil.example"});
  check_well_formed("ceo@bank.example <x@evil.example>", {"x@evil.example"});
  check_well_formed("=?utf-8?q?ceo=40bank=2Eexample?= <x@evil.example>", {"x@evil.example"});
  check_well_formed("(c b@y.example (d@z.example\\)) ) a@x.example", {"a@x.example"});
  check_well_formed("a@x.example (b@y.example)", {"a@x.example"});
  check_well_formed("ceo@bank.example: x@evil.example;", {"x@evil.example"});
  check_malformed("=?utf-8?q?ceo=40bank=2Eexample?=", {});
  check_malformed("Just A Name", {});
}

TEST_CASE("no address, and one without its domain") {
  check_well_formed("", {});
  check_well_formed("<>", {});
  check_malformed("a@", {});
  check_malformed("@x.example", {});
}

TEST_CASE("a local part is in quotes only where it cannot do without") {
  check_well_formed("\"a b\"@x.example", {"\"a b\"@x.example"});
  check_well_formed("\"ab\".\"c\\d\"@x.example", {"ab.cd@x.example"});
  check_well_formed("\"a@b.example\"@x.example", {"\"a@b.example\"@x.example"});
  check_well_formed("\"q\\\"\\\\\"@x.example", {"\"q\\\"\\\\\"@x.example"});
  check_well_formed("\"\"@x.example", {"\"\"@x.example"});
}

TEST_CASE("of a field that is no address list, all that may be an address is kept and told") {
  check_malformed("a@x.example b@y.example", {"a@x.example", "b@y.example"});
  check_malformed("<a@x.example> <b@y.example>", {"a@x.example", "b@y.example"});
  check_malformed("<a@x.example, b@y.example>", {"a@x.example", "b@y.example"});
  check_malformed("a@x.example@y.example", {"a@x.example"});
  check_malformed("\"open <a@x.example>", {"a@x.example"});
  check_malformed("(open <a@x.example>", {"a@x.example"});
  check_malformed("<a@x.example", {"a@x.example"});
}

TEST_CASE("NUL hides no address, and allows none") {
  using namespace std::string_literals;
  check_malformed("a\0b@x.exam\0ple"s, {"ab@x.example"});
  check_malformed("\0<a@x.example>\0"s, {"a@x.example"});
}

TEST_CASE("hostile lists take time in proportion to their length") {
  for (const char* unit : {"(", "\"", "<", "[", "a@x,", "\\", ":", "a ", "@", "a@b ", "a@[", "a@[(", "\"a\"@["}) {
    std::string text;
    while (text.size() < 300'000) text += unit;
    AddressList list;
    list.add(text);  // quadratic, these would take minutes
    CHECK(list.size() <= text.size());
  }
}

TEST_CASE("the fields of a sender are collected on request, the topmost first") {
  const std::string header =
      "Return-Path: <r@x.example>\r\nAuthentication-Results: one;\r\n dmarc=pass\r\n"
      "From: a@x.example,\r\n\tb@y.example\r\nFROM : c@z.example\r\nSender: s@x.example\r\n"
      "Authentication-Results: two\r\nReturn-Path: <forged@x.example>\r\n\r\nFrom: body\r\n";
  SenderFields fields;
  HeaderScanner scanner;
  scanner.collect(&fields);
  for (std::size_t at = 0; at < header.size(); at += 7) {
    const std::string part = header.substr(at, 7);
    scanner.feed(part);
  }
  scanner.finish();
  CHECK(fields.from == " a@x.example,\tb@y.example\n c@z.example\n");
  CHECK(fields.from_fields == 2);
  CHECK(fields.return_path == " <r@x.example>\n");
  CHECK(fields.sender == " s@x.example\n");
  CHECK(fields.authentication_results == " one; dmarc=pass\n two\n");
  CHECK_FALSE(fields.cut);

  SECTION("of the next message as well") {
    fields.clear();
    scanner.feed("From: n@x.example\n\n");
    scanner.finish();
    CHECK(fields.from == " n@x.example\n");
    CHECK(fields.from_fields == 1);
  }
  SECTION("a From that is too long is told") {
    fields.clear();
    scanner.feed("From: " + std::string(100'000, 'a') + "@x.example\n\n");
    scanner.finish();
    CHECK(fields.cut);
    CHECK(fields.from.size() <= 64 * 1024 + 1);
  }
}

}  // namespace
}  // namespace mboxferry::message
