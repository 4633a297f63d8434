// SPDX-License-Identifier: Apache-2.0
// Jobs with several connections against a store in memory.
#include <algorithm>

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using test::require_complete;

namespace {

/// A bench whose job has `count` connections from the beginning.
class CrewBench : public test::JobBench {
 public:
  explicit CrewBench(int count) {
    settings.connections = {count, false, 0};
    server.answers_at_once = true;
  }
  void require_in_order() const {
    const auto& mails = server.mailboxes.at("INBOX").mails;
    for (std::size_t i = 0; i < mails.size(); ++i) {
      INFO("message " << i);
      REQUIRE(mails[i].bytes.find(fmt::format("body {}\r\n", i)) != std::string::npos);
    }
  }
};

/// Mapped by this process; a thread that has ended and is not joined keeps its stack, 8 MB.
std::uint64_t mapped_megabytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * 4096 >> 20;
}

std::size_t count_notices(const std::vector<std::string>& notices, std::string_view part) {
  return static_cast<std::size_t>(
      std::count_if(notices.begin(), notices.end(),
                    [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

/// Four hours of the fake clock, in which a server refuses every connection but the first.
class CrowdedBench : public CrewBench {
 public:
  CrowdedBench() : CrewBench(2) {
    plain_archive(1600);
    server.answer_delay = std::chrono::seconds(40);
    most_connections = 1;
    connection_failure = {
        ErrorCode::unavailable, "cut off", "", ErrorScope::session, {Retry::When::now, {}}};
  }
};

}  // namespace

TEST_CASE("another connection that cannot be had is tried less and less often, and told once") {
  CrowdedBench bench;
  require_complete(bench.run());
  bench.require_each_once(1600);
  CHECK(bench.clock.now().time_since_epoch() > std::chrono::hours(4));
  CHECK(bench.attempts > 20);  // ten minutes apart in the end
  CHECK(bench.attempts < 80);
  CHECK(count_notices(bench.observer.notices, "cut off") == 1);
  CHECK(count_notices(bench.observer.notices, "going on with 1 connection") == 1);
}

TEST_CASE("the threads of connections that were not to be had are joined") {
  CrowdedBench bench;
  std::uint64_t least = mapped_megabytes();
  std::uint64_t most = 0;
  bench.on_attempt = [&] {
    // What the first few need stays mapped for those that follow.
    if (bench.attempts == 5) least = mapped_megabytes();
    if (bench.attempts > 5) most = std::max(most, mapped_megabytes());
  };
  require_complete(bench.run());
  REQUIRE(bench.attempts > 20);
  CHECK(most < least + 64);
}

TEST_CASE("a connection that is lost before it has stored anything is left out, not tried again") {
  CrewBench bench(2);
  bench.plain_archive(200);
  bench.server.lose_connection_of = 2;
  require_complete(bench.run());
  bench.require_each_once(200);
  CHECK(count_notices(bench.observer.notices, "connecting again") == 0);
  CHECK(count_notices(bench.observer.notices, "going on with 1 connection") == 1);
}

TEST_CASE("several connections into one mailbox store every message once and in order") {
  CrewBench bench(4);
  bench.plain_archive(400);
  bench.server.slow_literals_of = 2;
  require_complete(bench.run());
  bench.require_each_once(400);
  bench.require_in_order();
  CHECK(bench.server.connections == 4);
}

TEST_CASE("lost replies on several connections make no duplicate") {
  CrewBench bench(3);
  bench.plain_archive(200);
  bench.server.lose_reply = {2, 7, 8, 20};
  bench.server.cut_before_last_byte = {5, 12};
  bench.server.commit_late = {{15, std::chrono::milliseconds(900)}};
  require_complete(bench.run());
  bench.require_each_once(200);
}

TEST_CASE("a refused message among several connections is isolated") {
  CrewBench bench(3);
  bench.plain_archive(100);
  bench.server.refuse = [](const std::string& bytes) {
    return bytes.find("body 57\r\n") != std::string::npos;
  };
  CHECK(bench.run().verdict == transfer::Verdict::refused);
  bench.require_each_once(99);
}

TEST_CASE("BAD on several connections is answered with care, and the rest arrives") {
  CrewBench bench(3);
  bench.archive(60, [](int i) {
    return fmt::format("Status: {}\n\nbody {}\n", i == 31 || i == 45 ? "" : "RO", i);
  });
  bench.server.bad = [](const imap::AppendMessage& told) { return told.flags == 0; };
  CHECK(bench.run().verdict == transfer::Verdict::refused);
  bench.require_each_once(58);
}

TEST_CASE("a server that takes only so many connections is content with them") {
  CrewBench bench(4);
  bench.plain_archive(200);
  bench.most_connections = 2;
  bench.connection_failure = {ErrorCode::try_later,
                              "too many connections",
                              "",
                              ErrorScope::session,
                              {Retry::When::later, {}}};
  require_complete(bench.run());
  bench.require_each_once(200);
  CHECK(bench.server.connections == 2);
  bench.append_to_archive("From a@b Thu Nov 10 11:00:00 2011\nSubject: new\n\nbody new\n\n");
  const int attempts = bench.attempts;
  require_complete(bench.run());
  CHECK(bench.attempts == attempts + 2);  // it does not ask for more on the same day
}

TEST_CASE("what another connection would be refused does not stop the job") {
  CrewBench bench(2);
  bench.plain_archive(100);
  bench.most_connections = 1;
  bench.connection_failure = {ErrorCode::login_refused, "login refused", ""};
  require_complete(bench.run());
  bench.require_each_once(100);
}

TEST_CASE("folders go into mailboxes of their own side by side") {
  CrewBench bench(3);
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(5, 40);
  require_complete(bench.run());
  for (int folder = 0; folder < 5; ++folder) {
    const auto& mails = bench.server.mailboxes.at(fmt::format("Box/f{}", folder)).mails;
    REQUIRE(mails.size() == 40);
    for (int i = 0; i < 40; ++i)
      CHECK(mails[static_cast<std::size_t>(i)].bytes.find(
                fmt::format("body {} of {}\r\n", i, folder)) != std::string::npos);
  }
}

TEST_CASE("a job that goes on begins with a mailbox that has mail left") {
  CrewBench bench(1);
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(5, 10);
  bench.settings.limits.messages_per_day = 35;
  CHECK(bench.run().error->code == ErrorCode::try_later);
  bench.settings.limits = {};
  bench.server.appends = 0;
  bench.server.selected_before_mail.clear();
  require_complete(bench.run());
  CHECK(bench.server.selected_before_mail == std::vector<std::string>{"Box/f3"});
  for (int folder = 0; folder < 5; ++folder)
    CHECK(bench.server.mailboxes.at(fmt::format("Box/f{}", folder)).mails.size() == 10);
}

TEST_CASE("several connections have a mailbox each to begin with, one reads folder after folder") {
  const int connections = GENERATE(1, 3);
  CrewBench bench(connections);
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(3, 600);
  require_complete(bench.run());
  const auto journal =
      journal::Journal::open(bench.settings.journal_path, journal::OpenMode::read_only);
  REQUIRE(journal);
  std::vector<std::vector<journal::MessageRow>> rows;
  for (journal::FolderId folder = 1; folder <= 3; ++folder) {
    rows.push_back(*(*journal)->messages(folder, 0, 1000));
    REQUIRE(rows.back().size() == 600);
    CHECK(std::is_sorted(rows.back().begin(), rows.back().end(),
                         [](const auto& a, const auto& b) { return a.offset < b.offset; }));
  }
  for (std::size_t folder : {1U, 2U}) {
    const bool begun_early = rows[folder].front().id < rows[0].back().id;
    CHECK(begun_early == (connections == 3));
  }
}

TEST_CASE("a folder whose beginning was read first is counted once in the progress") {
  CrewBench bench(3);
  bench.settings.mapping.mailbox = "Box";
  bench.archive_tree(3, 600);
  require_complete(bench.run());
  CHECK(bench.observer.last.totals_known);
  CHECK(bench.observer.last.total.messages == 1800);
  CHECK(bench.observer.last.read_bytes == bench.observer.last.archive_bytes);
}
