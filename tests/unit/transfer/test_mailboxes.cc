// SPDX-License-Identifier: Apache-2.0
// Which mailbox a message goes into, and which messages stay out: labels, copies, what is there.
#include "unit/transfer/job_bench.h"

using namespace mboxferry;
using plan::LabelPolicy;
using test::JobBench;
using test::require_complete;

namespace {

std::string labelled(int number, const std::string& labels) {
  return fmt::format("Message-ID: <{}@x>\nX-Gmail-Labels: {}\nSubject: {}\n\nbody {}\n", number,
                     labels, number, number);
}

/// An archive whose messages have these labels, into the account's own mailboxes.
void label_archive(JobBench& bench, const std::vector<std::string>& labels) {
  bench.settings.mapping.mailbox.reset();
  bench.archive(static_cast<int>(labels.size()),
                [&](int i) { return labelled(i, labels[static_cast<std::size_t>(i)]); });
}

/// The numbers of the messages in a mailbox, in the server's order.
std::vector<int> numbers(const JobBench& bench, const std::string& mailbox) {
  std::vector<int> found;
  const auto box = bench.server.mailboxes.find(mailbox);
  if (box == bench.server.mailboxes.end()) return found;
  for (const test::StoredMail& mail : box->second.mails)
    found.push_back(std::stoi(mail.bytes.substr(mail.bytes.find("body ") + 5)));
  return found;
}

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("the first label names the mailbox, the others become keywords") {
  JobBench bench;
  label_archive(bench, {"Inbox,Unread,Work", "Work,Opened,Private", "Work/Old", "Opened,Archived"});
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0});
  CHECK(numbers(bench, "Work") == Numbers{1});
  CHECK(numbers(bench, "Work/Old") == Numbers{2});
  CHECK(numbers(bench, "Archive") == Numbers{3});
  CHECK(bench.server.mailboxes.at("INBOX").mails[0].told.keywords ==
        std::vector<std::string>{"Work"});
  CHECK(bench.server.mailboxes.at("Work").mails[0].told.keywords ==
        std::vector<std::string>{"Private"});
  // No message stays in the archive's own folder, so it is not made.
  CHECK_FALSE(bench.server.mailboxes.contains("mail"));
}

TEST_CASE("with all labels a message goes into each of its mailboxes once") {
  JobBench bench;
  bench.settings.labels = LabelPolicy::all;
  label_archive(bench, {"Inbox,Work", "Work", "Inbox"});
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0, 2});
  CHECK(numbers(bench, "Work") == Numbers{0, 1});
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0, 2});
}

TEST_CASE("without labels everything goes where its folder goes") {
  JobBench bench;
  bench.settings.labels = LabelPolicy::none;
  label_archive(bench, {"Inbox,Work", "Work"});
  require_complete(bench.run());
  CHECK(numbers(bench, "mail") == Numbers{0, 1});
}

TEST_CASE("a mailbox that the user names takes everything unless labels are asked for") {
  JobBench bench;
  label_archive(bench, {"Inbox,Work", "Private"});
  bench.settings.mapping.mailbox = "INBOX";
  SECTION("labels are not mentioned") {
    require_complete(bench.run());
    CHECK(numbers(bench, "INBOX") == Numbers{0, 1});
  }
  SECTION("labels are asked for") {
    bench.settings.mapping.mailbox = "Old";
    bench.settings.labels = LabelPolicy::first;
    require_complete(bench.run());
    CHECK(numbers(bench, "Old/Private") == Numbers{1});
  }
}

TEST_CASE("a lost reply in a label's mailbox makes no duplicate in any") {
  JobBench bench;
  label_archive(bench, {"Inbox", "Work", "Inbox", "Work", "Work", "Inbox", "Work", "Inbox"});
  bench.settings.batch.messages = 2;
  bench.server.lose_reply = {1, 4};
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0, 2, 5, 7});
  CHECK(numbers(bench, "Work") == Numbers{1, 3, 4, 6});
}

