// SPDX-License-Identifier: Apache-2.0
// Messages whose separator is hard to see, and lines in bodies that only look like one.
#include <catch2/catch.hpp>

#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

using testing::Outcome;
using testing::split_bytes;

const std::string kMark = "\xEF\xBB\xBF";
const std::string kPatch =
    "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
    "From: Carl <carl@x>\nDate: Thu, 12 Jan 2023 09:00:00 +0100\nSubject: [PATCH] fix\n\n"
    "---\n a.c | 1 +\n\n";

std::string mail(const std::string& body, int hour = 10) {
  return "From a@x Mon Jan  1 " + std::to_string(hour) + ":00:00 2001\nFrom: a@x\nSubject: s\n\n" +
         body;
}

std::vector<std::string> bodies(const std::string& bytes, Outcome& outcome) {
  split_bytes(bytes, outcome);
  CHECK(outcome.total.sum() == bytes.size());
  std::vector<std::string> result;
  for (const auto& message : outcome.found.messages) {
    result.push_back(message.bytes.substr(message.bytes.find("\n\n") + 2));
  }
  return result;
}

using Bodies = std::vector<std::string>;

TEST_CASE("a byte order mark before a later separator belongs to the separator") {
  Outcome outcome;
  const std::string folder = kMark + mail("one\n\n") + kMark + mail("two\n\n", 11);
  CHECK(bodies(folder, outcome) == Bodies{"one\n", "two\n"});
  CHECK(outcome.found.count("bom") == 2);
  CHECK(outcome.total.junk == kMark.size());

  SECTION("a pass that is resumed there finds the same message") {
    testing::MemorySource source(folder);
    testing::MemorySource peek(folder);
    testing::Recorder again;
    const auto& first = outcome.found.messages.front();
    CHECK(split(source, peek, outcome.profile, again, Cancellation(), first.resume_at,
                first.accounting));
    REQUIRE(again.messages.size() == 1);
    CHECK(again.messages.front().offset == outcome.found.messages.back().offset);
    CHECK(again.messages.front().bytes == outcome.found.messages.back().bytes);
  }
}

TEST_CASE("a byte order mark before a From_ line without a header is body text") {
  Outcome outcome;
  CHECK(bodies(mail("one\n\n" + kMark + "From here on it is prose\n"), outcome).size() == 1);
}

TEST_CASE("a separator at the end of the line before it separates, and is a doubt") {
  const std::string end = GENERATE(as<std::string>(), "last words", "</html>", "aGk=", "-- \nAnn");
  Outcome outcome;
  CHECK(bodies(mail("one\n\n" + end) + mail("two\n"), outcome) == Bodies{"one\n\n" + end, "two\n"});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK(outcome.found.doubts[0].taken);
  CHECK(outcome.found.doubts[0].reason == "at the end of another line");
}

TEST_CASE("lines of Thunderbird and Eudora are separators at the end of a line, too") {
  const std::string line = GENERATE(as<std::string>(), "From - Thu Jan 01 10:00:01 2015\n",
                                    "From ???@??? Thu Jan 01 10:00:01 2015\n");
  Outcome outcome;
  const std::string two = "X-Mozilla-Status: 0001\nFrom: b@x\n\ntwo\n";
  CHECK(bodies(mail("one") + line + two, outcome) == Bodies{"one", "two\n"});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK(outcome.found.doubts[0].taken);
}

TEST_CASE("behind a blank or a sign of quotation it stays in the body, and is a doubt") {
  const std::string end =
      GENERATE(as<std::string>(), "class=\"x\"", "-- ", "it's'", "|", "*", "\t");
  const std::string line = GENERATE(as<std::string>(), "From b@x Mon Jan  1 11:00:00 2001\n",
                                    "From - Mon Jan  1 11:00:00 2001\n");
  Outcome outcome;
  const std::string text = "one\n\n" + end;
  const std::string two = line + "From: b@x\nTo: c@x\n\ntwo\n";
  CHECK(bodies(mail(text + two), outcome) == Bodies{text + two});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK_FALSE(outcome.found.doubts[0].taken);
  CHECK(outcome.found.doubts[0].offset == mail(text).size());
}

TEST_CASE("a separator with a date that nobody writes separates before a header, and is a doubt") {
  const std::string line =
      GENERATE(as<std::string>(), "From b@x 1420106401", "From root 1420106401",
               "From b@x Thu Jan  1 2015", "From root Thu Jan  1 2015", "From b@x 2015-01-01");
  Outcome outcome;
  const std::string folder = mail("one\n\n") + line + "\nFrom: b@x\nTo: c@x\n\ntwo\n";
  CHECK(bodies(folder, outcome) == Bodies{"one\n", "two\n"});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK(outcome.found.doubts[0].taken);
  const auto date = outcome.found.messages[1].envelope.date;
  if (line.ends_with("1420106401")) CHECK(date->unix_seconds == 1420106401);

  SECTION("not before anything else") {
    Outcome prose;
    const std::string text = "one\n\n" + line + "\nTo: be or not to be\nis the question\n";
    CHECK(bodies(mail(text), prose) == Bodies{text});
    CHECK(prose.found.doubts.empty());
  }
}

