// SPDX-License-Identifier: Apache-2.0
// Copies inside the archive, copies that were on the server before the job, and journals without a
// file.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

std::vector<State> states(const std::vector<MessageRow>& rows) {
  std::vector<State> found;
  for (const MessageRow& row : rows) found.push_back(row.state);
  return found;
}

/// A mailbox that held messages with UIDs below `floor` before the job.
void set_floor(Fixture& f, Uid floor) {
  for (MailboxRow row : value(f.journal->mailboxes())) {
    row.uid_floor = floor;
    done(f.journal->update_mailbox(row));
  }
}

/// One round of looking for what is there already; returns how many were found.
std::size_t skip_existing(Fixture& f, const std::vector<Seen>& seen) {
  done(f.journal->begin_reconcile(f.mailbox, Unidentified::planned));
  done(f.journal->add_seen(seen));
  const auto matches = value(f.journal->certain_matches(100));
  done(f.journal->commit_matches(matches));
  return matches.size();
}

}  // namespace

TEST_CASE("with dedupe by content the second copy is skipped and says of what it is a copy") {
  Fixture f;
  done(f.journal->set_dedupe(Dedupe::content));
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1), sample(f.folder, f.mailbox, 2),
                               sample(f.folder, f.mailbox, 1)};
  rows[2].message_id_hash = 99;
  rows[2].offset = 9000;
  f.add(rows);
  CHECK(states(rows) == std::vector{State::planned, State::planned, State::skipped});
  const MessageRow kept = value(f.journal->message(rows[2].id)).value();
  CHECK(kept.code == "duplicate");
  CHECK(kept.text == "of the message at byte 3000 of a");
}

TEST_CASE("with dedupe by Message-ID other content does not matter, and no Message-ID is no copy") {
  Fixture f;
  done(f.journal->set_dedupe(Dedupe::message_id));
  std::vector<MessageRow> rows;
  for (std::uint64_t i = 0; i < 4; ++i) rows.push_back(sample(f.folder, f.mailbox, i));
  rows[1].message_id_hash = rows[0].message_id_hash;
  rows[2].message_id_hash = rows[3].message_id_hash = 0;
  f.add(rows);
  CHECK(states(rows) ==
        std::vector{State::planned, State::skipped, State::planned, State::planned});
}

TEST_CASE("without dedupe, and in another mailbox, copies stay") {
  Fixture f;
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1), sample(f.folder, f.mailbox, 1)};
  f.add(rows);
  CHECK(states(rows) == std::vector{State::planned, State::planned});
  done(f.journal->set_dedupe(Dedupe::content));
  std::vector<MessageRow> other{sample(f.folder, f.mailbox + 1, 1)};
  f.add(other);
  CHECK(states(other) == std::vector{State::planned});
}

TEST_CASE("dedupe finds copies of what was indexed before the journal was opened again") {
  Fixture f;
  f.add_samples(3);
  f.reopen();
  done(f.journal->set_dedupe(Dedupe::content));
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 2)};
  f.add(rows);
  CHECK(states(rows) == std::vector{State::skipped});
}

TEST_CASE("what was in the mailbox before the job is skipped, one message for each copy there") {
  Fixture f;
  set_floor(f, 10);
  const auto rows = f.add_samples(3);
  const std::vector<Seen> seen{seen_as(rows[0], 4), seen_as(rows[1], 12)};
  CHECK(skip_existing(f, seen) == 1);
  CHECK(f.state(rows[0].id) == State::skipped);
  CHECK(f.uid(rows[0].id) == 4);
  CHECK(value(f.journal->message(rows[0].id))->code == "already-there");
  // UID 12 is not from before the job.
  CHECK(f.state(rows[1].id) == State::planned);
}

TEST_CASE("one copy on the server stands for one message, also when the look is repeated") {
  Fixture f;
  set_floor(f, 10);
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1)};
  f.add(rows);
  CHECK(skip_existing(f, {seen_as(rows[0], 4)}) == 1);
  f.reopen();
  std::vector<MessageRow> copy{sample(f.folder, f.mailbox, 1)};
  f.add(copy);
  CHECK(skip_existing(f, {seen_as(rows[0], 4)}) == 0);
  CHECK(f.state(copy[0].id) == State::planned);
}

TEST_CASE("a message that is ambiguous is matched by its digest") {
  Fixture f;
  set_floor(f, 10);
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1), sample(f.folder, f.mailbox, 1)};
  f.add(rows);
  CHECK(skip_existing(f, {seen_as(rows[0], 4)}) == 0);
  const auto ambiguous = value(f.journal->next_ambiguous(0));
  REQUIRE(ambiguous);
  const auto message =
      value(f.journal->doubtful_with_digest(rows[0].digest, rows[0].date.unix_seconds));
  REQUIRE(message);
  const Stored match{*message, ambiguous->uid};
  done(f.journal->commit_matches({&match, 1}));
  CHECK(f.state(rows[0].id) == State::skipped);
  CHECK(f.state(rows[1].id) == State::planned);
}

TEST_CASE("planned messages are asked for by mailbox") {
  Fixture f;
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1), sample(f.folder, 77, 2),
                               sample(f.folder, f.mailbox, 3)};
  f.add(rows);
  const auto planned = value(f.journal->planned(f.folder, 77, 0, 10));
  REQUIRE(planned.size() == 1);
  CHECK(planned[0].id == rows[1].id);
  CHECK(value(f.journal->mailboxes_of(f.folder)) == std::vector<MailboxId>{f.mailbox, 77});
}

TEST_CASE("a scratch journal works like another and needs no file") {
  const auto journal = value(Journal::open("", OpenMode::scratch));
  done(journal->set_dedupe(Dedupe::content));
  FolderRow folder{.archive = "/a", .path = "a"};
  folder.mailbox = value(journal->add_mailbox({.name = "INBOX", .renamed_from = {}}));
  folder.id = value(journal->add_folder(folder));
  std::vector<MessageRow> rows{sample(folder.id, folder.mailbox, 1),
                               sample(folder.id, folder.mailbox, 1)};
  done(journal->add_indexed(folder, rows, {}));
  const MailboxCounts counts = value(journal->counts(folder.mailbox));
  CHECK(counts.planned.messages == 1);
  CHECK(counts.skipped.messages == 1);
}
