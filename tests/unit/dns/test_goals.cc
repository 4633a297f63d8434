// SPDX-License-Identifier: Apache-2.0
// Options to goals, goals to plans, and plans to text and back.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/dns/goals.h"
#include "mboxferry/dns/tsig_key.h"

namespace mboxferry::dns {
namespace {

const Name kDomain = *Name::parse("example.org");

std::string goal_text(const Wishes& wishes, std::string_view name) {
  const auto goals = goals_of(wishes, kDomain);
  if (!goals) return "refused: " + goals.error().what;
  for (const Goal& goal : *goals) {
    if (goal.name.text() != name) continue;
    std::string text;
    for (const RecordData& data : goal.data) text += (text.empty() ? "" : "|") + data_text(data);
    return text.empty() ? "removed" : text;
  }
  return "no goal";
}

bool is_refused(const Wishes& wishes) {
  const auto goals = goals_of(wishes, kDomain);
  return !goals && goals.error().code == ErrorCode::usage;
}

Result<Plan> planned(const Wishes& wishes, const std::optional<RecordSet>& there,
                     const PlanOptions& options = {}) {
  const auto goals = goals_of(wishes, kDomain);
  REQUIRE(goals);
  return make_plan(kDomain, {kDomain, Soa{}}, *goals, options,
                   [&](const Name&, RecordType) -> Result<ZoneEntry> {
                     return ZoneEntry{there, {}};
                   });
}

RecordSet texts(std::uint32_t ttl, std::vector<std::string> all) {
  RecordSet set{kDomain, RecordType::txt, ttl, {}};
  for (const std::string& one : all) set.data.emplace_back(txt_of_text(one));
  set.normalize();
  return set;
}

TEST_CASE("a target announces what it offers and denies the rest") {
  Wishes wishes;
  wishes.target = "Mail.Example.ORG";
  CHECK(goal_text(wishes, "_imaps._tcp.example.org") == "0 1 993 mail.example.org.");
  CHECK(goal_text(wishes, "_submissions._tcp.example.org") == "0 1 465 mail.example.org.");
  CHECK(goal_text(wishes, "_pop3s._tcp.example.org") == "0 0 0 .");
  CHECK(goal_text(wishes, "_sieve._tcp.example.org") == "no goal");
  wishes.offer = {"pop3s,sieve"};
  CHECK(goal_text(wishes, "_pop3s._tcp.example.org") == "0 1 995 mail.example.org.");
  CHECK(goal_text(wishes, "_sieve._tcp.example.org") == "0 1 4190 mail.example.org.");
  wishes.srv = {"imaps=5,0,1993,a.example.net", "imaps=6,0,1993,b.example.net", "pop3s=remove"};
  CHECK(goal_text(wishes, "_imaps._tcp.example.org") ==
        "5 0 1993 a.example.net.|6 0 1993 b.example.net.");
  CHECK(goal_text(wishes, "_pop3s._tcp.example.org") == "removed");
}

TEST_CASE("wishes that no zone can hold are refused") {
  for (const char* srv :
       {"", "imaps", "=1,1,1,a.org", "imaps=", "imaps=1,1,99999,a.org", "imaps=1,1,0,a.org",
        "imaps=1,1,1,192.0.2.1", "imaps=1,1,1,.", "imaps=1,1,1", "imaps=1,1,1,a.org,b",
        "sip._tls=1,1,1,a.org", "_sip=1,1,1,a.org", "imaps=-1,1,1,a.org", "imaps=1,1,1,a b.org"}) {
    Wishes wishes;
    wishes.srv = {srv};
    INFO(srv);
    CHECK(is_refused(wishes));
  }
  for (const char* target : {"192.0.2.1", "2001:db8::1", "a..b", "_imaps._tcp.org", "-a.org"}) {
    Wishes wishes;
    wishes.target = target;
    INFO(target);
    CHECK(is_refused(wishes));
    wishes.target.clear();
    wishes.mx = {std::string("10,") + target};
    CHECK(is_refused(wishes));
  }
  Wishes wishes;
  wishes.srv = {"imaps=none", "imaps=1,1,1,a.org"};
  CHECK(is_refused(wishes));
  wishes = {};
  wishes.mx = {"none", "10,a.org"};
  CHECK(is_refused(wishes));
  wishes = {};
  wishes.spf = "v=spf2 -all";
  CHECK(is_refused(wishes));
  wishes.spf = "v=spf1 -all\n";
  CHECK(is_refused(wishes));
  wishes = {};
  wishes.offer = {"sieve"};
  CHECK(is_refused(wishes));
  wishes = {};
  wishes.tlsa = {"0,a.org=3,1,1,ab"};
  CHECK(is_refused(wishes));
  wishes.tlsa = {"a.org=3,1,1,abc"};
  CHECK(is_refused(wishes));
}

TEST_CASE("a text of one kind leaves all others at the name") {
  Wishes wishes;
  wishes.spf = "v=spf1 mx -all";
  const auto plan = planned(wishes, texts(7200, {"v=spf1 old -all", "v=spf10", "other"}));
  REQUIRE(plan->changes.size() == 1);
  CHECK(plan->changes[0].after == texts(7200, {"v=spf1 mx -all", "v=spf10", "other"}));
  CHECK(planned(wishes, texts(60, {"v=spf1 mx -all", "other"}))->changes.empty());
  CHECK(planned(wishes, {})->changes[0].after == texts(3600, {"v=spf1 mx -all"}));
}

TEST_CASE("a TTL is lowered only where a change is to come") {
  Wishes wishes;
  wishes.spf = "v=spf1 mx -all";
  const PlanOptions lower{{}, 300};
  const auto plan = planned(wishes, texts(7200, {"v=spf1 old -all"}), lower);
  REQUIRE(plan->changes.size() == 1);
  CHECK(plan->changes[0].after == texts(300, {"v=spf1 old -all"}));
  CHECK(planned(wishes, texts(200, {"v=spf1 old -all"}), lower)->changes.empty());
  CHECK(planned(wishes, texts(7200, {"v=spf1 mx -all"}), lower)->changes.empty());
  CHECK(planned(wishes, {}, lower)->changes.empty());
}

TEST_CASE("a plan that could not be read again is not made") {
  Wishes wishes;
  for (int i = 0; i < 1001; ++i)
    wishes.srv.push_back("_s" + std::to_string(i) + "._tcp=1,1,1,h.example.net");
  const auto plan = planned(wishes, {});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code == ErrorCode::usage);
  wishes.srv.pop_back();
  CHECK(planned(wishes, {}));
}

TEST_CASE("what a server may refuse is noted in the plan") {
  Wishes wishes;
  wishes.mx = {"10,nohost.example.org", "20,elsewhere.example.net"};
  const auto plan = planned(wishes, {}).value();
  REQUIRE(plan.notes.size() == 1);
  CHECK(plan.notes[0].find("nohost.example.org has no address") != std::string::npos);
  Wishes many;
  for (int i = 0; i < 101; ++i)
    many.srv.push_back("_sip._tls=1,1," + std::to_string(i + 1) + ",h.example.net");
  CHECK(planned(many, {}).value().notes.at(0).find("100 records") != std::string::npos);
}

TEST_CASE("texts that receivers pass over are refused") {
  for (const char* spf :
       {"v=spf1 includ:x -all", "v=spf1 ip4:300.1.1.1 -all", "v=spf1 ip4:1.2.3.4/33",
        "v=spf1 ip6:1.2.3.4", "v=spf1 include: -all", "v=spf1 all:x", "v=spf1 a:a..b",
        "v=spf1 mx/33", "v=spf1 a:", "v=spf1 =x", "v=spf1 all:"}) {
    Wishes wishes;
    wishes.spf = spf;
    CHECK(is_refused(wishes));
  }
  for (const char* spf :
       {"v=spf1 +mx a/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~ALL", "v=spf1 redirect=_spf.a.org",
        "v=spf1 exists:%{i}._spf.a.org ptr ?all exp=e.a.org x-new=1", "v=spf1"}) {
    Wishes wishes;
    wishes.spf = spf;
    CHECK_FALSE(is_refused(wishes));
  }
  for (const char* dmarc :
       {"v=DMARC1; p=rejct", "v=DMARC1 p=none", "v=DMARC1", "v=DMARC1; p=none; p=none"}) {
    Wishes wishes;
    wishes.dmarc = dmarc;
    CHECK(is_refused(wishes));
  }
  for (const char* address :
       {"@", "mailto:", "mailto:a@", "https:", "https://", "a@b@", "a@.org"}) {
    Wishes wishes;
    wishes.tls_rpt = address;
    CHECK(is_refused(wishes));
  }
}

TEST_CASE("a plan is the same after it was written and read") {
  Wishes wishes;
  wishes.spf = "v=spf1 exp=\"a;b\\c\" -all";
  const auto plan = planned(wishes, texts(7200, {"other"}));
  const std::string text = plan_json(*plan);
  CHECK(text.starts_with(kPlanBeginning));
  const auto again = parse_plan(text, "p");
  REQUIRE(again);
  CHECK(again->digest() == plan->digest());
  CHECK(plan_json(*again) == text);
}

TEST_CASE("a plan that was changed, or that reaches too far, is refused") {
  Wishes wishes;
  wishes.spf = "v=spf1 mx -all";
  const std::string text = plan_json(*planned(wishes, texts(7200, {"other"})));
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    const std::size_t at = other.find(from);
    REQUIRE(at != std::string::npos);
    const auto plan = parse_plan(other.replace(at, from.size(), to), "p");
    return !plan && plan.error().code == ErrorCode::configuration;
  };
  CHECK(edited("7200", "7201"));
  CHECK(edited("\"TXT\"", "\"NS\""));
  CHECK(edited("\"zone\": \"example.org\"", "\"zone\": \"example.com\""));
  CHECK(edited("mboxferry.dns-plan/1", "mboxferry.dns-plan/2"));
  CHECK(edited("{", "["));
  CHECK(edited("\"serial\": 0", "\"serial\": -1"));
}

