// SPDX-License-Identifier: Apache-2.0
// The exit status table and its document.
#include "cli/exit_codes.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "support/places.h"

using namespace mboxferry;
using namespace mboxferry::cli;

namespace {

std::ifstream open_document() {
  std::ifstream document(test::checkout() + "/docs/exit-codes.md");
  REQUIRE(document);
  return document;
}

}  // namespace

TEST_CASE("docs/exit-codes.md and the table in the source say the same") {
  std::ifstream document = open_document();
  const std::regex row(R"(^\| ([a-z_]+) \| (\d+) \|$)");
  const std::regex meaning(R"(^\| (\d+) \| .+ \|$)");
  std::map<std::string, int> documented;
  std::set<int> explained;
  for (std::string line; std::getline(document, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) documented[match[1]] = std::stoi(match[2]);
    if (std::regex_match(line, match, meaning)) explained.insert(std::stoi(match[1]));
  }
  CHECK(documented.size() == kExitCodes.size());
  for (const ExitCode& code : kExitCodes) {
    INFO(code.name);
    REQUIRE(documented.count(std::string(code.name)) == 1);
    CHECK(documented[std::string(code.name)] == code.status);
    CHECK(explained.count(code.status) == 1);
  }
  for (const int status :
       {kExitSuccess, kExitFailed, kExitRefused, kExitTryLater, kExitInterrupted})
    CHECK(explained.count(status) == 1);
}

TEST_CASE("the table has every error code once, in the order of the enumeration") {
  for (std::size_t i = 0; i < kExitCodes.size(); ++i)
    CHECK(static_cast<std::size_t>(kExitCodes[i].error) == i);
  CHECK(static_cast<std::size_t>(ErrorCode::refused) + 1 == kExitCodes.size());
}
