// SPDX-License-Identifier: Apache-2.0
// Opening a journal: whose it is, who holds it, what is no journal; and that it survives.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <functional>

#include "mboxferry/base/file.h"
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;
using Catch::Matchers::Contains;

namespace {

// Runs `work` in a child that then says "ready" and waits to be killed.
class Child {
 public:
  explicit Child(const std::function<bool()>& work) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      const char answer = work() ? 'y' : 'n';
      static_cast<void>(write(ends[1], &answer, 1) < 0);
      while (true) pause();
    }
    close(ends[1]);
    char answer = 'n';
    worked_ = read(ends[0], &answer, 1) == 1 && answer == 'y';
    close(ends[0]);
  }
  ~Child() { kill_now(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill_now() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool worked() const { return worked_; }

 private:
  pid_t pid_ = -1;
  bool worked_ = false;
};

Error cannot_open(const std::string& path, OpenMode mode) {
  const Error error = failure(Journal::open(path, mode));
  CHECK_THAT(error.what, Contains(path));
  CHECK_FALSE(error.hint.empty());
  return error;
}

constexpr std::array kAllModes{OpenMode::create_or_resume, OpenMode::resume, OpenMode::read_only};

}  // namespace

TEST_CASE("a journal and what belongs to it are for the owner only") {
  const mode_t old_mask = umask(0);
  Fixture f;
  f.add_samples(10);
  umask(old_mask);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    INFO(suffix);
    struct stat status {};
    REQUIRE(stat((f.path() + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a journal belongs to one job") {
  Fixture f;
  const JobIdentity job{.account = "u@h:993", .archives = "/a\n/b", .settings = "x=1\ny=2"};
  done(f.journal->claim(job));
  f.reopen();
  done(f.journal->claim(job));
  CHECK(value(f.journal->identity()) == job);
  JobIdentity other = job;
  other.account = "v@h:993";
  // Without a message it knows nothing that could be wrong for another job.
  done(f.journal->set_note("started", "once"));
  done(f.journal->add_unread({1, "a", 5, 20, "no mail"}));
  done(f.journal->claim(other));
  CHECK(value(f.journal->unread()).messages == 0);
  CHECK(value(f.journal->identity()) == other);
  CHECK_FALSE(value(f.journal->note("started")));
  done(f.journal->claim(job));
  f.reopen();
  f.add_samples(1);
  Error error = failure(f.journal->claim(other));
  CHECK(error.code == ErrorCode::configuration);
  CHECK_THAT(error.what, Contains("account") && Contains("u@h:993") && Contains("v@h:993"));
  CHECK_FALSE(error.hint.empty());
  other = job;
  other.settings = "x=1\ny=3";
  error = failure(f.journal->claim(other));
  CHECK_THAT(error.what, Contains("settings") && Contains("\"y=2\"") && Contains("\"y=3\""));
  other.settings = "x=1\ny=2\nz=3";
  CHECK(failure(f.journal->claim(other)).code == ErrorCode::configuration);
  other.settings = "x=1";
  CHECK(failure(f.journal->claim(other)).code == ErrorCode::configuration);
  other = job;
  other.archives = "";
  CHECK(failure(f.journal->claim(other)).code == ErrorCode::configuration);
  CHECK(value(f.journal->identity()) == job);
}

TEST_CASE("the holder of a locked journal is named, and its death frees the journal") {
  TemporaryFolder folder;
  const std::string path = folder.file("j");
  std::unique_ptr<Journal> held;
  Child child([&] {
    auto opened = Journal::open(path, OpenMode::create_or_resume);
    if (!opened) return false;
    held = std::move(*opened);
    return true;
  });
  REQUIRE(child.worked());
  for (const OpenMode mode : {OpenMode::create_or_resume, OpenMode::resume}) {
    const Error error = cannot_open(path, mode);
    CHECK(error.code == ErrorCode::journal_locked);
    CHECK_THAT(error.what, Contains(fmt::format("pid {} on ", child.pid())) && Contains("since"));
  }
  std::filesystem::create_symlink(path, folder.file("alias"));
  CHECK(failure(Journal::open(folder.file("alias"), OpenMode::resume)).code ==
        ErrorCode::journal_locked);
  child.kill_now();
  value(Journal::open(path, OpenMode::resume));
}

TEST_CASE("a journal is locked within one process too, and free after closing") {
  Fixture f;
  CHECK(cannot_open(f.path(), OpenMode::resume).code == ErrorCode::journal_locked);
  f.journal.reset();
  CHECK(std::filesystem::file_size(f.path() + ".lock") == 0);
  value(Journal::open(f.path(), OpenMode::resume));
}

TEST_CASE("what a killed process committed is there, what it did not is not") {
  TemporaryFolder folder;
  const std::string path = folder.file("j");
  std::unique_ptr<Journal> held;
  Child child([&] {
    auto opened = Journal::open(path, OpenMode::create_or_resume);
    if (!opened) return false;
    held = std::move(*opened);
    auto mailbox = held->add_mailbox({.name = "A", .uid_floor = 1});
    auto added = held->add_folder({.archive = "/a", .mailbox = *mailbox});
    if (!mailbox || !added) return false;
    std::vector<MessageRow> rows;
    for (std::uint64_t i = 0; i < 300; ++i) rows.push_back(sample(*added, *mailbox, i));
    if (!held->add_indexed({.id = *added, .mailbox = *mailbox}, rows, {})) return false;
    Intent intent{.mailbox = *mailbox, .uid_validity = 1, .uid_floor = 1};
    for (const MessageRow& row : rows) intent.messages.push_back(row.id);
    if (!held->commit({.intents = {intent}})) return false;
    Step step;
    for (std::size_t i = 0; i < 200; ++i) {
      step.stored.push_back({rows[i].id, static_cast<Uid>(i + 1)});
    }
    if (!held->commit(step)) return false;
    // This one fails as a whole.
    step.stored = {{rows[250].id, 999}, {rows[0].id, 1000}};
    return !held->commit(step);
  });
  REQUIRE(child.worked());
  child.kill_now();
  REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
  {
    // A reader comes first and finds the write-ahead log of the dead.
    const auto reader = value(Journal::open(path, OpenMode::read_only));
    CHECK(value(reader->counts(0)).stored.messages == 200);
  }
  const auto journal = value(Journal::open(path, OpenMode::resume));
  CHECK(value(journal->counts(0)).stored.messages == 200);
  CHECK(value(journal->counts(0)).intended.messages == 100);
  CHECK(value(journal->doubt(1)).count.messages == 100);
}

TEST_CASE("a reader works beside a writer and changes nothing") {
  Fixture f;
  const auto rows = f.add_samples(3);
  const auto reader = value(Journal::open(f.path(), OpenMode::read_only));
  CHECK(value(reader->counts(0)).planned.messages == 3);
  f.add_samples(2, 10);
  CHECK(value(reader->counts(0)).planned.messages == 5);
  CHECK_FALSE(reader->commit({.refused = {{rows[0].id, "c", "t"}}}));
  CHECK_FALSE(reader->set_note("a", "b"));
  CHECK(f.state(rows[0].id) == State::planned);
  f.intend(rows);
  CHECK(value(reader->doubt(f.mailbox)).count.messages == 3);
}

TEST_CASE("an absent journal is not made by asking for it") {
  TemporaryFolder folder;
  for (const OpenMode mode : {OpenMode::resume, OpenMode::read_only}) {
    const Error error = cannot_open(folder.file("absent"), mode);
    CHECK(error.code == ErrorCode::configuration);
    CHECK_THAT(error.what, Contains("there is no journal"));
  }
  CHECK(std::filesystem::is_empty(folder.file("")));
}

TEST_CASE("a directory that is not there cannot hold a journal") {
  TemporaryFolder folder;
  const Error error = cannot_open(folder.file("no/such/j"), OpenMode::create_or_resume);
  CHECK(error.code == ErrorCode::cannot_create);
}

TEST_CASE("what is no journal is refused and left as it was") {
  TemporaryFolder folder;
  const std::string path = folder.file("x");
  std::string content;
  SECTION("text") { content = "From a@b Thu Jan  1 00:00:00 1970\n\nhello\n"; }
  SECTION("a few bytes") { content = "SQL"; }
  SECTION("zeros") { content = std::string(8192, '\0'); }
  SECTION("the first bytes of a database and then nonsense") {
    content = std::string("SQLite format 3\0", 16) + std::string(5000, 'x');
  }
  SECTION("another program's database") {
    run_sql(path, "CREATE TABLE t(a); INSERT INTO t VALUES(1);");
  }
  SECTION("another program's database with its own number") {
    run_sql(path, "PRAGMA application_id=77; PRAGMA user_version=1;");
  }
  if (!content.empty()) write_file(path, content);
  std::ifstream before_file(path, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(before_file), {}};
  for (const OpenMode mode : kAllModes) {
    const Error error = cannot_open(path, mode);
    CHECK(error.code == ErrorCode::configuration);
    CHECK_THAT(error.what, Contains("is no mboxferry journal"));
  }
  std::ifstream after_file(path, std::ios::binary);
  CHECK(before == std::string{std::istreambuf_iterator<char>(after_file), {}});
}

TEST_CASE("a directory is no journal") {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("d"));
  for (const OpenMode mode : kAllModes) {
    CHECK(cannot_open(folder.file("d"), mode).code == ErrorCode::configuration);
  }
}

TEST_CASE("a journal of a newer version is refused") {
  Fixture f;
  f.journal.reset();
  run_sql(f.path(), "PRAGMA user_version=7;");
  for (const OpenMode mode : kAllModes) {
    const Error error = cannot_open(f.path(), mode);
    CHECK(error.code == ErrorCode::configuration);
    CHECK_THAT(error.what, Contains("newer") && Contains("format 7"));
  }
  run_sql(f.path(), "PRAGMA user_version=6;");
  f.reopen();
}

TEST_CASE(
    "a journal of an older version is read as it is, and gone on with as one of this version") {
  Fixture f;
  auto rows = std::vector<MessageRow>{sample(f.folder, f.mailbox, 0)};
  f.add(rows);
  f.journal.reset();
  run_sql(f.path(),
          "DROP TABLE resent; DROP TABLE unread; DROP TABLE sender_match; DROP TABLE sender_entry;"
          " DELETE FROM note; PRAGMA user_version=2;");
  {
    const auto read = value(Journal::open(f.path(), OpenMode::read_only));
    CHECK(value(read->counts(0)).planned.messages == 1);
    CHECK(value(read->unread()).messages == 0);
    CHECK(value(read->sender_sums(9)).empty());
    CHECK(value(read->sender_totals()).empty());
  }
  f.reopen();
  done(f.journal->add_unread({0, "a", 0, 1, "encrypted"}));
  CHECK(value(f.journal->unread()).messages == 1);
  CHECK(value(f.journal->counts(0)).planned.messages == 1);
  CHECK_FALSE(value(f.journal->was_resent(rows[0].id)));
  CHECK_FALSE(value(f.journal->note(kDigestsWithoutMarksNote)));
  f.intend(rows, 1);
  journal::Step step;
  step.planned_again = {rows[0].id};
  done(f.journal->commit(step));
  f.reopen();
  CHECK(value(f.journal->was_resent(rows[0].id)));
}

TEST_CASE("a journal of before the first release is refused") {
  Fixture f;
  f.journal.reset();
  run_sql(f.path(), "PRAGMA user_version=1;");
  for (const OpenMode mode : kAllModes) {
    const Error error = cannot_open(f.path(), mode);
    CHECK(error.code == ErrorCode::configuration);
    CHECK_THAT(error.what, Contains("before the first release") && Contains("format 1"));
  }
}

TEST_CASE("each journal has a key for its digests, and keeps it") {
  Fixture f;
  const DigestKey key = value(f.journal->digest_key());
  f.reopen();
  CHECK(value(f.journal->digest_key()) == key);
  CHECK(value(Fixture().journal->digest_key()) != key);
  CHECK(value(f.journal->note(kDigestsWithoutMarksNote)));
  run_sql(f.path(), "UPDATE digest_key SET key = x'00'");
  CHECK(failure(f.journal->digest_key()).code == ErrorCode::io);
}

TEST_CASE("a file that a killed process left empty becomes a journal, for its owner only") {
  TemporaryFolder folder;
  write_file(folder.file("j"), "");
  ::chmod(folder.file("j").c_str(), 0600);
  CHECK(cannot_open(folder.file("j"), OpenMode::resume).code == ErrorCode::configuration);
  CHECK(cannot_open(folder.file("j"), OpenMode::read_only).code == ErrorCode::configuration);
  value(Journal::open(folder.file("j"), OpenMode::create_or_resume));
  value(Journal::open(folder.file("j"), OpenMode::resume));
}
