// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are asked for before their turn.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "contract_server.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using namespace mboxferry::contract;

namespace {

/// Three mailboxes of two, three and four messages; new ones each time, as a section is.
std::vector<Look> three_mailboxes(Target& target, const std::string& name) {
  static int rounds = 0;
  const std::string round = name + std::to_string(++rounds);
  std::vector<Look> looks;
  for (std::size_t i = 0; i < 3; ++i) {
    looks.push_back({fresh_mailbox(target, round + "-" + std::to_string(i)), 1});
    Texts source = texts_of(i + 2);
    store(target, looks.back().mailbox, heads_of(source), source);
  }
  return looks;
}

/// How many messages a walk finds that begins as one behind a look ahead does.
std::size_t walked(Target& target, const SelectedMailbox& selected) {
  std::size_t messages = 0;
  const Uid last = selected.uid_next - 1;
  const auto done = target.fetch({1, last}, {.just_selected = true}, [&](const FetchedMessage&) {
    ++messages;
    return ok();
  });
  if (!done) FAIL(describe(done.error()));
  return messages;
}

}  // namespace

TEST_CASE("mailboxes that were asked for ahead are those that follow") {
  const auto target = connected();
  const auto looks = three_mailboxes(*target, "ahead");
  REQUIRE(target->look_ahead(looks));
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto selected = target->select(looks[i].mailbox);
    REQUIRE(selected);
    CHECK(selected->exists == i + 2);
    CHECK(walked(*target, *selected) == i + 2);
  }
  CHECK(fetched(*target, looks[0].mailbox).size() == 2);
}

TEST_CASE("looking ahead is only a hint") {
  const auto target = connected();
  const auto looks = three_mailboxes(*target, "hint");
  REQUIRE(target->look_ahead(looks));
  const auto first = target->select(looks[0].mailbox);
  REQUIRE(first);
  SECTION("a mailbox may be left out") {
    const auto third = target->select(looks[2].mailbox);
    REQUIRE(third);
    CHECK(walked(*target, *third) == 4);
  }
  SECTION("a mailbox need not be walked through") {
    const auto second = target->select(looks[1].mailbox);
    REQUIRE(second);
    CHECK(walked(*target, *second) == 3);
  }
  SECTION("a body comes from the mailbox whose turn it is") {
    CHECK(walked(*target, *first) == 2);
    const Texts source = texts_of(2);
    std::string body;
    REQUIRE(target->fetch_body(2, source.texts[1].size(), [&](std::string_view part) {
      body += part;
      return ok();
    }));
    CHECK(body == source.texts[1]);
    CHECK(fetched(*target, looks[1].mailbox).size() == 3);
  }
  SECTION("a walk that asks for more sees the mailbox whose turn it is") {
    std::size_t messages = 0;
    REQUIRE(target->fetch({1, 5000}, {.with_message_id = true}, [&](const FetchedMessage&) {
      ++messages;
      return ok();
    }));
    CHECK(messages == 2);
  }
  SECTION("a message may be sent in between") {
    Texts source = texts_of(1);
    store(*target, looks[0].mailbox, heads_of(source), source);
    CHECK(fetched(*target, looks[0].mailbox).size() == 3);
  }
  SECTION("the connection may end") { target->log_out(); }
}

TEST_CASE("a mailbox may be asked for in several pages") {
  const auto target = connected();
  auto looks = three_mailboxes(*target, "pages");
  for (Look& look : looks) look.pages = 3;
  REQUIRE(target->look_ahead(looks));
  const auto first = target->select(looks[0].mailbox);
  REQUIRE(first);
  SECTION("a walk goes through all of them") {
    std::size_t messages = 0;
    REQUIRE(
        target->fetch({1, 3 * kLookAheadUids}, {.just_selected = true}, [&](const FetchedMessage&) {
          ++messages;
          return ok();
        }));
    CHECK(messages == 2);
  }
  SECTION("a walk needs only the first of them") { CHECK(walked(*target, *first) == 2); }
  SECTION("a walk behind them begins anew") {
    std::size_t messages = 0;
    REQUIRE(target->fetch({1, 3 * kLookAheadUids + 1}, {.just_selected = true},
                          [&](const FetchedMessage&) {
                            ++messages;
                            return ok();
                          }));
    CHECK(messages == 2);
  }
  for (std::size_t i = 1; i < looks.size(); ++i) {
    const auto selected = target->select(looks[i].mailbox);
    REQUIRE(selected);
    CHECK(walked(*target, *selected) == i + 2);
  }
}

TEST_CASE("a mailbox that is gone does not disturb those behind it") {
  const auto target = connected();
  auto looks = three_mailboxes(*target, "gap");
  looks.insert(looks.begin() + 1, {own_name("never made"), 1});
  REQUIRE(target->look_ahead(looks));
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto selected = target->select(looks[i].mailbox);
    if (i == 1) {
      REQUIRE(!selected);
      CHECK(selected.error().scope == ErrorScope::mailbox);
      continue;
    }
    REQUIRE(selected);
    CHECK(walked(*target, *selected) == selected->exists);
  }
}
