// SPDX-License-Identifier: Apache-2.0
// From_ lines in all the forms that mail programs write, and prose that only begins like one.
#include "mboxferry/mbox/envelope.h"

#include <catch2/catch.hpp>
#include <string>

#include "mbox/from_line.h"

namespace mboxferry::mbox {
namespace {

struct Form {
  const char* line;
  const char* sender;
  const char* time;
};

TEST_CASE("a From_ line with a date gives sender, time and zone") {
  const Form form = GENERATE(values<Form>({
      {"From joe@example.org Sat Jan  3 01:05:34 1996", "joe@example.org",
       "1996-01-03T01:05:34+00:00"},
      {"From joe@example.org  Sat Jan 13 01:05:34 1996\r", "joe@example.org",
       "1996-01-13T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05 1996", "joe", "1996-01-03T01:05:00+00:00"},
      {"From joe Sat Jan  3 01:05:34 96", "joe", "1996-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05:34 04", "joe", "2004-01-03T01:05:34+00:00"},
      {"From joe Sat Sep  1 20:58 EDT 2001", "joe", "2001-09-01T20:58:00-04:00"},
      {"From joe Sat Sep  1 20:58:01 2001 -0400", "joe", "2001-09-01T20:58:01-04:00"},
      {"From joe Sat Sep  1 20:58:01 +0530 2001", "joe", "2001-09-01T20:58:01+05:30"},
      {"From joe Thu Jul 16 03:13:49 1998 MET DST", "joe", "1998-07-16T03:13:49+02:00"},
      {"From joe Thu Jul 16 03:13:49 1998 WETDST", "joe", "1998-07-16T03:13:49+01:00"},
      {"From joe Fri Jan  2 10:13:52 UTC 1970 +0000", "joe", "1970-01-02T10:13:52+00:00"},
      {"From joe Mon Jan  1 10:00:00 2001 -0500 (EST)", "joe", "2001-01-01T10:00:00-05:00"},
      {"From joe Mon Jan  1 10:00:00 2001 remote from uunet", "joe", "2001-01-01T10:00:00+00:00"},
      {"From joe Sun, 11 Nov 2007 06:58:35 +0200", "joe", "2007-11-11T06:58:35+02:00"},
      {"From joe 11-Nov-2007 06:58:35 +0200", "joe", "2007-11-11T06:58:35+02:00"},
      {"From joe@x 2007-11-11T06:58:35Z", "joe@x", "2007-11-11T06:58:35+00:00"},
      {"From joe@x 2007-11-11 06:58:35 +01:00", "joe@x", "2007-11-11T06:58:35+01:00"},
      {"From joe at example.com  Fri Nov  2 08:00:00 2001", "joe at example.com",
       "2001-11-02T08:00:00+00:00"},
      {"From \"joe doe\"@x Fri Nov  2 08:00:00 2001", "\"joe doe\"@x", "2001-11-02T08:00:00+00:00"},
      {"From 1844347792267117879@xxx Fri Nov 02 08:00:00 +0000 2001", "1844347792267117879@xxx",
       "2001-11-02T08:00:00+00:00"},
      {"From  Fri Jan  2 10:14 1970 +0000", "", "1970-01-02T10:14:00+00:00"},
      {"From joe Sat Jan  3 01:05:34 1970", "joe", "1970-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05:34 69", "joe", "2069-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05:34 70", "joe", "1970-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05:34 104", "joe", "2004-01-03T01:05:34+00:00"},
      {"From joe Sat, Jan  3, 2004, 01:05:34", "joe", "2004-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 2004 01:05:34 -0800", "joe", "2004-01-03T01:05:34-08:00"},
      {"From joe Sat Jan  3 1:05:34 PM 2004", "joe", "2004-01-03T13:05:34+00:00"},
      {"From joe Sat Jan  3 12:05:34 am CET 2004", "joe", "2004-01-03T00:05:34+01:00"},
      {"From joe Sat Jan  3 2004 11:05 p.m.", "joe", "2004-01-03T23:05:00+00:00"},
      {"From joe 03.01.2004 01:05:34", "joe", "2004-01-03T01:05:34+00:00"},
      {"From joe 2004/01/03 01:05:34", "joe", "2004-01-03T01:05:34+00:00"},
      {"From joe Sat Jan  3 01:05:34 MESZ 2004", "joe", "2004-01-03T01:05:34+02:00"},
      {"From joe Sat Jan  3 01:05:34 UTC+0100 2004", "joe", "2004-01-03T01:05:34+01:00"},
      {"From joe Sat Jan  3 01:05:34 2004 remote from uunet", "joe", "2004-01-03T01:05:34+00:00"},
  }));
  const auto envelope = parse_envelope(form.line);
  INFO(form.line);
  REQUIRE(envelope);
  CHECK(envelope->sender == form.sender);
  REQUIRE(envelope->date);
  CHECK(to_rfc3339(*envelope->date) == form.time);
  CHECK_FALSE(envelope->exporter_form);
}

TEST_CASE("forms without a date are plausible and have none") {
  const std::string line = GENERATE(as<std::string>(), "From ", "From 1844347792267117879@xxx",
                                    "From MAILER-DAEMON", "From joe@x 3/4/2008 9:15:02");
  const auto envelope = parse_envelope(line);
  INFO(line);
  REQUIRE(envelope);
  CHECK_FALSE(envelope->date);
}

TEST_CASE("a date in another language is a date") {
  const std::string date = GENERATE(
      as<std::string>(), "Mo Mär  3 09:15:02 2008", "Mo M\xe4r  3 09:15:02 2008",
      "Mo Mrz 03 09:15:02 2008", "Mo, 3. März 2008 09:15:02", "lun. mars  3 09:15:02 2008",
      "lun. 3 mars 2008, 09:15:02", "lundi 3 mars 2008 09:15:02", "lun mar  3 09:15:02 2008",
      "lunedì 3 marzo 2008 09:15:02", "ma mrt  3 09:15:02 2008", "ma 3 maart 2008 09:15:02",
      "seg mar  3 09:15:02 2008", "segunda-feira, 3 mar\xe7o 2008 09:15:02");
  const auto line = parse_from_line("From joe@example.org " + date);
  INFO(date);
  REQUIRE(line);
  CHECK(line->form == FromForm::dated);
  CHECK(line->envelope.sender == "joe@example.org");
  REQUIRE(line->envelope.date);
  CHECK(to_rfc3339(*line->envelope.date) == "2008-03-03T09:15:02+00:00");
}

TEST_CASE("a weekday that is a month in another language takes nothing from the month") {
  const auto french = parse_envelope("From joe mar. févr.  5 09:15:02 2008");
  REQUIRE(french);
  REQUIRE(french->date);
  CHECK(to_rfc3339(*french->date) == "2008-02-05T09:15:02+00:00");
  const auto spanish = parse_envelope("From joe mar mar  4 09:15:02 2008");
  REQUIRE(spanish);
  REQUIRE(spanish->date);
  CHECK(to_rfc3339(*spanish->date) == "2008-03-04T09:15:02+00:00");
}

TEST_CASE("a sender may have a weekday's name when a date with its weekday follows") {
  const auto envelope = parse_envelope("From do Sat Jan  3 01:05:34 1996");
  REQUIRE(envelope);
  CHECK(envelope->sender == "do");
  CHECK_FALSE(parse_envelope("From do 3 mars 2008 09:15:02"));
}

TEST_CASE("an hour of one digit gives an address its date, and proves no more than before") {
  const auto line = parse_from_line("From joe@x lun. 3 mars 2008, 9:15:02");
  REQUIRE(line);
  CHECK(line->form == FromForm::vague);
  CHECK(line->envelope.sender == "joe@x");
  REQUIRE(line->envelope.date);
  CHECK(to_rfc3339(*line->envelope.date) == "2008-03-03T09:15:02+00:00");
  const auto obfuscated = parse_from_line("From joe at example.org Mon Mar 3 9:15 2008");
  REQUIRE(obfuscated);
  CHECK(obfuscated->form == FromForm::vague);
  CHECK(obfuscated->envelope.date);
  CHECK_FALSE(parse_from_line("From joe Mon Mar 3 9:15 2008"));
}

TEST_CASE("Mozilla's and Eudora's lines carry the exporter's date") {
  const auto mozilla = parse_envelope("From - Mon Jun  3 12:50:27 1996");
  REQUIRE(mozilla);
  CHECK(mozilla->exporter_form);
  CHECK(mozilla->sender.empty());
  CHECK(mozilla->date);
  const auto undated = parse_envelope("From - ");
  REQUIRE(undated);
  CHECK(undated->exporter_form);
  CHECK_FALSE(undated->date);
  const auto eudora = parse_envelope("From ???@??? Mon Jan  1 00:00:00 2001");
  REQUIRE(eudora);
  CHECK(eudora->exporter_form);
}

TEST_CASE("prose that begins with From is no From_ line") {
  const std::string line = GENERATE(
      as<std::string>(), "From our point of view, it was 10:15 in 1996.",
      "From perl5-porters:", "From this principle, all of life may be deduced.",
      "From joe@example.org wrote:", "From: joe@example.org", "from joe Sat Jan  3 01:05:34 1996",
      ">From joe", "Fromage please", "From - see below",
      "From joe Sat Jan  3 01:05:34 1996 he was gone", "From joe Sat Jan 43 01:05:34 1996",
      "From joe Sat Jan  3 25:05:34 1996", "From Fri Jan  2 10:14 1970 +0000",
      "From user  Fri Jan  2 0:14 1970 +0000", "From user  Fri Jan  2 10: 1970 +0000",
      "From user  Fri Jan  2 10:xx +0000", "From Monday on we meet at 10:15, as in 2004",
      "From mar 3 mars 2004 10:15", "From Monday 3 March 2004 10:15:00",
      "From 3 to 4 May 2004 10:15:00 we met", "From 10:15 to 11:15 on Sat Jan 3 2004",
      "From Sat Jan  3 01:05:34 PM 2004 on", "From joe Sat Jan  3 01:05:34 2004 PM",
      "From joe Sat Jan  3 9:15:02 2004", "From out of nowhere, 3 set 2004",
      "From joe 3/4/2004 10:15:00", "From my window: 3. mai 2004, 10:15, rain",
      "From joe Jan 3 10:15:00 2004", "From joe 31.13.2004 10:15", "From joe 2004-01/03 10:15",
      "From the sex of angels to 10:15 dom 2004");
  INFO(line);
  CHECK_FALSE(parse_envelope(line));
}

TEST_CASE("a sender of any length is kept up to its bound") {
  const auto envelope =
      parse_envelope("From " + std::string(1500, 'a') + "@x Sat Jan  3 01:05:34 1996");
  REQUIRE(envelope);
  CHECK(envelope->sender.size() == 320);
  CHECK_FALSE(parse_envelope("From " + std::string(5000, 'a') + "@x Sat Jan  3 01:05:34 1996"));
}

}  // namespace
}  // namespace mboxferry::mbox
