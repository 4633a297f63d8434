// SPDX-License-Identifier: Apache-2.0
// What sender lists decided, as a journal keeps it.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

const SenderEntry kSpam{"/lists/my.list", 3, "*@spam.example", false, false};
const SenderEntry kFriend{"/lists/all.list", 7, "friend@spam.example", true, true};

void decide(MessageRow& row, std::int64_t entry, SenderAction action) {
  row.sender_entry = entry;
  row.sender_action = action;
}

}  // namespace

TEST_CASE("an entry of a sender list is kept once, and messages tell which one decided") {
  Fixture f;
  const auto spam = value(f.journal->add_sender_entry(kSpam));
  const auto allowed = value(f.journal->add_sender_entry(kFriend));
  CHECK(value(f.journal->add_sender_entry(kSpam)) == spam);
  CHECK(allowed != spam);
  std::vector<MessageRow> rows;
  for (std::uint64_t i = 0; i < 5; ++i) rows.push_back(sample(f.folder, f.mailbox, i));
  decide(rows[0], spam, SenderAction::junk);
  decide(rows[1], spam, SenderAction::junk);
  decide(rows[2], allowed, SenderAction::none);
  decide(rows[3], allowed, SenderAction::rescue);
  f.add(rows);
  f.reopen();
  const auto matches = value(f.journal->sender_matches(rows[1].id, rows[4].id));
  REQUIRE(matches.size() == 3);
  CHECK(matches[0].message == rows[1].id);
  CHECK(matches[0].action == SenderAction::junk);
  CHECK(describe(matches[0].entry) == "/lists/my.list line 3: *@spam.example");
  CHECK((matches[2].entry.allows && matches[2].entry.global));
  const auto sums = value(f.journal->sender_sums(10));
  REQUIRE(sums.size() == 3);
  CHECK(sums[0].messages == 2);
  CHECK(sums[0].action == SenderAction::junk);
  CHECK(value(f.journal->sender_sum_count()) == 3);
  CHECK(value(f.journal->sender_sums(1)).size() == 1);
  const SenderTotals totals = value(f.journal->sender_totals())[f.mailbox];
  CHECK(totals.blocked == 2);
  CHECK(totals.allowed == 2);
  CHECK(totals.rescued == 1);
}

TEST_CASE("messages that are left out count only where their sender is the reason") {
  Fixture f;
  const auto spam = value(f.journal->add_sender_entry(kSpam));
  std::vector<MessageRow> rows;
  for (std::uint64_t i = 0; i < 3; ++i) rows.push_back(sample(f.folder, f.mailbox, i));
  decide(rows[0], spam, SenderAction::skip);
  rows[0].state = State::skipped;
  rows[0].code = kBlockedSender;
  decide(rows[1], spam, SenderAction::tag);
  rows[1].state = State::skipped;
  rows[1].code = "duplicate";
  decide(rows[2], spam, SenderAction::tag);
  f.add(rows);
  CHECK(value(f.journal->sender_totals())[f.mailbox].blocked == 2);
}
