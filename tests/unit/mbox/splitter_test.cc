// SPDX-License-Identifier: Apache-2.0
// What separates messages, what does not, and where each byte goes.
#include <catch2/catch.hpp>

#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

using testing::Outcome;
using testing::split_bytes;

const std::string kOne = "From a@x Mon Jan  1 10:00:00 2001\n";
const std::string kTwo = "From b@x Mon Jan  1 11:30:00 2001\n";
const std::string kHeader = "From: a@x\nSubject: s\n\n";

std::vector<std::string> texts(const Outcome& outcome) {
  std::vector<std::string> result;
  for (const auto& message : outcome.found.messages) result.push_back(message.bytes);
  return result;
}

Outcome& run(const std::string& bytes, Outcome& outcome, Dialect requested = Dialect::automatic) {
  split_bytes(bytes, outcome, requested);
  CHECK(outcome.total.sum() == bytes.size());
  std::uint64_t end = 0;
  for (const auto& message : outcome.found.messages) {
    CHECK(message.offset >= end);
    CHECK(message.length == message.bytes.size());
    CHECK(bytes.compare(message.offset, message.length, message.bytes) == 0);
    end = message.offset + message.length;
    CHECK(message.resume_at >= end);
    CHECK(message.accounting.sum() == message.resume_at);
  }
  return outcome;
}

std::string with_line_ends(std::string text, const std::string& line_end) {
  std::string result;
  for (const char c : text) result += c == '\n' ? line_end : std::string(1, c);
  return result;
}

TEST_CASE("the empty line before a separator and at the end is no part of a message") {
  const std::string line_end = GENERATE(as<std::string>(), "\n", "\r\n", "\r");
  Outcome outcome;
  const auto form = [&](const std::string& text) { return with_line_ends(text, line_end); };
  run(form(kOne + kHeader + "one\n\n\n" + kTwo + kHeader + "two\n\n"), outcome);
  CHECK(texts(outcome) ==
        std::vector<std::string>{form(kHeader + "one\n\n"), form(kHeader + "two\n")});
  CHECK(outcome.found.doubts.empty());
  CHECK(outcome.found.problems.empty());
  CHECK(outcome.total.separator == form(kOne + kTwo + "\n\n").size());
}

TEST_CASE("LF and CRLF may be mixed in one folder") {
  Outcome outcome;
  run(kOne + kHeader + "one\n\r\n" + with_line_ends(kTwo + kHeader + "two\n", "\r\n") + "\n",
      outcome);
  CHECK(outcome.found.messages.size() == 2);
  CHECK(outcome.profile.line_ends == LineEnds::mixed);
  CHECK(outcome.found.messages[0].bytes == kHeader + "one\n");
}

TEST_CASE("the empty line that ends a header stays, with or without something behind it") {
  Outcome outcome;
  run(kOne + kHeader + kTwo + kHeader, outcome);
  CHECK(texts(outcome) == std::vector<std::string>{kHeader, kHeader});
}

TEST_CASE("an empty file and a file that is no mail give no message, and every byte is junk") {
  Outcome empty;
  run("", empty);
  CHECK(empty.profile.empty);
  CHECK(empty.found.messages.empty());
  Outcome other;
  run("\x89PNG\r\n\x1a\n" + std::string(5000, '\0') + "From here on\nit is noise\n", other);
  CHECK_FALSE(other.profile.has_separator);
  CHECK(other.found.messages.empty());
  CHECK(other.found.count("junk") == 1);
  CHECK(other.total.junk == other.total.sum());
}

TEST_CASE("a byte order mark and what stands before the first separator is junk with its offset") {
  Outcome mark;
  run("\xEF\xBB\xBF" + kOne + kHeader + "one\n", mark);
  CHECK(mark.found.messages.size() == 1);
  CHECK(mark.found.count("bom") == 1);
  CHECK(mark.total.junk == 3);
  Outcome junk;
  run("some\ntext\n\n" + kOne + kHeader + "one\n", junk);
  CHECK(junk.found.messages.size() == 1);
  REQUIRE(junk.found.count("junk") == 1);
  CHECK(junk.found.problems[0].offset == 0);
  CHECK(junk.total.junk == 10);
}

TEST_CASE("a message that was cut off ends with the file") {
  Outcome outcome;
  run(kOne + kHeader + "one\n\n" + kTwo + "Subject: cut", outcome);
  CHECK(texts(outcome) == std::vector<std::string>{kHeader + "one\n", "Subject: cut"});
  CHECK(outcome.found.count("no-final-newline") == 1);
}

