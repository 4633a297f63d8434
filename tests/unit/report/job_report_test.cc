// SPDX-License-Identifier: Apache-2.0
// Reports of a real journal.
#include "mboxferry/report/job_report.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/verify_report.h"
#include "report_test_support.h"

using namespace mboxferry;
using namespace mboxferry::report;
using journal::Journal;
using nlohmann::json;

namespace {

constexpr std::uint64_t kMessages = 60;

/// 60 messages: 20 stored, 30 refused, 10 still to be sent.
std::unique_ptr<Journal> make_journal(const std::string& path) {
  auto opened = Journal::open(path, journal::OpenMode::create_or_resume);
  REQUIRE(opened);
  Journal& made = **opened;
  REQUIRE(made.claim({"a@b@imap.example.org:993", "/mail/one.mbox\n", "mailbox=Old\n"}));
  journal::MailboxRow mailbox;
  mailbox.name = "Old \x1b[1m";
  mailbox.uid_validity = 7;
  mailbox.existed_before = 5;
  mailbox.id = made.add_mailbox(mailbox).value();
  journal::FolderRow folder;
  folder.archive = folder.file = "/mail/one.mbox";
  folder.path = "one";
  folder.mailbox = mailbox.id;
  folder.id = made.add_folder(folder).value();
  std::vector<journal::MessageRow> rows(kMessages);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].folder = folder.id;
    rows[i].mailbox = mailbox.id;
    rows[i].offset = 100 * i;
    rows[i].length = 90;
    rows[i].wire_size = 100;
  }
  REQUIRE(made.add_indexed(folder, rows, {}));
  journal::Step intent;
  intent.intents.push_back({mailbox.id, 7, 1, {}});
  for (std::size_t i = 0; i < 50; ++i) intent.intents[0].messages.push_back(rows[i].id);
  REQUIRE(made.commit(intent));
  journal::Step outcome;
  for (std::size_t i = 0; i < 20; ++i)
    outcome.stored.push_back({rows[i].id, static_cast<journal::Uid>(i + 1)});
  for (std::size_t i = 20; i < 50; ++i)
    outcome.refused.push_back({rows[i].id, "too_big", "not this \x1b one"});
  REQUIRE(made.commit(outcome));
  return std::move(*opened);
}

}  // namespace

TEST_CASE("the report of a job has every key, and the numbers of the journal") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  CollectedText out;
  REQUIRE(write_job_report(out, journal.get(),
                           {"interrupted", "a@b", "imap.example.org", 2.0, 10, 1000}));
  const json report = json::parse(out.text());
  CHECK(report["schema"] == "mboxferry.report/1");
  CHECK(report["verdict"] == "interrupted");
  const json& account = report["accounts"][0];
  CHECK(account["user"] == "a@b");
  CHECK(account["host"] == "imap.example.org");
  CHECK(account["messages_per_second"] == 5.0);
  CHECK(account["bytes_per_second"] == 500.0);
  CHECK(account["mailboxes"] ==
        json::parse(R"([{"name":"Old \u001b[1m","planned":60,"stored":20,"already_there":5,
                         "refused":30,"skipped":0,"bytes":6000,"lost_flags":null,
                         "date_corrections":null,"renamed_from":null}])"));
  CHECK(account["left_out"].empty());
  REQUIRE(account["refused"].size() == 30);
  CHECK(account["refused"][0] ==
        json::parse(
            R"({"folder":"one","offset":2000,"code":"too_big","text":"not this \u001b one"})"));
}

TEST_CASE("what was left out and what was lost is told, with reasons and numbers") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  journal::FolderRow row = journal->folders()->front();
  std::vector<journal::MessageRow> copies(1);
  copies[0].folder = row.id;
  copies[0].mailbox = row.mailbox;
  copies[0].offset = 7000;
  copies[0].state = journal::State::skipped;
  copies[0].code = "duplicate";
  copies[0].text = "of the message at byte 0 of one";
  REQUIRE(journal->add_indexed(row, copies, {}));
  REQUIRE(journal->set_note(journal::lost_flags_note(row.mailbox), "3"));
  REQUIRE(journal->set_note(journal::date_corrections_note(row.mailbox), "0"));
  const RunFacts run{"complete", "a@b", "imap.example.org", 2.0, 10, 1000, ""};
  CollectedText out;
  REQUIRE(write_job_report(out, journal.get(), run));
  const json account = json::parse(out.text())["accounts"][0];
  CHECK(account["left_out"] == json::parse(R"([{"folder":"one","offset":7000,"code":"duplicate",
                         "text":"of the message at byte 0 of one"}])"));
  CHECK(account["mailboxes"][0]["lost_flags"] == 3);
  CHECK(account["mailboxes"][0]["date_corrections"] == 0);
  CollectedText summary;
  REQUIRE(write_job_summary(summary, *journal, run));
  CHECK(summary.text().find("skipped: 1 duplicate") != std::string::npos);
  CHECK(summary.text().find("3 messages lost a flag") != std::string::npos);
  CHECK(summary.text().find("another date") == std::string::npos);
}

