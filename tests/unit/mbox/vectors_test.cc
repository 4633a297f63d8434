// SPDX-License-Identifier: Apache-2.0
// Cases that Thunderbird and Dovecot state about their own mbox code.
#include <catch2/catch.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/places.h"
#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

std::string vectors() { return test::corpora() + "/vectors/"; }

// Takes one `>` off each quoted body line, as the message layer does.
std::string unquoted(const std::string& message) {
  std::string result;
  bool body = false;
  std::istringstream stream(message);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t quotes = line.find_first_not_of('>');
    const bool quoted =
        body && quotes != std::string::npos && quotes > 0 && line.compare(quotes, 5, "From ") == 0;
    if (line.empty() || line == "\r") body = true;
    result += quoted ? line.substr(1) : line;
    if (!stream.eof()) result += '\n';
  }
  return result;
}

TEST_CASE("Thunderbird's cases give exactly its messages") {
  std::ifstream file(vectors() + "thunderbird-mbox-cases.dev.json");
  if (!file) {
    std::printf("skipped: no Thunderbird cases\n");
    return;
  }
  const auto cases = nlohmann::json::parse(file).at("cases");
  REQUIRE_FALSE(cases.empty());
  for (const auto& one : cases) {
    INFO(one.at("name").get<std::string>());
    const auto bytes = one.at("mbox").get<std::string>();
    testing::Outcome outcome;
    testing::split_bytes(bytes, outcome);
    std::vector<std::string> messages;
    for (const auto& message : outcome.found.messages) {
      messages.push_back(outcome.profile.unquote ? unquoted(message.bytes) : message.bytes);
    }
    CHECK(messages == one.at("messages").get<std::vector<std::string>>());
    CHECK(outcome.total.sum() == bytes.size());
  }
}

TEST_CASE("Dovecot's From_ lines are read as Dovecot reads them") {
  std::ifstream file(vectors() + "dovecot-from-line.dev.tsv");
  if (!file) {
    std::printf("skipped: no Dovecot lines\n");
    return;
  }
  std::string row;
  std::getline(file, row);
  int seen = 0;
  while (std::getline(file, row)) {
    std::vector<std::string> fields;
    std::istringstream stream(row);
    for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
    INFO(row);
    REQUIRE(fields.size() >= 3);
    const auto envelope =
        parse_envelope("From " + nlohmann::json::parse(fields[1]).get<std::string>());
    ++seen;
    if (fields[2] != "ok") {
      CHECK_FALSE(envelope);
      continue;
    }
    REQUIRE(envelope);
    REQUIRE(envelope->date);
    CHECK(envelope->date->unix_seconds == std::stoll(fields.at(3)));
    CHECK(envelope->date->zone_minutes == std::stoi(fields.at(4)));
    CHECK(envelope->sender == nlohmann::json::parse(fields.at(5)).get<std::string>());
  }
  CHECK(seen > 0);
}

}  // namespace
}  // namespace mboxferry::mbox
