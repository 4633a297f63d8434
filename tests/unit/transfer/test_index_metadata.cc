// SPDX-License-Identifier: Apache-2.0
// Flags and dates of the messages of one folder, as survey and index pass find them together.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/transfer/indexer.h"
#include "unit/mbox/support.h"

namespace mboxferry::transfer {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

class Collector final : public IndexSink {
 public:
  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    messages.push_back(message);
    return ok();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  std::vector<IndexedMessage> messages;
};

std::vector<IndexedMessage> index(const std::string& folder, IndexOptions options = {}) {
  options.now = kNow;
  mbox::testing::MemorySource source(folder);
  mbox::testing::MemorySource peek(folder);
  const auto survey = survey_folder(source, options);
  REQUIRE(survey);
  Collector collector;
  const Cancellation never;
  REQUIRE(index_folder(source, peek, *survey, options, collector, never));
  return collector.messages;
}

std::string message(const std::string& fields,
                    const std::string& date = "Sat Jan  3 01:05:34 1996") {
  return "From joe@example.org " + date + "\nSubject: x\n" + fields + "\ntext\n\n";
}

TEST_CASE("a folder without any status counts as read, or as the user says") {
  const std::string folder = message("") + message("X-Label: a\n") + message("Status: 5.1.1\n");
  for (const auto& each : index(folder)) CHECK(each.flags == message::kSeen);
  IndexOptions options;
  options.default_flags = message::kFlagged;
  for (const auto& each : index(folder, options)) CHECK(each.flags == message::kFlagged);
}

TEST_CASE("where some messages have a status, those without one are unread") {
  const auto messages =
      index(message("") + message("Status: RO\n") + message("") + message("X-Status: F\n"));
  REQUIRE(messages.size() == 4);
  CHECK(messages[0].flags == 0);
  CHECK(messages[1].flags == message::kSeen);
  CHECK(messages[2].flags == 0);
  CHECK(messages[3].flags == message::kFlagged);
}

TEST_CASE("the status of a mail program's own message is not the folder's") {
  const auto messages = index(
      "From MAILER-DAEMON Sat Jan  3 01:05:34 1996\nFrom: Mail System Internal Data <x@y>\n"
      "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\nStatus: RO\n\n"
      "text\n\n" +
      message(""));
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].pseudo);
  CHECK(messages[1].flags == message::kSeen);
}

TEST_CASE("\\Deleted is set on request only") {
  const std::string folder = message("X-Status: AD\n");
  CHECK(index(folder)[0].flags == message::kAnswered);
  IndexOptions options;
  options.keep_deleted_flag = true;
  CHECK(index(folder, options)[0].flags == (message::kAnswered | message::kDeleted));
}

TEST_CASE("an expunged message is left out, or kept on request") {
  const std::string folder = message("X-Mozilla-Status: 0009\n");
  CHECK(index(folder)[0].expunged);
  IndexOptions options;
  options.include_expunged = true;
  CHECK_FALSE(index(folder, options)[0].expunged);
  CHECK(index(folder, options)[0].flags == message::kSeen);
}

TEST_CASE("a From_ date in another language is the message's date") {
  const auto messages =
      index(message("Date: Tue, 4 Mar 2008 10:00:00 +0100\n", "lun. 3 mars 2008, 09:15:02") +
            message("Date: Tue, 4 Mar 2008 10:00:00 +0100\n", "lun. 3 mars 2008, 9:16:02"));
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].date.source == message::DateSource::envelope);
  CHECK(to_rfc3339(messages[0].date.time) == "2008-03-03T09:15:02+00:00");
  CHECK(messages[1].date.source == message::DateSource::envelope);
  CHECK(to_rfc3339(messages[1].date.time) == "2008-03-03T09:16:02+00:00");
}

TEST_CASE("a date out of range gives way to the next source, zone included, and is told") {
  const auto messages = index(
      message("Received: by x; Mon, 3 Mar 2008 09:15:02 -0330\n", "Sat Jan  3 01:05:34 2065") +
      message("Date: Thu, 1 Jan 1903 00:00:00 +0000\n", "Sat Jan  3 01:05:34 1903") +
      message("", "Sat Jan  3 01:05:34 1996"));
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].date.time.zone_minutes == -210);
  CHECK(describe(messages[0].date) ==
        "from 2065-01-03T01:05:34+00:00 is ahead of now; used: received "
        "2008-03-03T09:15:02-03:30");
  CHECK(messages[1].date.source == message::DateSource::none);
  CHECK(messages[1].date.passed_over.size() == 2);
  CHECK_FALSE(messages[2].date.to_be_listed());
}

}  // namespace
}  // namespace mboxferry::transfer