TEST_CASE("empty messages in a row are messages") {
  Outcome bare;
  run("From \nFrom \nFrom ", bare);
  CHECK(texts(bare) == std::vector<std::string>{"", "", ""});
  Outcome dated;
  run(kOne + "\n" + kTwo + "\n" + kOne + "\n", dated);
  CHECK(texts(dated) == std::vector<std::string>{"", "", ""});
}

TEST_CASE("a line that looks alike stays in the body when no header follows, and is listed") {
  Outcome outcome;
  const std::string body = "text\n\nFrom c@x Mon Jan  1 10:00:00 2001\nand so on\n";
  run(kOne + kHeader + body + "\n" + kTwo + kHeader + "two\n", outcome);
  CHECK(texts(outcome) == std::vector<std::string>{kHeader + body, kHeader + "two\n"});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK_FALSE(outcome.found.doubts[0].taken);
  CHECK(outcome.found.doubts[0].offset == kOne.size() + kHeader.size() + 6);
}

TEST_CASE("prose that begins with From is neither a separator nor a doubt") {
  Outcome outcome;
  run(kOne + kHeader + "text\n\nFrom the beginning\nSubject: none\n", outcome);
  CHECK(outcome.found.messages.size() == 1);
  CHECK(outcome.found.doubts.empty());
}

TEST_CASE("a good From_ line without an empty line before it separates, and is listed") {
  Outcome outcome;
  run(kOne + kHeader + "one\n\n" + kTwo + kHeader + "two\n" + kOne + kHeader + "three\n\n" + kTwo +
          kHeader + "four\n",
      outcome);
  CHECK(outcome.found.messages.size() == 4);
  CHECK(outcome.profile.blank_line_before);
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK(outcome.found.doubts[0].taken);
  CHECK(outcome.found.count("missing-blank-line") == 1);
}

TEST_CASE("a writer that leaves out the empty lines is recognised and not reported line by line") {
  Outcome outcome;
  run(kOne + kHeader + "one\n" + kTwo + kHeader + "two\n" + kOne + kHeader + "three\n", outcome);
  CHECK(outcome.found.messages.size() == 3);
  CHECK_FALSE(outcome.profile.blank_line_before);
  CHECK(outcome.found.doubts.empty());
  CHECK(outcome.found.count("missing-blank-line") == 0);
}

TEST_CASE("a Content-Length that lands keeps a whole message in a body together") {
  const std::string inner = "see\n\n" + kTwo + kHeader + "inner\n";
  const std::string header = "Subject: s\nContent-Length: " + std::to_string(inner.size()) + "\n\n";
  Outcome outcome;
  run(kOne + header + inner + "\n" + kTwo + kHeader + "two\n", outcome);
  CHECK(texts(outcome) == std::vector<std::string>{header + inner, kHeader + "two\n"});
  CHECK(outcome.profile.dialect == Dialect::mboxcl2);
  CHECK_FALSE(outcome.profile.unquote);
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK_FALSE(outcome.found.doubts[0].taken);
}

TEST_CASE(
    "a Content-Length behind the end of a folder whose others are right tells what is missing") {
  const auto counted = [](const std::string& line, const std::string& body, std::size_t length) {
    return line + "Subject: s\nContent-Length: " + std::to_string(length) + "\n\n" + body;
  };
  const std::string first = counted(kOne, "one\n", 4) + "\n" + counted(kTwo, "two\n", 4) + "\n";
  Outcome cut;
  const std::string bytes = first + counted(kOne, "thr", 400);
  run(bytes, cut);
  CHECK(cut.found.count("missing-end") == 1);
  const auto problem = std::find_if(cut.found.problems.begin(), cut.found.problems.end(),
                                    [](const auto& one) { return one.code == "missing-end"; });
  CHECK(problem->offset == bytes.size());
  CHECK(problem->unread == 397);

  // A line end that is not there is no mail; a field that is alone, or wrong elsewhere, proves
  // nothing.
  Outcome whole;
  run(first + counted(kOne, "three", 6), whole);
  CHECK(whole.found.count("missing-end") == 0);
  Outcome alone;
  run(counted(kOne, "thr", 400), alone);
  CHECK(alone.found.count("missing-end") == 0);
  Outcome wrong;
  run(counted(kOne, "one\n", 9) + "\n" + counted(kTwo, "two\n", 7) + "\n" +
          counted(kOne, "thr", 400),
      wrong);
  CHECK(wrong.found.count("missing-end") == 0);
}

