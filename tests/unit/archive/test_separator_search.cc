// SPDX-License-Identifier: Apache-2.0
// Where a message file holds a second message.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/archive/separator_search.h"

namespace mboxferry::archive {
namespace {

const std::string kLine = "From a@example.org Thu Jan  1 10:00:01 2015";

SeparatorSearch search(const std::string& text, std::size_t piece) {
  SeparatorSearch found;
  for (std::size_t at = 0; at < text.size(); at += piece) found.add(text.substr(at, piece));
  return found;
}

TEST_CASE("a separator in a message file is found where it is, however it is read") {
  const std::string before =
      GENERATE(as<std::string>(), "Subject: x\n\nbody\n\n", "Subject: x\r\n\r\nFrom me\r\n\r\n",
               "\n", "Subject: x\n\nFrom the sea: 10:00\n\n");
  const std::string end = before.find('\r') == std::string::npos ? "\n" : "\r\n";
  const std::string text =
      before + kLine + end + "Subject: y" + end + end + "more\n\n" + kLine + "\nTo: z\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    INFO(piece);
    const SeparatorSearch found = search(text, piece);
    REQUIRE(found.found());
    CHECK(found.offset() == before.size());
    CHECK(found.line() == kLine);
  }
}

TEST_CASE("text that only looks like one is passed over, however it is read") {
  const std::string text = GENERATE_COPY(
      as<std::string>(), "Subject: x\n\nbody\n" + kLine + "\nSubject: y\n",
      "Subject: x\n\n" + kLine + "\nand so on\n", "Subject: x\n\nFrom me\nSubject: y\n",
      "Subject: x\n\nx" + kLine + "\nSubject: y\n", "\n\n\nSubject: y\n" + kLine);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    INFO(piece);
    CHECK_FALSE(search(text, piece).found());
  }
}

}  // namespace
}  // namespace mboxferry::archive