TEST_CASE("labels that would share a mailbox by accident stop the job before anything is made") {
  JobBench bench;
  label_archive(bench, {"Inbox", "A%B", "A*B"});
  const auto result = bench.run();
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::configuration);
  CHECK(result.error->what.find("A%B") != std::string::npos);
  CHECK(bench.server.mailboxes.size() == 1);
  CHECK(bench.server.appends == 0);
  SECTION("the next run finds it again") {
    CHECK(bench.run().error->code == ErrorCode::configuration);
    CHECK(bench.server.appends == 0);
  }
}

TEST_CASE("a label that no keyword can spell is counted as lost") {
  JobBench bench;
  label_archive(bench, {"Inbox,Stra\xc3\x9f"
                        "e"});
  require_complete(bench.run());
  CHECK(bench.server.mailboxes.at("INBOX").mails[0].told.keywords.empty());
  const auto journal =
      journal::Journal::open(bench.settings.journal_path, journal::OpenMode::read_only);
  REQUIRE(journal);
  const auto mailboxes = (*journal)->mailboxes();
  CHECK((*journal)->note(journal::lost_flags_note(mailboxes->front().id))->value() == "1");
}

TEST_CASE("dedupe sends one of several copies and says which") {
  JobBench bench;
  bench.settings.dedupe = journal::Dedupe::content;
  bench.archive(4, [](int i) { return fmt::format("Subject: x\n\nbody {}\n", i % 2); });
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0, 1});
  const auto told = std::find_if(
      bench.observer.notices.begin(), bench.observer.notices.end(),
      [](const std::string& line) { return line.starts_with("duplicate: mail, message at byte"); });
  CHECK(told != bench.observer.notices.end());
}

TEST_CASE("what the mailbox held before is skipped, and copies of it in the archive are not") {
  JobBench bench;
  bench.plain_archive(6);
  require_complete(bench.run());
  // A second job with the same mail and two copies of one message.
  bench.settings.journal_path += "-second";
  bench.settings.skip_existing = true;
  bench.append_to_archive(
      "From a@b Thu Nov 10 10:03:00 2011\nMessage-ID: <3@x>\nSubject: 3\n\nbody 3\n\n"
      "From a@b Thu Nov 10 10:30:00 2011\nMessage-ID: <30@x>\nSubject: 30\n\nbody 30\n\n");
  SECTION("in one go") {}
  SECTION("with a lost reply") { bench.server.lose_reply = {bench.server.appends + 1}; }
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX") == Numbers{0, 1, 2, 3, 4, 5, 3, 30});
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX").size() == 8);
}

TEST_CASE("folders are chosen and moved by the user's rules") {
  JobBench bench;
  bench.plain_archive(2);
  bench.settings.mapping.mailbox.reset();
  SECTION("a map rule") {
    bench.settings.mapping.maps = {{"mail", "Kept/Mail"}};
    require_complete(bench.run());
    CHECK(numbers(bench, "Kept/Mail") == Numbers{0, 1});
  }
  SECTION("a subfolder") {
    bench.settings.mapping.subfolder = "Old";
    require_complete(bench.run());
    CHECK(numbers(bench, "Old/mail") == Numbers{0, 1});
  }
  SECTION("an exclude that leaves nothing") {
    bench.settings.exclude = {"ma*"};
    CHECK(bench.run().error->code == ErrorCode::not_mail);
  }
}

TEST_CASE("a message whose keywords are refused arrives without them, and the loss is counted") {
  JobBench bench;
  bench.archive(6, [](int i) {
    return fmt::format("Message-ID: <{}@x>\nX-Keywords: {}\n\nbody {}\n", i,
                       i == 3 ? "odd" : "kept", i);
  });
  bench.server.refuse_head = [](const imap::AppendMessage& told) {
    return std::find(told.keywords.begin(), told.keywords.end(), "odd") != told.keywords.end();
  };
  require_complete(bench.run());
  CHECK(numbers(bench, "INBOX").size() == 6);
  for (const test::StoredMail& mail : bench.server.mailboxes.at("INBOX").mails) {
    const bool odd = mail.bytes.find("body 3") != std::string::npos;
    CHECK(mail.told.keywords.size() == (odd ? 0 : 1));
  }
  const auto journal =
      journal::Journal::open(bench.settings.journal_path, journal::OpenMode::read_only);
  REQUIRE(journal);
  CHECK((*journal)->note(journal::lost_flags_note(1))->value() == "1");
}
