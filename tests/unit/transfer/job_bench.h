// SPDX-License-Identifier: Apache-2.0
// A job in a temporary folder against a store in memory.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "unit/transfer/fake_target.h"

namespace mboxferry::test {

class SilentObserver final : public transfer::Observer {
 public:
  void progress(const transfer::Progress& progress) override { last = progress; }
  void notice(std::string_view line) override { notices.emplace_back(line); }
  std::vector<std::string> notices;
  transfer::Progress last;
};

/// A temporary folder with an archive, a fake server, and the job between them.
class JobBench {
 public:
  explicit JobBench(const std::string& parent = "/tmp") {
    std::string pattern = parent + "/mboxferry-job-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    server.capabilities.uidplus = true;
    server.capabilities.multiappend = true;
    settings.archives = {folder_ + "/mail.mbox"};
    settings.account.host = "fake";
    settings.account.user = "user";
    settings.mapping.mailbox = "INBOX";
    settings.journal_path = folder_ + "/journal";
    settings.index.now = 1'700'000'000;
    settings.batch.messages = 4;
    settings.batch.in_flight = 2;
    settings.connections = {1, false, 1};
  }
  ~JobBench() { std::filesystem::remove_all(folder_); }
  JobBench(const JobBench&) = delete;
  JobBench& operator=(const JobBench&) = delete;

  void archive(int count, const std::function<std::string(int)>& body) {
    std::ofstream file(settings.archives.front(), std::ios::binary);
    for (int i = 0; i < count; ++i) {
      file << "From a@b Thu Nov 10 10:" << fmt::format("{:02}", i % 60) << ":00 2011\n"
           << body(i) << "\n";
    }
  }
  /// A folder of `count` mbox files f0, f1 and so on with `messages` messages each.
  void archive_tree(int count, int messages) {
    const std::string tree = folder_ + "/tree";
    std::filesystem::create_directory(tree);
    for (int folder = 0; folder < count; ++folder) {
      std::ofstream file(fmt::format("{}/f{}", tree, folder), std::ios::binary);
      for (int i = 0; i < messages; ++i)
        file << fmt::format("From a@b Thu Nov 10 10:00:00 2011\nSubject: x\n\nbody {} of {}\n\n", i,
                            folder);
    }
    settings.archives = {tree};
  }
  void append_to_archive(const std::string& text) {
    std::ofstream(settings.archives.front(), std::ios::binary | std::ios::app) << text;
  }
  /// When the archive was last written to, in seconds since 1970.
  void set_archive_time(std::int64_t seconds) {
    const std::array<timespec, 2> times{timespec{seconds, 0}, timespec{seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, settings.archives.front().c_str(), times.data(), 0) == 0);
  }
  /// Writes over the beginning of the one place where `text` is, as mail programs change flags.
  void overwrite(const std::string& text, const std::string& with) {
    std::fstream file(settings.archives.front(), std::ios::binary | std::ios::in | std::ios::out);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    const std::size_t at = all.find(text);
    REQUIRE(at != std::string::npos);
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file << with;
  }
  /// A notice that has `text` in it.
  bool told(const std::string& text) const {
    return std::any_of(
        observer.notices.begin(), observer.notices.end(),
        [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  void plain_archive(int count) {
    archive(count, [](int i) {
      return fmt::format("Message-ID: <{}@x>\nSubject: {}\n\nbody {}\n", i, i, i);
    });
  }

  transfer::JobResult run() {
    const transfer::Environment environment{
        [this](const imap::BeforeLogin& before_login) -> Result<std::unique_ptr<imap::Target>> {
          if (before_login) MBOXFERRY_TRY(before_login());
          const std::scoped_lock lock(server.mutex);
          ++attempts;
          if (on_attempt) on_attempt();
          if (is_down()) return connection_failure;
          if (attempts <= failing_connections) return connection_failure;
          if (server.open_connections >= most_connections) return connection_failure;
          return std::unique_ptr<imap::Target>(std::make_unique<FakeTarget>(server));
        },
        &clock};
    observer.notices.clear();
    return transfer::run_job(settings, environment, observer, interrupt);
  }

  /// How often each body text is in INBOX.
  std::map<std::string, int> bodies() const {
    std::map<std::string, int> counted;
    for (const StoredMail& mail : server.mailboxes.at("INBOX").mails)
      ++counted[mail.bytes.substr(mail.bytes.find("\r\n\r\n") + 4)];
    return counted;
  }
  void require_each_once(int count) const {
    CHECK(server.mailboxes.at("INBOX").mails.size() == static_cast<std::size_t>(count));
    CHECK(bodies().size() == static_cast<std::size_t>(count));
  }
  std::string quarantine() const {
    std::ifstream file(settings.journal_path + ".refused.mbox", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  int attempts = 0;
  std::function<void()> on_attempt;
  int failing_connections = 0;
  int goes_down_after = 0;             ///< append commands; lose the reply of the last one
  std::chrono::seconds stays_down{0};  ///< from when somebody wants to connect then
  int most_connections = 1000;         ///< more at a time fail as well
  Error connection_failure;
  Cancellation interrupt;
  FakeClock clock;
  FakeServer server{clock};
  transfer::JobSettings settings;
  SilentObserver observer;

 private:
  bool is_down() {
    if (stays_down.count() == 0 || server.appends < goes_down_after) return false;
    if (!down_since_) down_since_ = clock.now();
    return clock.now() < *down_since_ + stays_down;
  }

  std::optional<std::chrono::steady_clock::time_point> down_since_;
  std::string folder_;
};

inline void require_complete(const transfer::JobResult& result) {
  INFO((result.error ? describe(*result.error) : std::string("no error")));
  REQUIRE(result.verdict == transfer::Verdict::complete);
}

}  // namespace mboxferry::test