TEST_CASE("a job that never had a journal has a report too") {
  CollectedText out;
  REQUIRE(write_job_report(out, nullptr, {"failed", "u", "h", 0, 0, 0}));
  const json report = json::parse(out.text());
  CHECK(report["accounts"][0]["mailboxes"].empty());
  CHECK(report["accounts"][0]["messages_per_second"] == 0.0);
}

TEST_CASE("a report of many accounts has the worst verdict in front") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  CollectedText out;
  REQUIRE(write_job_report(out, [&](const AccountVisitor& visit) -> Result<void> {
    MBOXFERRY_TRY(visit({"complete", "a", "h", 2.0, 10, 1000}, journal.get()));
    MBOXFERRY_TRY(visit({"refused", "b", "h", {}, 0, 0}, journal.get()));
    return visit({"complete", "c", "h", 1.0, 0, 0}, nullptr);
  }));
  const json report = json::parse(out.text());
  CHECK(report["verdict"] == "refused");
  REQUIRE(report["accounts"].size() == 3);
  CHECK(report["accounts"][0]["user"] == "a");
  CHECK(report["accounts"][1]["refused"].size() == 30);
  CHECK(report["accounts"][1]["seconds"].is_null());
  CHECK(report["accounts"][1]["messages_per_second"].is_null());
  CHECK(report["accounts"][2]["mailboxes"].empty());
  CHECK(worse_verdict("unfinished", "refused") == "unfinished");
  CHECK(worse_verdict("interrupted", "failed") == "failed");
  CHECK(worse_verdict("complete", "a word from another version") == "failed");
  const AccountSource broken = [](const AccountVisitor&) -> Result<void> {
    return Error{ErrorCode::io, "cannot read", ""};
  };
  CollectedText nothing;
  CHECK_FALSE(write_job_report(nothing, broken));
  CHECK(nothing.text().empty());
}

TEST_CASE("the summary says how to go on, and cannot drive the terminal") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  CollectedText out;
  REQUIRE(write_job_summary(out, *journal, {"interrupted", "a@b", "h", 2.0, 10, 1000}));
  CHECK(out.text().find("interrupted: a@b@h: 20 of 60 messages stored") == 0);
  CHECK(out.text().find("and 10 more") != std::string::npos);
  CHECK(out.text().find(".refused.mbox") != std::string::npos);
  CHECK(out.text().find("same command again") != std::string::npos);
  CHECK(out.text().find('\x1b') == std::string::npos);
}

TEST_CASE("a table of mailboxes fits the columns that there are") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  const auto shown = [&](std::size_t columns) {
    CollectedText out;
    REQUIRE(write_status_summary(out, *journal, {}, columns));
    return out.text().substr(0, out.text().find("refused: "));
  };
  const std::string head =
      "not finished, running: a@b@imap.example.org:993\n"
      "  archive /mail/one.mbox\n"
      "  0 of 1 folder read to the end\n";
  CHECK(shown(120) ==
        head +
            "  mailbox        planned     stored    to send in doubt  refused  skipped "
            "there before\n"
            "  Old \\x1b[1m         60         20         10        0       30        0 "
            "           5\n");
  CHECK(shown(80) == head +
                         "  Old \\x1b[1m\n"
                         "    60 planned, 20 stored, 10 to send, 30 refused, 5 there before\n");
  CHECK(shown(kAnyColumns) == shown(120));
}

