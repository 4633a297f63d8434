// SPDX-License-Identifier: Apache-2.0
// What walks over single mailboxes cost where the messages of many lie among each other.
#include <cstdint>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

std::uint64_t statements = 0;
std::uint64_t steps = 0;

int add_statement(unsigned, void*, void* statement, void*) {
  ++statements;
  steps += static_cast<std::uint64_t>(
      sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1));
  return 0;
}

int watch(sqlite3* database, const char**, const void*) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, add_statement, nullptr);
}

/// Counts statements, and the steps of SQLite's machine, on all connections opened meanwhile.
class Watch {
 public:
  Watch() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  ~Watch() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  static void restart() { statements = steps = 0; }
};

constexpr std::size_t kMailboxes = 40;
constexpr std::size_t kMessages = 4000;

/// Messages that go into 40 mailboxes in turn, all stored but the last ones.
std::vector<MailboxId> fill(Fixture& f) {
  std::vector<MailboxId> mailboxes{f.mailbox};
  while (mailboxes.size() < kMailboxes) {
    mailboxes.push_back(value(f.journal->add_mailbox(
        {.name = "m" + std::to_string(mailboxes.size()), .renamed_from = {}, .uid_floor = 1})));
  }
  std::vector<MessageRow> rows;
  for (std::size_t i = 0; i < kMessages; ++i)
    rows.push_back(sample(f.folder, mailboxes[i % kMailboxes], i));
  f.add(rows);
  for (std::size_t first = 0; first < kMailboxes; ++first) {
    Step step;
    Intent intent{.mailbox = mailboxes[first], .uid_validity = 7, .uid_floor = 1};
    for (std::size_t i = first; i + kMailboxes < kMessages; i += kMailboxes) {
      intent.messages.push_back(rows[i].id);
      step.stored.push_back({rows[i].id, static_cast<Uid>(i + 1)});
    }
    done(f.journal->commit({.intents = {intent}}));
    done(f.journal->commit(step));
  }
  for (FolderRow& folder : value(f.journal->folders())) {
    folder.index_done = true;
    done(f.journal->update_folder(folder));
  }
  return mailboxes;
}

}  // namespace

TEST_CASE("the counts of all mailboxes are one walk") {
  const Watch watch;
  Fixture f;
  const std::vector<MailboxId> mailboxes = fill(f);
  Watch::restart();
  const CountsByMailbox all = value(f.journal->counts_by_mailbox());
  // The other asks whether an archive was replaced.
  CHECK(statements <= 2);
  CHECK(steps < 10 * kMessages);
  REQUIRE(all.size() == kMailboxes);
  Count stored;
  for (const MailboxId mailbox : mailboxes) {
    const MailboxCounts one = value(f.journal->counts(mailbox));
    const MailboxCounts of_all = counts_of(all, mailbox);
    CHECK(one.stored.messages == kMessages / kMailboxes - 1);
    CHECK(of_all.stored.messages == one.stored.messages);
    CHECK(of_all.stored.bytes == one.stored.bytes);
    CHECK(of_all.planned.messages == 1);
    stored.messages += one.stored.messages;
    stored.bytes += one.stored.bytes;
  }
  const MailboxCounts sum = value(f.journal->counts(0));
  CHECK(sum.stored.messages == stored.messages);
  CHECK(sum.stored.bytes == stored.bytes);
  CHECK(counts_of(all, 4711).stored.messages == 0);
}

TEST_CASE("a walk over one mailbox among many reads that mailbox alone") {
  const Watch watch;
  Fixture f;
  const std::vector<MailboxId> mailboxes = fill(f);
  done(f.journal->index_mailboxes());
  SECTION("at once") {}
  SECTION("when the journal is opened again") { f.reopen(); }
  std::uint64_t seen = 0;
  const auto count = [&](const MessageRow&) {
    ++seen;
    return ok();
  };
  Watch::restart();
  for (const MailboxId mailbox : mailboxes) {
    value(f.journal->counts(mailbox));
    done(f.journal->each(State::stored, mailbox, count));
    done(f.journal->ledger(mailbox, count));
    seen += value(f.journal->planned(f.folder, mailbox, 0, 1000)).size();
  }
  CHECK(seen == 2 * (kMessages - kMailboxes) + kMailboxes);
  // Reading a row takes SQLite a few dozen steps; passing one over takes it a handful.
  CHECK(steps < 150 * kMessages);
}

TEST_CASE("mailboxes with ranges of their own, or that are still indexed, get no index") {
  Fixture f;
  f.add_samples(3);
  done(f.journal->index_mailboxes());
  const MailboxId other = value(f.journal->add_mailbox({.name = "b", .renamed_from = {}}));
  std::vector<MessageRow> rows{sample(f.folder, other, 8), sample(f.folder, f.mailbox, 9)};
  f.add(rows);
  done(f.journal->index_mailboxes());
  // Making it by hand fails if it is there.
  run_sql(f.path(), "CREATE INDEX message_mailbox ON message(mailbox)");
}
