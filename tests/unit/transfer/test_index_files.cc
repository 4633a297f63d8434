// SPDX-License-Identifier: Apache-2.0
// Folders with a file for each message.
#include <catch2/catch.hpp>

#include "index_support.h"

namespace mboxferry::test {
namespace {

using transfer::FolderSurvey;
using transfer::IndexOptions;

/// Files one behind the other, as a folder of the archive module gives them.
struct Maildir {
  std::string bytes;
  std::vector<archive::MessageFile> files;

  archive::MessageFile& add(const std::string& text) {
    files.push_back({});
    files.back().offset = bytes.size();
    files.back().length = text.size();
    files.back().name = "cur/" + std::to_string(files.size());
    bytes += text;
    return files.back();
  }
  archive::MessageFile& add(const std::string& text, const std::string& flags) {
    archive::MessageFile& file = add(text);
    file.has_flags = true;
    file.flags = flags;
    return file;
  }
};

IndexOptions now_is_2020() {
  IndexOptions options;
  options.now = 1'577'836'800;
  return options;
}

FolderSurvey survey(const Maildir& maildir) {
  MemorySource source(maildir.bytes);
  FakeFiles files(maildir.files);
  return transfer::survey_files(source, files).value();
}

std::vector<Indexed> index(const Maildir& maildir, const IndexOptions& options = now_is_2020()) {
  MemorySource source(maildir.bytes);
  FakeFiles files(maildir.files);
  IndexRecorder recorder;
  const Cancellation never;
  const auto total =
      transfer::index_files(source, files, survey(maildir), options, recorder, never);
  REQUIRE(total);
  CHECK(total->message == maildir.bytes.size());
  CHECK(total->sum() == maildir.bytes.size());
  return recorder.messages;
}

TEST_CASE("each file is one message, and nothing in it separates") {
  Maildir maildir;
  maildir.add("Subject: a\n\nFrom me\n\nFrom a@b Thu Jan  1 08:00:00 2015\nSubject: x\n\n>From y\n",
              "");
  maildir.add("");
  maildir.add("Subject: b\r\n\r\nno line end", "");
  const auto messages = index(maildir);
  REQUIRE(messages.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(messages[i].message.offset == maildir.files[i].offset);
    CHECK(messages[i].message.length == maildir.files[i].length);
    CHECK(messages[i].message.file == maildir.files[i].name);
    CHECK(messages[i].resume_at == maildir.files[i].offset + maildir.files[i].length);
    CHECK(messages[i].accounting.message == messages[i].resume_at);
  }
  CHECK(messages[0].message.wire_size == maildir.files[0].length + 8);
  CHECK(messages[1].message.wire_size == 0);
  CHECK(messages[2].message.wire_size == maildir.files[2].length + 2);
  CHECK(messages[2].message.final_line_end_added);
}

TEST_CASE("a file's name overrules status fields") {
  Maildir maildir;
  maildir.add("Status: O\nX-Status: A\nX-Keywords: old\nX-Mozilla-Status: 0008\n\nx\n", "FS");
  maildir.add("Status: RO\n\nx\n", "").keywords = {"work"};
  maildir.add("Subject: x\n\nx\n", "DPRT").keywords = {"work"};
  const auto messages = index(maildir);
  CHECK(messages[0].message.flags == (message::kSeen | message::kFlagged));
  CHECK(messages[0].message.keywords.empty());
  CHECK_FALSE(messages[0].message.expunged);
  CHECK(messages[1].message.flags == 0);
  CHECK(messages[1].message.keywords == std::vector<std::string>{"work"});
  CHECK(messages[2].message.flags == (message::kAnswered | message::kDraft));
  CHECK(messages[2].message.keywords == std::vector<std::string>{"work", "$Forwarded"});

  IndexOptions with_deleted = now_is_2020();
  with_deleted.keep_deleted_flag = true;
  CHECK((index(maildir, with_deleted)[2].message.flags & message::kDeleted) != 0);
}

TEST_CASE("files that say no flags are read as in an mbox") {
  Maildir plain;
  plain.add("Subject: x\n\nx\n");
  CHECK_FALSE(survey(plain).has_status);
  CHECK(index(plain)[0].message.flags == message::kSeen);

  Maildir with_status;
  with_status.add("Status: O\n\nx\n");
  with_status.add("Status: RO\nX-Mozilla-Status: 0009\n\nx\n");
  CHECK(survey(with_status).has_status);
  const auto messages = index(with_status);
  CHECK(messages[0].message.flags == 0);
  CHECK(messages[1].message.expunged);
}

TEST_CASE("a file's date comes after Received and Date") {
  const Timestamp file_date{1'500'000'000, 0};
  Maildir maildir;
  maildir.add("Date: Thu, 1 Jan 2015 08:00:00 +0100\n\nx\n", "S").date = file_date;
  maildir.add("Subject: x\n\nx\n", "S").date = file_date;
  const auto messages = index(maildir);
  CHECK(messages[0].message.date.source == message::DateSource::header);
  CHECK(messages[1].message.date.source == message::DateSource::envelope);
  CHECK(messages[1].message.date.time.unix_seconds == file_date.unix_seconds);
}

TEST_CASE("the survey of files tells flags, labels and line ends") {
  CHECK(survey({}).profile.empty);
  CHECK(survey({}).profile.has_separator);

  Maildir maildir;
  maildir.add("X-Gmail-Labels: Work\n\nx\n");
  CHECK(survey(maildir).has_labels);
  CHECK(survey(maildir).profile.line_ends == mbox::LineEnds::mixed);
  CHECK_FALSE(survey(maildir).profile.empty);
  maildir.add("Subject: x\n\nx\n", "");
  CHECK(survey(maildir).has_status);

  Maildir by_cr;
  by_cr.add("Subject: x\r\rone\rtwo\r");
  CHECK(survey(by_cr).profile.line_ends == mbox::LineEnds::cr);
  by_cr.add("Subject: x\n\nx\n");
  CHECK(survey(by_cr).profile.line_ends == mbox::LineEnds::mixed);
}

TEST_CASE("a file that became shorter is an error that names the archive") {
  Maildir maildir;
  maildir.add("Subject: x\n\nx\n", "").length += 1;
  MemorySource source(maildir.bytes);
  FakeFiles files(maildir.files);
  IndexRecorder recorder;
  const Cancellation never;
  const auto total =
      transfer::index_files(source, files, FolderSurvey{}, IndexOptions{}, recorder, never);
  REQUIRE_FALSE(total);
  CHECK(total.error().code == ErrorCode::archive_changed);
  CHECK(total.error().what.find("memory") != std::string::npos);
  CHECK(recorder.messages.empty());
}

TEST_CASE("an index of files that goes on counts from where it was") {
  Maildir maildir;
  maildir.add("Subject: a\n\nx\n", "");
  maildir.add("Subject: b\n\nx\n", "");
  const auto whole = index(maildir);
  MemorySource source(maildir.bytes);
  FakeFiles files({maildir.files[1]});
  IndexRecorder recorder;
  const Cancellation never;
  REQUIRE(transfer::index_files(source, files, survey(maildir), now_is_2020(), recorder, never,
                                whole[0].accounting));
  REQUIRE(recorder.messages.size() == 1);
  CHECK(recorder.messages[0].accounting == whole[1].accounting);
  CHECK(recorder.messages[0].message.sha256 == whole[1].message.sha256);
}

}  // namespace
}  // namespace mboxferry::test
