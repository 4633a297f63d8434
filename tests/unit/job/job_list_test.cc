// SPDX-License-Identifier: Apache-2.0
// Jobs by account, the newest first, and which of them are replaced.
#include "mboxferry/job/job_list.h"

#include <catch2/catch.hpp>
#include <vector>

#include "mboxferry/journal/journal.h"

using namespace mboxferry;
using namespace mboxferry::job;

namespace {

JobList made() {
  auto list = JobList::create();
  REQUIRE(list);
  return std::move(*list);
}

struct Listed {
  JobList list = made();

  /// `day` is the name of the journal as well.
  void add(const std::string& day, const std::vector<std::string>& archives,
           const std::string& verdict = "complete", const std::string& account = "a@h:993",
           const std::string& destination = "mailbox=\n") {
    KnownJob job;
    job.journal = day;
    job.account = account;
    job.archives = journal::archive_lines(archives);
    job.destination = destination;
    job.begun = "2026-11-" + day + "T10:00:00+00:00";
    job.verdict = verdict;
    REQUIRE(list.add(job));
  }

  /// Names of journals, in brackets when replaced.
  [[nodiscard]] std::string text() const {
    std::string text;
    REQUIRE(list.each([&](const KnownJob& job) {
      text += job.replaced ? "(" + job.journal + ")" : job.journal;
      text += ' ';
      return ok();
    }));
    return text;
  }
};

}  // namespace

TEST_CASE("jobs come account by account in the order of their coming, the newest first") {
  Listed jobs;
  jobs.add("03", {"/x"}, "failed", "b@h:993");
  jobs.add("01", {"/y"}, "complete", "a@h:993");
  jobs.add("02", {"/z"}, "complete", "b@h:993");
  jobs.add("04", {"/w"}, "complete", "a@h:993");
  CHECK(jobs.text() == "03 02 04 01 ");
}

TEST_CASE("a later job that has been through the same archives replaces a job") {
  Listed jobs;
  jobs.add("01", {"/mail/a"}, "failed");
  jobs.add("02", {"/mail/b"});
  SECTION("the same") {
    jobs.add("03", {"/mail/a"});
    CHECK(jobs.text() == "03 02 (01) ");
  }
  SECTION("with more beside it") {
    jobs.add("03", {"/other", "/mail/a"}, "refused");
    CHECK(jobs.text() == "03 02 (01) ");
  }
  SECTION("by the folder above") {
    jobs.add("03", {"/mail"}, "incomplete");
    CHECK(jobs.text() == "03 (02) (01) ");
  }
}

TEST_CASE("a job is not replaced by one that leaves some of it undone") {
  Listed jobs;
  jobs.add("02", {"/mail/a", "/mail/b"});
  SECTION("only a part of its archives") { jobs.add("03", {"/mail/a"}); }
  SECTION("a name that begins alike") { jobs.add("03", {"/mail/a", "/mail/bb"}); }
  SECTION("one that failed") { jobs.add("03", {"/mail"}, "failed"); }
  SECTION("one that was broken off") { jobs.add("03", {"/mail"}, "unfinished"); }
  SECTION("another account") { jobs.add("03", {"/mail"}, "complete", "b@h:993"); }
  SECTION("other mailboxes") { jobs.add("03", {"/mail"}, "complete", "a@h:993", "mailbox=Old\n"); }
  SECTION("one that began before") { jobs.add("01", {"/mail"}); }
  CHECK(jobs.text().find('(') == std::string::npos);
}

TEST_CASE("a job of which no archive is known is never replaced") {
  Listed jobs;
  jobs.add("01", {}, "unfinished");
  jobs.add("02", {"/mail"});
  CHECK(jobs.text() == "02 01 ");
}

TEST_CASE("only a later job that has its mail replaces a job") {
  for (const std::string having : {"02", "03", "none"}) {
    Listed jobs;
    jobs.add("01", {"/mail"}, "unfinished");
    jobs.add("02", {"/mail"});
    jobs.add("03", {"/mail"});
    std::string asked;
    std::string replaced;
    const auto has_mail_of = [&](const std::string& later, const std::string& earlier) {
      asked += later + ">" + earlier + " ";
      return Result<bool>(later == having);
    };
    REQUIRE(jobs.list.each(
        [&](const KnownJob& job) {
          if (job.replaced) replaced += job.journal + " ";
          return ok();
        },
        has_mail_of));
    CAPTURE(having);
    CHECK(asked == (having == "03" ? "03>02 03>01 " : "03>02 03>01 02>01 "));
    CHECK(replaced == (having == "03" ? "02 01 " : having == "02" ? "01 " : ""));
    // What the first walk decided holds: a journal may be gone by now.
    const std::string before = replaced;
    replaced.clear();
    REQUIRE(jobs.list.each(
        [&](const KnownJob& job) {
          if (job.replaced) replaced += job.journal + " ";
          return ok();
        },
        [](const std::string&, const std::string&) { return Result<bool>(false); }));
    CHECK(replaced == before);
  }
}
