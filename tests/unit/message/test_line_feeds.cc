// SPDX-License-Identifier: Apache-2.0
// Every line feed is found, wherever it lies in the blocks that are looked at.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "message/line_feeds.h"

using mboxferry::message::LineFeeds;

TEST_CASE("all line feeds are found in order, and nothing else") {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 300; ++size) {
    for (const unsigned rarity : {1U, 2U, 10U, 90U, 1000U}) {
      std::string text(size, 'x');
      std::vector<std::size_t> expected;
      for (std::size_t i = 0; i < size; ++i) {
        text[i] = random() % rarity == 0 ? '\n' : static_cast<char>(random() % 256);
        if (text[i] == '\n') expected.push_back(i);
      }
      LineFeeds line_feeds(text);
      std::vector<std::size_t> found;
      while (const char* at = line_feeds.next()) {
        found.push_back(static_cast<std::size_t>(at - text.data()));
        REQUIRE(found.size() <= expected.size());
      }
      REQUIRE(found == expected);
      CHECK(line_feeds.next() == nullptr);
    }
  }
}