TEST_CASE("status tells what is left while a job has no verdict") {
  const TemporaryFolder folder;
  const auto journal = make_journal(folder.path() + "/job.journal");
  REQUIRE(journal->set_note("verdict", "running"));
  CollectedText text;
  REQUIRE(write_status_summary(text, *journal, {}));
  CHECK(text.text().find("not finished, running: a@b@imap.example.org:993") == 0);
  CollectedText document;
  REQUIRE(write_status_report(document, *journal));
  const json status = json::parse(document.text());
  CHECK(status["verdict"] == "running");
  CHECK(status["reason"].is_null());
  CHECK(status["archives"] == json::parse(R"(["/mail/one.mbox"])"));
  CHECK(status["mailboxes"][0]["to_send"] == 10);
  CHECK(status["mailboxes"][0]["in_doubt"] == 0);
  CHECK(status["folders"]["read"] == 0);
}

TEST_CASE("a plan has every key, with null where nothing is known") {
  PlanFacts plan;
  plan.user = "u";
  plan.host = "h";
  plan.go = true;
  plan.bytes_needed = 9;
  plan.mailboxes.push_back({.name = "A", .planned = 3, .bytes = 9});
  plan.mailboxes.push_back({.name = "B_C", .exists = true, .renamed_from = "B/C"});
  CollectedText out;
  REQUIRE(write_plan_report(out, plan));
  const json document = json::parse(out.text());
  CHECK(document["go"] == true);
  const json& account = document["accounts"][0];
  CHECK(account["quota"] == json::parse(R"({"limit":null,"used":null,"needed":9})"));
  CHECK(account["mailboxes"][0] ==
        json::parse(R"({"name":"A","exists":false,"planned":3,"oversize":0,"skipped":0,"bytes":9,
                        "lost_flags":0,"date_corrections":0,"renamed_from":null,
                        "stored":0,"stored_bytes":0,"in_doubt":0,"refused":0})"));
  CHECK(account["mailboxes"][1]["renamed_from"] == "B/C");
  CHECK(account["server"].is_null());
  CHECK(account["time"].is_null());
  plan.quota = PlanQuota{100, 10};
  plan.server = PlanServer{"INBOX.", ".", {}};
  plan.time = PlanTime{1.5, 60, "two things"};
  CollectedText with_quota;
  REQUIRE(write_plan_report(with_quota, plan));
  const json known = json::parse(with_quota.text())["accounts"][0];
  CHECK(known["quota"]["limit"] == 100);
  CHECK(!known["quota"].contains("messages_limit"));
  plan.message_quota = PlanQuota{40, 7};
  plan.messages_needed = 3;
  CHECK(json::parse(plan_account_json(plan))["quota"] ==
        json::parse(R"({"limit":100,"used":10,"needed":9,"messages_limit":40,"messages_used":7,
                        "messages_needed":3})"));
  CHECK(known["server"] ==
        json::parse(R"({"prefix":"INBOX.","separator":".","append_limit":null})"));
  CHECK(known["time"] ==
        json::parse(R"({"least_seconds":1.5,"most_seconds":60.0,"rests_on":"two things"})"));
}

TEST_CASE("the last line of a plan is its verdict") {
  PlanFacts plan;
  plan.go = true;
  plan.reasons = {"first \x1b reason", "second"};
  CollectedText go;
  REQUIRE(write_plan_summary(go, plan));
  CHECK(go.text().ends_with("\nGO\n"));
  plan.go = false;
  CollectedText no_go;
  REQUIRE(write_plan_summary(no_go, plan));
  CHECK(no_go.text().ends_with("\nNO GO: first \\x1b reason\n"));
}

TEST_CASE("a verification sorts its rows into three lists, however many there are") {
  VerifyReport report;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    REQUIRE(report.add({"M", "f", i, 0, "missing"}));
    REQUIRE(report.add({"M", "f", i, 9, "flags"}));
  }
  REQUIRE(report.add({"M", "", 0, 77, "unexpected"}));
  CollectedText out;
  REQUIRE(report.write(out, "failed", 123));
  const json document = json::parse(out.text());
  CHECK(document["schema"] == "mboxferry.verify/1");
  CHECK(document["checked"] == 123);
  CHECK(document["missing"].size() == 5000);
  CHECK(document["different"].size() == 5000);
  CHECK(document["missing"][7] ==
        json::parse(R"({"mailbox":"M","folder":"f","offset":7,"what":"missing"})"));
  CHECK(document["unexpected"] == json::parse(R"([{"mailbox":"M","uid":77,"what":"unexpected"}])"));
}
