// SPDX-License-Identifier: Apache-2.0
// Different folders in one mailbox.
#include "mboxferry/plan/collisions.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::plan;

namespace {

MappedName to(const std::string& name, bool deliberate = false) {
  MappedName mapped;
  mapped.name = name;
  mapped.deliberate = deliberate;
  return mapped;
}

}  // namespace

TEST_CASE("folders with mailboxes of their own do not collide") {
  CollisionFinder finder;
  finder.add("a", to("a"));
  finder.add("b", to("b"));
  finder.add("resum\u00e9", to("resum\u00e9"));
  finder.add("resume", to("resume"));
  CHECK(finder.check());
}

TEST_CASE("two folders whose names became the same collide") {
  CollisionFinder finder;
  finder.add("a.b", to("a_b"));
  finder.add("a_b", to("a_b"));
  const auto checked = finder.check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == ErrorCode::configuration);
  CHECK(checked.error().what.find("'a_b' and 'a.b' into 'a_b'") != std::string::npos);
  CHECK(checked.error().hint.find("--map") != std::string::npos);
}

TEST_CASE("mailboxes that differ in case or in the spelling of accents collide") {
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{"Work", "work"},
                                                        {"\u00c9t\u00e9", "\u00e9t\u00e9"},
                                                        {"\u00e9", "e\u0301"},
                                                        {"\u0416", "\u0436"},
                                                        {"\u03a3", "\u03c2"}}) {
    CollisionFinder finder;
    finder.add("one", to(one));
    finder.add("other", to(other));
    CHECK_FALSE(finder.check());
  }
}

TEST_CASE("a server that has mailboxes of both spellings keeps them apart") {
  CollisionFinder finder;
  finder.add("Work", to("Work"), Held::its_mail);
  finder.add("work", to("work"), Held::perhaps);
  CHECK(finder.check());
  finder.add("WORK", to("WORK"));
  CHECK_FALSE(finder.check());
}

TEST_CASE("names that no rule can tell apart go into the mailbox that is there") {
  for (const Held held : {Held::perhaps, Held::its_mail}) {
    CollisionFinder finder;
    finder.add("e\u0301", to("e\u0301"));
    finder.add("\u00e9", to("\u00e9"), held);
    const auto checked = finder.check();
    REQUIRE_FALSE(checked);
    CHECK(checked.error().hint.find("--map '\u00e9=\u00e9'") != std::string::npos);
    CHECK(checked.error().hint.find("rename") == std::string::npos);
    CHECK((checked.error().hint.find("--skip-existing") != std::string::npos) ==
          (held == Held::perhaps));
  }
}

TEST_CASE("the parts of a split download do not collide") {
  CollisionFinder finder;
  finder.add("Mail/All", to("Mail/All"));
  finder.add("Mail/All", to("Mail/All"));
  CHECK(finder.check());
}

TEST_CASE("what was sent to one mailbox deliberately does not collide, one stray folder does") {
  CollisionFinder finder;
  finder.add("Sent", to("Sent", true));
  finder.add("Gesendet", to("Sent", true));
  CHECK(finder.check());
  finder.add("sent_", to("SENT"));
  CHECK_FALSE(finder.check());
}

TEST_CASE("many collisions are told by the first few and a count") {
  CollisionFinder finder;
  for (int i = 0; i < 8; ++i) {
    finder.add("a" + std::to_string(i), to("x" + std::to_string(i)));
    finder.add("b" + std::to_string(i), to("x" + std::to_string(i)));
  }
  const auto checked = finder.check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().what.find("x4") != std::string::npos);
  CHECK(checked.error().what.find("x5") == std::string::npos);
  CHECK(checked.error().what.find("and 3 more") != std::string::npos);
}
