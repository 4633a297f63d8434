// SPDX-License-Identifier: Apache-2.0
// Which stored message something on the server is a copy of.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

/// Five stored messages with UIDs from 11 on.
struct Copies : Fixture {
  Copies() {
    for (std::size_t i = 0; i < 5; ++i) rows.push_back(sample(folder, mailbox, i));
    rows[4].message_id_hash = 0;
    add(rows);
    intend(rows, 10);
    Step step;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      step.stored.push_back({rows[i].id, static_cast<Uid>(11 + i)});
    }
    done(journal->commit(step));
    done(journal->begin_copy_search(mailbox));
  }

  void see(const std::vector<Seen>& seen) { done(journal->add_seen(seen)); }

  std::vector<MessageRow> rows;
};

}  // namespace

TEST_CASE("only what resembles a stored message is a suspect worth a question") {
  Copies f;
  Seen of_size = seen_as(f.rows[0], 21);
  of_size.date += 1'000'000;
  Seen of_date = seen_as(f.rows[1], 22);
  of_date.size += 1'000'000;
  Seen other = seen_as(f.rows[2], 23);
  other.size += 2'000'000;
  other.date += 2'000'000;
  f.see({of_size, of_date, other});
  const auto suspects = value(f.journal->suspects(0, 10));
  REQUIRE(suspects.size() == 3);
  CHECK(suspects[0].resembles);
  CHECK(suspects[1].resembles);
  CHECK_FALSE(suspects[2].resembles);
  CHECK(value(f.journal->suspects(21, 1)).front().seen.uid == 22);
  CHECK(value(f.journal->suspects(23, 1)).empty());
}

TEST_CASE("an original has the Message-ID and the size or the date, and then the content") {
  Copies f;
  const MessageRow& row = f.rows[1];
  Seen copy = seen_as(row, 31);
  f.see({copy});
  REQUIRE_FALSE(value(f.journal->suspects(0, 10)).empty());
  REQUIRE(value(f.journal->original_of(copy, std::nullopt)));
  CHECK(value(f.journal->original_of(copy, std::nullopt))->id == row.id);
  CHECK(value(f.journal->original_of(copy, row.digest))->uid == 12);
  CHECK_FALSE(value(f.journal->original_of(copy, f.rows[0].digest)));
  Seen later = copy;
  later.date += 5;
  CHECK(value(f.journal->original_of(later, row.digest)));
  Seen altered = copy;
  altered.size += 5;
  CHECK(value(f.journal->original_of(altered, std::nullopt)));
  altered.date += 5;
  CHECK_FALSE(value(f.journal->original_of(altered, std::nullopt)));
  Seen stranger = copy;
  stranger.message_id_hash += 1;
  CHECK_FALSE(value(f.journal->original_of(stranger, std::nullopt)));
}

TEST_CASE("without a Message-ID an original has both the size and the date") {
  Copies f;
  Seen copy = seen_as(f.rows[4], 31);
  REQUIRE(copy.message_id_hash == 0);
  f.see({copy});
  REQUIRE_FALSE(value(f.journal->suspects(0, 10)).empty());
  CHECK(value(f.journal->original_of(copy, f.rows[4].digest)));
  copy.date += 1;
  CHECK_FALSE(value(f.journal->original_of(copy, f.rows[4].digest)));
}

TEST_CASE("a message that was planned again is known to be sent a second time, for good") {
  Fixture f;
  std::vector<MessageRow> rows;
  for (std::size_t i = 0; i < 4; ++i) rows.push_back(sample(f.folder, f.mailbox, i));
  f.add(rows);
  f.intend(rows, 1);
  Step again;
  again.planned_again = {rows[1].id, rows[2].id};
  done(f.journal->commit(again));
  // The rest is not found on the server.
  done(f.journal->begin_reconcile(f.mailbox, Unidentified::in_doubt));
  CHECK(value(f.journal->plan_rest_again()) == 2);
  f.reopen();
  for (const MessageRow& row : rows) CHECK(value(f.journal->was_resent(row.id)));
  CHECK_FALSE(value(f.journal->was_resent(rows[3].id + 1)));
}
