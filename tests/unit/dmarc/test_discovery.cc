// SPDX-License-Identifier: Apache-2.0
// Which policy holds for a domain: by the public suffix list, and by the tree walk.
#include <catch2/catch.hpp>

#include "mboxferry/dmarc/discovery.h"
#include "unit/dmarc/dmarc_test_support.h"

namespace mboxferry::dmarc {
namespace {

Finding found_7489(const std::string& domain, const std::string& answers) {
  const auto source = make_text_answers(answers, "answers").value();
  return find_policy_7489(domain, *source).value();
}

Finding found_9989(const std::string& domain, const std::string& answers) {
  const auto source = make_text_answers(answers, "answers").value();
  return find_policy_9989(domain, *source).value();
}

std::string queries_of(const Finding& finding) {
  std::string all;
  for (const Step& step : finding.steps) all += (all.empty() ? "" : " ") + step.query;
  return all;
}

/// The answers that a row of the vectors describes.
std::string answers_of(const std::string& records, const std::string& name) {
  const std::string missing = " (name does not exist)";
  std::string answers;
  std::string rest = records;
  if (rest.ends_with(missing))
    rest.resize(rest.size() - missing.size());
  else
    answers = name + "\n";
  std::string owner;
  while (!rest.empty()) {
    const std::size_t bar = rest.find(" | ");
    std::string one = rest.substr(0, bar);
    rest = bar == std::string::npos ? "" : rest.substr(bar + 3);
    if (one.starts_with("_dmarc.")) {
      owner = one.substr(0, one.find('='));
      one = one.substr(one.find('=') + 1);
    }
    answers += owner + " " + one + "\n";
  }
  return answers;
}

}  // namespace

TEST_CASE("the organizational domain of RFC 7489 is the public suffix and one label") {
  CHECK(organizational_domain_7489("a.b.example.co.uk") == "example.co.uk");
  CHECK(organizational_domain_7489("example.co.uk") == "example.co.uk");
  CHECK(organizational_domain_7489("co.uk") == "co.uk");
}

TEST_CASE("RFC 7489 asks the domain and its organizational domain") {
  const std::string answers =
      "a.b.example.com\n_dmarc.example.com v=DMARC1; p=reject; sp=quarantine\n"
      "_dmarc.b.example.com v=DMARC1; p=none\n";
  const Finding finding = found_7489("a.b.example.com", answers);
  CHECK(queries_of(finding) == "_dmarc.a.b.example.com _dmarc.example.com");
  CHECK(finding.policy == Policy::quarantine);
  CHECK(finding.tag == "sp");
  CHECK(found_7489("b.example.com", answers).policy == Policy::none);
}

TEST_CASE("a public suffix's record stands in for a domain without one") {
  const std::string answers =
      "giant.bank.example\n_dmarc.bank.example v=DMARC1; p=reject; sp=quarantine; psd=y\n";
  const Finding finding = found_9989("mail.giant.bank.example", answers);
  CHECK(finding.organizational_domain == "giant.bank.example");
  CHECK(finding.policy_domain == "bank.example");
  // The public suffix itself is not below one.
  CHECK(found_9989("bank.example", answers).organizational_domain == "bank.example");
}

TEST_CASE("other TXT records at the name do not matter, several DMARC records do") {
  const std::string answers =
      "example.com\n_dmarc.example.com google-site-verification=x\n"
      "_dmarc.example.com v=DMARC1; p=reject\n";
  CHECK(found_9989("example.com", answers).policy == Policy::reject);
  const Finding two = found_9989("example.com", answers + "_dmarc.example.com v=DMARC1; p=none\n");
  CHECK_FALSE(two.policy);
  CHECK(two.why == "_dmarc.example.com has 2 records, and several at one name count as none");
}

TEST_CASE("addresses elsewhere have to allow the reports") {
  const Record record = parse_record(
      "v=DMARC1; p=none; rua=mailto:a@mail.example.com,mailto:b@other.example; "
      "ruf=mailto:c@third.example");
  const auto source =
      make_text_answers("example.com._report._dmarc.other.example v=DMARC1\n", "answers").value();
  const auto external = check_external_addresses("example.com", record, *source).value();
  REQUIRE(external.size() == 2);
  CHECK(external[0].query == "example.com._report._dmarc.other.example");
  CHECK(external[0].authorized);
  CHECK(external[1].query == "example.com._report._dmarc.third.example");
  CHECK_FALSE(external[1].authorized);
}

TEST_CASE("what is no domain name is refused") {
  for (const char* text : {"", ".", "a..b", "a b", "exa_mple!.com", "a.b..", "-\xff"})
    CHECK_FALSE(domain_named(text).has_value());
  CHECK_FALSE(domain_named(std::string(64, 'a') + ".example").has_value());
  CHECK(domain_named("B\xc3\xbc"
                     "cher.example.")
            .value() == "xn--bcher-kva.example");
}

TEST_CASE("policy discovery does what RFC 9989 says in every vector") {
  const auto rows = testing::rows_of(testing::corpora() + "/dmarc/9989-policy-vectors.dev.tsv");
  if (rows.empty()) {
    WARN("no corpora: MBOXFERRY_CORPORA does not name them");
    return;
  }
  for (const auto& row : rows) {
    INFO(row[0] << " " << row[1]);
    const Finding finding = found_9989(row[0], answers_of(row[1], row[0]));
    // The vectors go on to the root where psd has ended the walk.
    CHECK(row[2].starts_with(queries_of(finding)));
    CHECK(finding.organizational_domain == row[3]);
    CHECK((finding.policy_domain.empty() ? "-" : finding.policy_domain) == row[4]);
    const std::string policy =
        finding.policy ? std::string(policy_name(*finding.policy)) : "no DMARC";
    CHECK(row[5].starts_with(policy));
    CHECK((row[5].find("tested") != std::string::npos) == finding.tested);
  }
}

}  // namespace mboxferry::dmarc
