// SPDX-License-Identifier: Apache-2.0
// The fast search for `From `.
#include "mbox/text.h"

#include <catch2/catch.hpp>
#include <string>

namespace mboxferry::mbox {
namespace {

TEST_CASE("the first From_ is found wherever it begins, and nothing else") {
  for (std::size_t size = 0; size < 1100; size += 7) {
    std::string text(size, 'x');
    CHECK(find_from(text) == std::string::npos);
    for (std::size_t at = 0; at + 5 <= size; ++at) {
      text.replace(at, 5, "From ");
      REQUIRE(find_from(text) == at);
      text.replace(at, 5, "From_");
      REQUIRE(find_from(text) == std::string::npos);
      text.replace(at, 5, "FROM ");
      REQUIRE(find_from(text) == std::string::npos);
      text.replace(at, 5, "xxxxx");
    }
  }
}

TEST_CASE(
    "of two From_ the first is found, also when it begins in one block and ends in the next") {
  for (std::size_t first = 240; first < 270; ++first) {
    std::string text(1000, 'F');
    text.replace(first, 5, "From ");
    text.replace(first + 10, 5, "From ");
    CHECK(find_from(text) == first);
  }
}

}  // namespace
}  // namespace mboxferry::mbox
