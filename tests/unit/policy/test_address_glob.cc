// SPDX-License-Identifier: Apache-2.0
// Wildcards against addresses: vectors of others, the matcher of folder names as a second opinion,
// and what hostile patterns cost.
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "mboxferry/base/glob.h"
#include "policy/address_glob.h"
#include "unit/policy/policy_test_support.h"

namespace mboxferry::policy {
namespace {

bool glob(std::string_view pattern, std::string_view text) {
  const auto subject = std::make_unique<GlobSubject>();
  subject->set_address(text);
  return subject->matches(pattern);
}

bool covers(std::string_view pattern, std::string_view other) {
  const auto subject = std::make_unique<GlobSubject>();
  subject->set_pattern(other);
  return subject->matches(pattern);
}

TEST_CASE("a star is any run of characters and a question mark one of them") {
  CHECK(glob("*@x.example", "\"a b\"@x.example"));
  CHECK(glob("toto*@x.example", "toto@x.example"));
  CHECK(glob("a?c", "abc"));
  CHECK(glob("a?c", "a\u00e9c"));
  CHECK(glob("*?c", "\U0001F4E7c"));
  CHECK_FALSE(glob("a??c", "a\u00e9c"));
  CHECK_FALSE(glob("a?c", "ac"));
  CHECK_FALSE(glob("a.c", "abc"));
  CHECK(glob("a*c", "a*c"));
}

TEST_CASE("patterns that match the same have one form") {
  CHECK(with_plain_wildcards("**@x") == "*@x");
  CHECK(with_plain_wildcards("*?*a?") == "?*a?");
  CHECK(with_plain_wildcards("?**??*") == "???*");
  CHECK(with_plain_wildcards("abc") == "abc");
}

TEST_CASE("both matchers agree about random patterns and texts of all lengths") {
  std::mt19937 random(4);
  const auto text_of = [&](const char* letters, std::size_t kinds, std::size_t size) {
    std::string text;
    while (text.size() < size) text += letters[random() % kinds];
    return text;
  };
  const std::vector<std::string> kPieces{"a", "b", "*", "?", "*", "\u00e9"};
  const auto subject = std::make_unique<GlobSubject>();
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = text_of("ab\xC3\xA9", 4, random() % (i % 10 == 0 ? 512 : 12));
    std::string pattern;  // always UTF-8, the text is not
    for (std::size_t left = random() % 14; left > 0; --left)
      pattern += kPieces[random() % kPieces.size()];
    subject->set_address(text);
    INFO(pattern << " against " << text);
    REQUIRE(subject->matches(pattern) == glob_matches(pattern, text));
    REQUIRE(subject->matches(with_plain_wildcards(pattern)) == glob_matches(pattern, text));
    matched += subject->matches(pattern) ? 1 : 0;
  }
  CHECK(matched > 1'000);
}

TEST_CASE("a pattern that covers another matches all that it matches") {
  CHECK(covers("*@*.x.example", "*@*.y.x.example"));
  CHECK(covers("*@x.example", "a*@x.example"));
  CHECK(covers("a?*", "a?b*"));
  CHECK_FALSE(covers("a?c", "a*c"));
  CHECK_FALSE(covers("*@y.example", "*@*.y.example"));
  std::mt19937 random(5);
  const auto text_of = [&](const char* letters, std::size_t kinds, std::size_t size) {
    std::string text;
    while (text.size() < size) text += letters[random() % kinds];
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string wide = text_of("ab*?", 4, random() % 6);
    const std::string narrow = text_of("ab*?", 4, random() % 6);
    if (!covers(wide, narrow)) continue;
    const std::string text = text_of("ab", 2, random() % 8);
    INFO(wide << " covers " << narrow << " and " << text);
    REQUIRE((!glob(narrow, text) || glob(wide, text)));
  }
}

TEST_CASE("hostile patterns and addresses take linear time") {
  // Any other way takes longer than a test is given: no clock is asked.
  std::string pattern;
  for (int i = 0; i < 120; ++i) pattern += "*a?b";
  const std::string text(kLongestAddress, 'a');
  const auto subject = std::make_unique<GlobSubject>();
  for (int i = 0; i < 1'000; ++i) {
    subject->set_address(text);
    REQUIRE_FALSE(subject->matches(pattern + "c"));
  }
}

TEST_CASE("of an address that is too long, the end is compared") {
  const std::string address = std::string(5'000, 'a') + "@x.example";
  CHECK(glob("*@x.example", address));
  CHECK_FALSE(glob("*@y.example", address));
}

TEST_CASE("Dovecot's wildcard vectors") {
  std::ifstream file(testing::corpora() + "/match/dovecot-core--wildcard.dev.tsv");
  if (!file) {
    WARN("skipped: no Dovecot vectors");
    return;
  }
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    const auto columns = testing::columns_of(line);
    // We have no escapes.
    if (columns.size() != 5 || columns[1] != "both") continue;
    const auto plain = [](const std::string& json) { return json.substr(1, json.size() - 2); };
    INFO(line);
    CHECK(glob(plain(columns[3]), plain(columns[2])) == (columns[4] == "True"));
    ++compared;
  }
  CHECK(compared == 12);
}

TEST_CASE("rsync's vectors that hold neither brackets, slashes nor backslashes") {
  std::ifstream file(testing::corpora() + "/match/RsyncProject-rsync--wildtest.dev.txt");
  if (!file) {
    WARN("skipped: no rsync vectors");
    return;
  }
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    std::string expected, same, text, pattern;
    if (!(stream >> expected >> same >> text >> pattern) || expected.size() != 1) continue;
    if (line.find_first_of("[\\/'\"`#") != std::string::npos) continue;
    INFO(line);
    CHECK(glob(pattern, text) == (expected == "1"));
    ++compared;
  }
  CHECK(compared > 5);
}

}  // namespace
}  // namespace mboxferry::policy
