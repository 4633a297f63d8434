// SPDX-License-Identifier: Apache-2.0
// What a push saves of a server's scripts.
#include <catch2/catch.hpp>
#include <string>

#include "cli/saved_scripts.h"

namespace mboxferry::cli {

TEST_CASE("saved scripts come back byte for byte, for their own account only") {
  const sieve::SavedScripts saved{
      "m\nain", {{"m\nain", std::string("keep;\r\n\0\xff 12 34\n", 17)}, {"b", ""}}};
  const std::string text = saved_text("alice@host:4190", saved);
  const auto found = saved_from_text(text, "alice@host:4190");
  REQUIRE(found);
  CHECK(found->active == saved.active);
  REQUIRE(found->scripts.size() == 2);
  CHECK(found->scripts[0].name == saved.scripts[0].name);
  CHECK(found->scripts[0].content == saved.scripts[0].content);
  CHECK(found->scripts[1].content.empty());
  CHECK_FALSE(saved_from_text(text, "bob@host:4190"));
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto part = saved_from_text(text.substr(0, cut), "alice@host:4190");
    CHECK((!part || part->scripts.size() < 2));
  }
}

}  // namespace mboxferry::cli
