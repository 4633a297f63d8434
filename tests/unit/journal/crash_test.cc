// SPDX-License-Identifier: Apache-2.0
// A process that is killed at any moment leaves a journal that goes on.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

constexpr std::uint64_t kCrashMessages = 60;
constexpr std::size_t kBatch = 10;

// A whole job in small: index, send, lose two batches, reconcile, send the rest. Goes on from
// whatever it finds, as the program does.
Result<void> small_job(const std::string& path) {
  MBOXFERRY_ASSIGN(auto journal, Journal::open(path, OpenMode::create_or_resume));
  MBOXFERRY_TRY(journal->claim({.account = "a", .archives = "b", .settings = "c"}));
  MBOXFERRY_ASSIGN(auto mailboxes, journal->mailboxes());
  if (mailboxes.empty()) {
    MBOXFERRY_TRY(journal->add_mailbox({.name = "A", .renamed_from = {}, .uid_floor = 1}));
    MBOXFERRY_ASSIGN(mailboxes, journal->mailboxes());
  }
  const MailboxId mailbox = mailboxes.front().id;
  MBOXFERRY_ASSIGN(auto folders, journal->folders());
  if (folders.empty()) {
    MBOXFERRY_TRY(journal->add_folder({.archive = "/a", .mailbox = mailbox}));
    MBOXFERRY_ASSIGN(folders, journal->folders());
  }
  FolderRow folder = folders.front();
  while (!folder.index_done) {
    const std::uint64_t at = folder.index_state.empty() ? 0 : std::stoull(folder.index_state);
    std::vector<MessageRow> rows;
    for (std::uint64_t i = at; i < at + 20; ++i) rows.push_back(sample(folder.id, mailbox, i));
    folder.index_state = fmt::format("{}", at + 20);
    folder.index_done = at + 20 == kCrashMessages;
    MBOXFERRY_TRY(journal->add_indexed(folder, rows, {}));
  }
  // Every even message in doubt has arrived, its number being its UID.
  MBOXFERRY_TRY(journal->begin_reconcile(mailbox, Unidentified::in_doubt));
  std::vector<Seen> seen;
  MBOXFERRY_TRY(journal->each(State::intended, mailbox, [&](const MessageRow& row) {
    if (row.id % 2 == 0) seen.push_back(seen_as(row, static_cast<Uid>(row.id)));
    return ok();
  }));
  MBOXFERRY_TRY(journal->add_seen(seen));
  MBOXFERRY_ASSIGN(const auto matches, journal->certain_matches(100));
  MBOXFERRY_TRY(journal->commit_matches(matches));
  MBOXFERRY_TRY(journal->plan_rest_again());

  Step step;
  while (true) {
    MBOXFERRY_ASSIGN(const auto rows, journal->planned(folder.id, folder.mailbox, 0, kBatch));
    if (!rows.empty()) {
      Intent intent{.mailbox = mailbox, .uid_validity = 1, .uid_floor = 1};
      for (const MessageRow& row : rows) intent.messages.push_back(row.id);
      step.intents.push_back(std::move(intent));
    }
    MBOXFERRY_TRY(journal->commit(step));
    step = {};
    if (rows.empty()) return ok();
    for (const MessageRow& row : rows) step.stored.push_back({row.id, static_cast<Uid>(row.id)});
  }
}

void check_complete(const std::string& path) {
  const auto journal = value(Journal::open(path, OpenMode::read_only));
  CHECK(value(journal->counts(0)).stored.messages == kCrashMessages);
  CHECK(value(journal->counts(0)).planned.messages == 0);
  CHECK(value(journal->counts(0)).intended.messages == 0);
  CHECK(value(journal->doubt(1)).uid_floor == 0);
  MessageId expected = 1;
  done(journal->each(State::stored, 0, [&](const MessageRow& row) {
    CHECK(row.id == expected);
    CHECK(row.uid == static_cast<Uid>(expected));
    CHECK(row.digest == sample(1, 1, static_cast<std::uint64_t>(expected - 1)).digest);
    ++expected;
    return ok();
  }));
}

// Runs the job in a child; true when it was killed.
template <typename Prepare>
bool run_child(const std::string& path, Prepare prepare, useconds_t kill_after = 0) {
  const pid_t pid = fork();
  if (pid == 0) {
    prepare();
    _exit(small_job(path) ? 0 : 1);
  }
  if (kill_after != 0) {
    usleep(kill_after);
    kill(pid, SIGKILL);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
  CHECK(WEXITSTATUS(status) == 0);
  return false;
}

}  // namespace

TEST_CASE("a job killed at every point of the journal's life goes on") {
  TemporaryFolder folder;
  const auto* const name = GENERATE("journal-created", "mailbox-recorded", "index-chunk:1",
                                    "index-chunk:2", "index-done", "batch-intended:1",
                                    "batch-intended:4", "batch-confirmed:1", "batch-confirmed:6");
  INFO(name);
  const std::string path = folder.file("j");
  const auto crash_at = [](const char* place) {
    return [place] { setenv("MBOXFERRY_CRASH_AT", place, 1); };
  };
  CHECK(run_child(path, crash_at(name)));
  // The second run dies again, while it reconciles what the first left.
  run_child(path, crash_at("reconcile-decided"));
  // In a child too: crash points look at the environment once, which children would inherit.
  CHECK_FALSE(run_child(path, [] {}));
  check_complete(path);
}

TEST_CASE("a job killed at any time goes on") {
  TemporaryFolder folder;
  const std::string path = folder.file("j");
  for (useconds_t after = 2'000; run_child(
                                     path, [] {}, after) &&
                                 after < 2'000'000;)
    after += after / 4;
  CHECK_FALSE(run_child(path, [] {}));
  check_complete(path);
}