TEST_CASE("prose before a whole header stays in the body, and is a doubt") {
  const std::string line =
      GENERATE(as<std::string>(), "From the archives", "From b@x in 2015:", "From me to you");
  Outcome outcome;
  const std::string text = "one\n\n" + line + "\nFrom: b@x\nTo: c@x\n\ntwo\n";
  CHECK(bodies(mail(text), outcome) == Bodies{text});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK_FALSE(outcome.found.doubts[0].taken);
}

TEST_CASE("mail in UTF-16 behind other mail is a doubt") {
  const std::string mark = GENERATE(as<std::string>(), "\xff\xfe", "\xfe\xff");
  std::string wide = mark;
  for (const char c : mail("two\n")) {
    wide += mark.front() == '\xff' ? std::string{c, '\0'} : std::string{'\0', c};
  }
  for (const std::string& before :
       {mail("one\n\n"), mail(std::string(2'000'000, '\xff') + "\n"),
        mail(std::string(2'000'000, '\0') + "\n"), mail("one\n\n" + std::string(3, '\0'))}) {
    Outcome outcome;
    CHECK(bodies(before + wide + wide, outcome).size() == 1);
    REQUIRE(outcome.found.doubts.size() == 2);
    CHECK(outcome.found.doubts[0].offset == before.size());
    CHECK(outcome.found.doubts[1].offset == before.size() + wide.size());
  }
}

TEST_CASE("messages that all lack their last line end are found, and each is a doubt") {
  Outcome outcome;
  CHECK(bodies(mail("one") + mail("two") + mail("three"), outcome) ==
        Bodies{"one", "two", "three"});
  CHECK(outcome.found.doubts.size() == 2);
}

TEST_CASE("a From_ line within a line of prose or of a quotation does not separate") {
  const std::string text = GENERATE(
      as<std::string>(), "see From b@x Mon Jan  1 11:00:00 2001\nFrom: b@x\nTo: c@x\n",
      "\"From b@x Mon Jan  1 11:00:00 2001\nFrom: b@x\nTo: c@x\n",
      "> >From b@x Mon Jan  1 11:00:00 2001\n> >From: b@x\n> >To: c@x\n",
      "it came:From b@x Mon Jan  1 11:00:00 2001\nand so on\n",
      "it came:From b@x Mon Jan  1 11:00:00 2001\nTo: nobody\nand so on\n", "(From my phone)\n");
  Outcome outcome;
  CHECK(bodies(mail(text), outcome) == Bodies{text});
}

TEST_CASE("git's line of a patch stays in the body of other mail, and is a doubt") {
  Outcome outcome;
  const std::string text = "I applied:\n\n" + kPatch + "OK?\n";
  CHECK(bodies(mail(text + "\n") + mail("two\n"), outcome) == Bodies{text, "two\n"});
  REQUIRE(outcome.found.doubts.size() == 1);
  CHECK_FALSE(outcome.found.doubts[0].taken);
}

TEST_CASE("a folder of patches is split at git's lines, whose date is nobody's") {
  Outcome outcome;
  CHECK(bodies(kPatch + kPatch + mail("other\n"), outcome).size() == 3);
  CHECK(outcome.found.messages[0].envelope.exporter_form);
  CHECK_FALSE(outcome.found.messages[2].envelope.exporter_form);
}

TEST_CASE("a mailbox between the lines of an inclusion stays in the body") {
  const auto [begin, end] = GENERATE(table<std::string, std::string>(
      {{"----- Begin Included Message -----", "----- End Included Message -----"},
       {"---------- Begin Forwarded Message ----------", "---- End Forwarded Message ----"},
       {"-------------------- Start of forwarded message --------------------",
        "-------------------- End of forwarded message --------------------"},
       {"------- Forwarded Message", "------- End of Forwarded Message"}}));
  const std::string inner = mail("included\n\n", 11) + mail("included too\n\n", 12);

  SECTION("up to the line that ends it") {
    Outcome outcome;
    const std::string text = "see:\n\n" + begin + "\n\n" + inner + end + "\n\nbye\n";
    CHECK(bodies(mail(text + "\n") + mail("two\n"), outcome) == Bodies{text, "two\n"});
    CHECK(outcome.found.doubts.size() == 2);
  }
  SECTION("also one that holds another") {
    Outcome outcome;
    const std::string nested = begin + "\n\n" + mail(begin + "\n\n" + inner + end + "\n\n") + end;
    CHECK(bodies(mail(nested + "\n\n") + mail("two\n"), outcome) == Bodies{nested + "\n", "two\n"});
  }
  SECTION("unless it does not end") {
    Outcome outcome;
    const std::string whole = begin + "\n\n" + mail("x\n\n") + end + "\n\n";
    CHECK(bodies(mail("cut:\n\n" + begin + "\n\n") + mail(whole), outcome).size() == 2);
  }
}

}  // namespace
}  // namespace mboxferry::mbox
