// SPDX-License-Identifier: Apache-2.0
// Wildcards, also against vectors of other programs where they mean the same.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "mboxferry/base/glob.h"
#include "support/places.h"

using mboxferry::glob_matches;

namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::vector<std::string> lines;
  std::ifstream file(mboxferry::test::corpora() + "/match/" + name);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns{""};
  for (const char c : line) {
    if (c == '\t') {
      columns.emplace_back();
    } else {
      columns.back() += c;
    }
  }
  return columns;
}

/// A JSON string without escapes; they stand only in vectors about backslashes.
std::string unquoted(const std::string& json) { return json.substr(1, json.size() - 2); }

}  // namespace

TEST_CASE("a star stands for any run of characters") {
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*", "Archive/2019"));
  CHECK(glob_matches("Arch*", "Archive/2019"));
  CHECK(glob_matches("*/2019", "Archive/2019"));
  CHECK(glob_matches("A*e*9", "Archive/2019"));
  CHECK(glob_matches("a**b", "ab"));
  CHECK_FALSE(glob_matches("A*8", "Archive/2019"));
  CHECK_FALSE(glob_matches("*x*", "Archive"));
}

TEST_CASE("what is no wildcard stands for itself, in its case") {
  CHECK(glob_matches("", ""));
  CHECK(glob_matches("[a]\\", "[a]\\"));
  CHECK_FALSE(glob_matches("[a]", "a"));
  CHECK_FALSE(glob_matches("work", "Work"));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK_FALSE(glob_matches("a", ""));
}

TEST_CASE("a question mark stands for one character of any length") {
  CHECK(glob_matches("?", "a"));
  CHECK(glob_matches("?", "\u00e9"));
  CHECK(glob_matches("??", "\u00e9\u65e5"));
  CHECK(glob_matches("*?", "\U0001F4E7"));
  CHECK_FALSE(glob_matches("??", "\u00e9"));
  CHECK_FALSE(glob_matches("*??", "\u00e9"));
  CHECK_FALSE(glob_matches("?", ""));
  CHECK_FALSE(glob_matches("?", "ab"));
  CHECK(glob_matches("?b",
                     "\x80"
                     "b"));
}

TEST_CASE("many stars cost no more than the product of the lengths") {
  // Any other way takes longer than a test is given: no clock is asked.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(20000, 'a')));
}

TEST_CASE("Dovecot's wildcard vectors without backslashes") {
  int checked = 0;
  for (const std::string& line : lines_of("dovecot-core--wildcard.dev.tsv")) {
    const auto columns = columns_of(line);
    if (columns.size() != 5 || columns[0] != "dev" || line.find('\\') != std::string::npos) {
      continue;
    }
    INFO(line);
    CHECK(glob_matches(unquoted(columns[3]), unquoted(columns[2])) == (columns[4] == "True"));
    ++checked;
  }
  if (checked == 0) WARN("the corpus is absent");
}

TEST_CASE("rsync's vectors that have neither classes, backslashes nor slashes") {
  int checked = 0;
  for (const std::string& line : lines_of("RsyncProject-rsync--wildtest.dev.txt")) {
    if (line.empty() || line.front() == '#' ||
        line.find_first_of("[]\\/\"'`") != std::string::npos) {
      continue;
    }
    const std::size_t text_at = 4;
    const std::size_t text_end = line.find_first_of(" \t", text_at);
    const std::size_t pattern_at = line.find_first_not_of(" \t", text_end);
    if (pattern_at == std::string::npos) continue;
    INFO(line);
    CHECK(glob_matches(line.substr(pattern_at), line.substr(text_at, text_end - text_at)) ==
          (line.front() == '1'));
    ++checked;
  }
  if (checked == 0) WARN("the corpus is absent");
}