TEST_CASE("a Content-Length that lies is ignored and reported") {
  const std::string length = GENERATE(as<std::string>(), "0", "7", "1000000",
                                      "18446744073709551615", "99999999999999999999");
  Outcome outcome;
  const std::string good = "Content-Length: 4\n\none\n";
  run(kOne + good + "\n" + kTwo + "Content-Length: " + length + "\n\ntwo\n\n" + kOne + kHeader +
          "three\n",
      outcome);
  CHECK(outcome.found.messages.size() == 3);
  CHECK(outcome.found.count("content-length-lies") ==
        (length.size() == 20 && length[0] == '9' ? 0U : 1U));
}

TEST_CASE("a mailbox attached to a multipart message does not split it") {
  const std::string message =
      "Subject: s\nContent-Type: multipart/mixed; boundary=\"=-=-=\"\n\n--=-=-=\n"
      "Content-Type: text/plain\nContent-Disposition: inline\n\n" +
      kTwo + kHeader + "inner\n\n" + kTwo + kHeader + "inner\n\n--=-=-=--\n";
  Outcome outcome;
  run(kOne + message + "\n" + kTwo + kHeader + "two\n", outcome);
  CHECK(texts(outcome) == std::vector<std::string>{message, kHeader + "two\n"});
  CHECK(outcome.found.doubts.size() == 2);
}

TEST_CASE("a multipart that was cut off does not swallow the next message with its boundary") {
  const std::string part =
      "Subject: s\nContent-Type: multipart/mixed; boundary=\"=-=-=\"\n\n--=-=-=\n"
      "Content-Type: text/plain\n";
  Outcome outcome;
  run(kOne + part + "\n" + kTwo + part + "\ntwo\n--=-=-=--\n", outcome);
  CHECK(outcome.found.messages.size() == 2);
}

TEST_CASE("quotes taken off are counted, in bodies only") {
  Outcome outcome;
  const std::string header = "Subject: s\n>From b@x Mon Jan  1 10:00:00 2001\nTo: b@x\n\n";
  run(kOne + header + ">From here\n>>>From there\n>Fromage\n >From\ntext >From x\n", outcome);
  CHECK(outcome.profile.unquote);
  CHECK(outcome.profile.dialect == Dialect::mboxrd);
  CHECK(outcome.total.quoting == 2);
  Outcome kept;
  run(kOne + header + ">From here\n", kept, Dialect::unquoted);
  CHECK(kept.total.quoting == 0);
}

TEST_CASE("a quoted From_ line right behind the separator is stripped and counted") {
  const std::string stray = ">From - Mon Jan  1 10:00:00 2001\n";
  Outcome outcome;
  run(kOne + stray + kHeader + "one\n", outcome);
  CHECK(texts(outcome) == std::vector<std::string>{kHeader + "one\n"});
  CHECK(outcome.total.quoting == stray.size());
  CHECK(outcome.found.count("stray-quoted-from") == 1);
}

TEST_CASE("unquoted From lines tell a writer that does not quote") {
  Outcome outcome;
  run(kOne + kHeader + ">From here\nFrom there\n", outcome);
  CHECK(outcome.profile.dialect == Dialect::unquoted);
  CHECK_FALSE(outcome.profile.unquote);
}

TEST_CASE("a writer that quotes only what looks like a separator does quote") {
  Outcome outcome;
  run(kOne + kHeader + "From there\n>" + kTwo + "\n", outcome);
  CHECK(outcome.profile.dialect == Dialect::mboxo);
  CHECK(outcome.profile.unquote);
}

TEST_CASE("what the user says overrules what the bytes suggest") {
  Outcome outcome;
  run(kOne + kHeader + ">From here\nFrom there\n", outcome, Dialect::mboxrd);
  CHECK(outcome.profile.dialect == Dialect::mboxrd);
  CHECK(outcome.profile.unquote);
}

TEST_CASE("From_ dates within one minute are the exporter's clock") {
  Outcome same;
  run(kOne + kHeader + "one\n\n" + kOne + kHeader + "two\n", same);
  CHECK(same.profile.exporter_clock);
  Outcome different;
  run(kOne + kHeader + "one\n\n" + kTwo + kHeader + "two\n", different);
  CHECK_FALSE(different.profile.exporter_clock);
}

TEST_CASE("a request to stop ends the pass with interrupted") {
  testing::MemorySource source(kOne + kHeader);
  Cancellation cancel;
  cancel.request();
  testing::Recorder sink;
  const auto result = split(source, source, FolderProfile{}, sink, cancel);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::interrupted);
}

}  // namespace
}  // namespace mboxferry::mbox