TEST_CASE("a key file is read as tsig-keygen writes it") {
  const auto key = parse_tsig_key(
      "# a key\nkey \"my-key\" {\n\talgorithm HMAC-SHA256; // usual\n\tsecret \"QUJD\";\n};\n",
      "k");
  REQUIRE(key);
  CHECK(key->name.text() == "my-key");
  CHECK(key->algorithm == "hmac-sha256.");
  CHECK(key->secret.reveal() == "QUJD");
}

TEST_CASE("other key files are refused without a word of their content") {
  for (const char* text :
       {"", "key", "key a {", "key a { secret \"QUJD\"; };", "key a { algorithm hmac-sha256; };",
        "key a { algorithm hmac-md5; secret \"QUJD\"; };",
        "key a { algorithm hmac-sha256; secret \"QUJ\"; };",
        "key a { algorithm hmac-sha256; secret \"QUJD\" };",
        "key \"\" { algorithm hmac-sha256; secret \"QUJD\"; };", "QUJDQUJD",
        "key a { algorithm hmac-sha256; secret \"QUJD\"; }; key b { };"}) {
    const auto key = parse_tsig_key(text, "k");
    INFO(text);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == ErrorCode::configuration);
    CHECK(describe(key.error()).find("QUJ") == std::string::npos);
  }
}

}  // namespace
}  // namespace mboxferry::dns
