// SPDX-License-Identifier: Apache-2.0
// Records: every mistake is named with its place, and both standards are judged.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "mboxferry/dmarc/record.h"
#include "unit/dmarc/dmarc_test_support.h"

namespace mboxferry::dmarc {
namespace {

/// The remarks of one level, as "offset tag".
std::vector<std::string> places(const Record& record, Remark::Level level) {
  std::vector<std::string> found;
  for (const Remark& remark : record.remarks)
    if (remark.level == level) found.push_back(std::to_string(remark.offset) + " " + remark.tag);
  return found;
}

std::vector<std::string> errors(const std::string& text) {
  return places(parse_record(text), Remark::Level::error);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a plain record means the same to both standards") {
  const Record record =
      parse_record("v=DMARC1; p=reject; sp=none; adkim=s; rua=mailto:a@b.example");
  for (const Standard standard : kStandards) {
    const Reading& reading = record.by(standard);
    CHECK(record.is_valid(standard));
    CHECK(reading.applies);
    CHECK(reading.policy == Policy::reject);
    CHECK(reading.subdomain_policy == Policy::none);
    CHECK(reading.strict_dkim);
    CHECK_FALSE(reading.strict_spf);
  }
  CHECK(record.remarks.empty());
  REQUIRE(record.rua.size() == 1);
  CHECK(record.rua[0].address == "a@b.example");
  CHECK(record.rua[0].domain == "b.example");
}

TEST_CASE("a mistake is named with its place") {
  CHECK(errors("v=DMARC1; p=rejct") == Texts{"12 p"});
  CHECK(errors("v=DMARC1; p=none; sp = bob; aspf=x") == Texts{"23 sp", "33 aspf"});
  CHECK(errors("v=DMARC1; p=none; junk") == Texts{"18 "});
  CHECK(errors("v=DMARC1; p=none; rua=a@b.example,,mailto:c@d.example") ==
        Texts{"22 rua", "34 rua"});
  CHECK(errors("v=DMARC1; p=none; fo=2") == Texts{"21 fo"});
  CHECK(errors("v=DMARC1; p=none; x=\x01") == Texts{"20 "});
  CHECK(errors("v=DMARC1; p=none; p=reject") == Texts{"20 p"});
}

TEST_CASE("the standards are judged apart where they differ") {
  const auto valid = [](const std::string& text) {
    const Record record = parse_record(text);
    return std::pair(record.is_valid(Standard::rfc7489), record.is_valid(Standard::rfc9989));
  };
  CHECK(valid("v=DMARC1; p=none; pct=150") == std::pair(false, true));
  CHECK(valid("v=DMARC1; p=none; ri=soon") == std::pair(false, true));
  CHECK(valid("v=DMARC1; p=none; t=x") == std::pair(true, false));
  CHECK(valid("v=DMARC1; p=none; np=x") == std::pair(true, false));
  CHECK(valid("v=DMARC1; rua=mailto:a@b.example") == std::pair(false, true));
  CHECK(valid("v=DMARC1; p=none; psd=maybe") == std::pair(true, false));
}

TEST_CASE(
    "without a valid p the policy is none where reports have an address, else there is none") {
  for (const char* text : {"v=DMARC1; p=rejct; rua=mailto:d@e.example",
                           "v=DMARC1; p=reject; sp=x; rua=mailto:d@e.example"}) {
    CHECK(parse_record(text).by_9989.applies);
    CHECK(parse_record(text).by_9989.policy == Policy::none);
  }
  CHECK_FALSE(parse_record("v=DMARC1; p=rejct").by_9989.applies);
  CHECK_FALSE(parse_record("v=DMARC1; p=reject; p=none").by_7489.applies);
  CHECK(parse_record("v=DMARC1; p=reject; np=x").by_7489.policy == Policy::reject);
}

TEST_CASE("only the value DMARC1 depends on the letter case") {
  CHECK(parse_record("V=DMARC1; P=Reject").by_9989.policy == Policy::reject);
  CHECK_FALSE(parse_record("v=dmarc1; p=reject").is_dmarc);
  CHECK(parse_record("v = DMARC1\t;\tp\t\t\t=\t\t\treject\t;").by_9989.policy == Policy::reject);
}

TEST_CASE("an authorization is told from a policy") {
  CHECK(parse_record("v=DMARC1").is_authorization);
  CHECK(parse_record("v=DMARC1;").is_authorization);
  CHECK_FALSE(parse_record("v=DMARC1; p=none").is_authorization);
}

TEST_CASE("a record with very many tags is read at once") {
  std::string text = "v=DMARC1";
  while (text.size() < 65'000) text += ";a=1";
  CHECK_FALSE(parse_record(text).by_9989.applies);
}

TEST_CASE("records of other projects' tests get the verdicts that those want") {
  const auto rows = testing::rows_of(testing::corpora() + "/records/dmarc-records.dev.tsv");
  if (rows.empty()) {
    WARN("no corpora: MBOXFERRY_CORPORA does not name them");
    return;
  }
  for (const auto& row : rows) {
    const std::string text = nlohmann::json::parse(row[2]).get<std::string>();
    // OpenDMARC's test takes a policy by its first letter, which no standard does.
    if (text == "v=DMARC1; p=n;") continue;
    INFO(text);
    const Record record = parse_record(text);
    const Standard standard = row[1] == "OpenDMARC" ? Standard::rfc7489 : Standard::rfc9989;
    if (row[3] == "authorization")
      CHECK(record.is_authorization);
    else
      CHECK(record.is_valid(standard) == (row[3] == "good"));
  }
}

}  // namespace mboxferry::dmarc
