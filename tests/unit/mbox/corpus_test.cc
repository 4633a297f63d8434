// SPDX-License-Identifier: Apache-2.0
// Splits real folders by many writers and compares with what is known about them.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "support/places.h"
#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
  return fields;
}

std::string corpora() { return test::corpora() + "/mbox/"; }

// The layer above the splitter leaves out the bookkeeping message of UW-IMAP and Pine.
bool is_pseudo(const testing::Message& message) {
  return message.bytes.find("FOLDER INTERNAL DATA\n") != std::string::npos &&
         message.bytes.find("\n\n") > message.bytes.find("FOLDER INTERNAL DATA\n");
}

TEST_CASE("real folders are split as their manifest says") {
  const std::string folder = corpora();
  std::ifstream manifest(folder + "MANIFEST.tsv");
  if (!manifest) {
    std::printf("skipped: no test material at %s\n", folder.c_str());
    return;
  }
  std::string line;
  std::getline(manifest, line);
  const std::vector<std::string> names = fields_of(line);
  const auto column = [&](const char* name) {
    const auto found = std::find(names.begin(), names.end(), name);
    REQUIRE(found != names.end());
    return static_cast<std::size_t>(found - names.begin());
  };
  const std::size_t file_column = column("file");
  const std::size_t expected_column = column("expected_messages");
  int total = 0;
  int right = 0;
  while (std::getline(manifest, line)) {
    const std::vector<std::string> fields = fields_of(line);
    const std::string& name = fields.at(file_column);
    const std::string extension = std::filesystem::path(name).extension();
    if (extension == ".gz" || extension == ".bz2" || extension == ".xz") continue;
    if (extension == ".emlx") continue;  // a single message, not an mbox
    const std::string bytes = testing::read_file(folder + name);
    testing::Outcome outcome;
    testing::split_bytes(bytes, outcome);
    CHECK(outcome.total.sum() == bytes.size());
    const auto& messages = outcome.found.messages;
    const auto found = std::count_if(messages.begin(), messages.end(),
                                     [](const auto& message) { return !is_pseudo(message); });
    ++total;
    if (std::to_string(found) == fields.at(expected_column)) {
      ++right;
    } else {
      std::printf("%s: %ld messages, the manifest says %s\n", name.c_str(),
                  static_cast<long>(found), fields.at(expected_column).c_str());
    }
  }
  std::printf("mbox corpus: %d of %d right\n", right, total);
  CHECK(total > 0);
  CHECK(right * 100 >= total * 95);
}

}  // namespace
}  // namespace mboxferry::mbox
