// SPDX-License-Identifier: Apache-2.0
// parse_date: the forms of RFC 5322, the common mistakes, and what is no date.
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/message/metadata.h"

namespace mboxferry::message {
namespace {

std::string read(std::string_view text) {
  const auto time = parse_date(text);
  return time ? to_rfc3339(*time) : "none";
}

TEST_CASE("the date forms of RFC 5322") {
  CHECK(read("Fri, 21 Nov 1997 09:55:06 -0600") == "1997-11-21T09:55:06-06:00");
  CHECK(read("1 Jul 2003 10:52:37 +0200") == "2003-07-01T10:52:37+02:00");
  CHECK(read("Tue, 1 Jul 2003 10:52 +0000") == "2003-07-01T10:52:00+00:00");
  CHECK(read(" Thu,\r\n  13\r\n  Feb\r\n 1969\r\n 23:32\r\n  -0330 (Newfoundland Time)") ==
        "1969-02-13T23:32:00-03:30");
  CHECK(read("21 Nov 97 09:55:06 GMT") == "1997-11-21T09:55:06+00:00");
  CHECK(read("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600") == "1997-11-21T09:55:06-06:00");
  CHECK(read("Mon, 1 Jan 2001 00:00:00 EDT") == "2001-01-01T00:00:00-04:00");
  CHECK(read("Mon, 1 Jan 2001 00:00:00 K") == "2001-01-01T00:00:00+00:00");
  CHECK(read("Mon, 1 Jan 2001 00:00:00 -0000") == "2001-01-01T00:00:00+00:00");
}

TEST_CASE("years of two and three digits") {
  CHECK(read("1 Jan 49 00:00:00 +0000") == "2049-01-01T00:00:00+00:00");
  CHECK(read("1 Jan 50 00:00:00 +0000") == "1950-01-01T00:00:00+00:00");
  CHECK(read("1 Jan 103 00:00:00 +0000") == "2003-01-01T00:00:00+00:00");
}

TEST_CASE("common mistakes are understood") {
  CHECK(read("Mon,1 Jan 2001 9:05:03 +0100") == "2001-01-01T09:05:03+01:00");
  CHECK(read("Mon, 01 January 2001 09:05:03 GMT+0200") == "2001-01-01T09:05:03+02:00");
  CHECK(read("Mon, 01 Jan 2001 09:05:03 +02:00") == "2001-01-01T09:05:03+02:00");
  CHECK(read("Mon, 01 Jan 2001 09:05:03.123 +530") == "2001-01-01T09:05:03+05:30");
  CHECK(read("Mon, 01 Jan 2001 09:05:03 MET DST") == "2001-01-01T09:05:03+02:00");
  CHECK(read("Mon, 01-Jan-01 09:05:03 CEST") == "2001-01-01T09:05:03+02:00");
  CHECK(read("01/01") == "none");
  CHECK(read("Mon, 01 Jan 2001 12:05:03 AM") == "2001-01-01T00:05:03+00:00");
  CHECK(read("Jan 1, 2001 01:05:03 PM") == "2001-01-01T13:05:03+00:00");
  CHECK(read("1 Jan 2001") == "2001-01-01T00:00:00+00:00");
  CHECK(read("lun., 1 janv. 2001 10:00:00 +0100") == "2001-01-01T10:00:00+01:00");
  CHECK(read("Mon, 01 Jan 2001 09:05:03 +0100 (unclosed (comment)") == "2001-01-01T09:05:03+01:00");
}

TEST_CASE("asctime and ISO 8601 are understood") {
  CHECK(read("Mon Jan  1 09:05:03 2001") == "2001-01-01T09:05:03+00:00");
  CHECK(read("Mon Jan  1 09:05:03 CET 2001") == "2001-01-01T09:05:03+01:00");
  CHECK(read("Mon Jan  1 09:05:03 2001 -0500") == "2001-01-01T09:05:03-05:00");
  CHECK(read("2001-01-02T09:05:03Z") == "2001-01-02T09:05:03+00:00");
  CHECK(read("2001-01-02 09:05:03+01:00") == "2001-01-02T09:05:03+01:00");
  CHECK(read("2001-01-02T09:05:03.5-08:00") == "2001-01-02T09:05:03-08:00");
}

TEST_CASE("dates in other languages are understood") {
  for (const char* text :
       {"Mo, 3 Mär 2008 09:15:02 +0100", "Mo, 3 M\xe4rz 2008 09:15:02 +0100",
        "Montag, 3. März 2008 09:15:02 +0100", "lun., 3 mars 2008 09:15:02 +0100",
        "lunes, 3 de marzo de 2008 09:15:02 +0100", "lun 3 marzo 2008 09:15:02 +0100",
        "ma, 3 mrt 2008 09:15:02 +0100", "segunda-feira, 3 de mar\xe7o de 2008 09:15:02 +0100"}) {
    INFO(text);
    CHECK(read(text) == "2008-03-03T09:15:02+01:00");
  }
  CHECK(read("mar., 5 févr. 2008 09:15:02 +0100") == "2008-02-05T09:15:02+01:00");
  CHECK(read("mar, 4 mar 2008 09:15:02 +0100") == "2008-03-04T09:15:02+01:00");
  CHECK(read("mardi 5 août 2008 09:15:02 +0200") == "2008-08-05T09:15:02+02:00");
  CHECK(read("3 de marzo del 2008 09:15:02") == "2008-03-03T09:15:02+00:00");
  CHECK(read("3. Mai 2008 um 09:15") == "2008-05-03T09:15:00+00:00");
  CHECK(read("mardi 5 2008 09:15:02") == "none");
  CHECK(read("Mar 4, 2008 09:15:02 +0100") == "2008-03-04T09:15:02+01:00");
}

TEST_CASE("dates of numbers are understood where they are not ambiguous") {
  CHECK(read("03.03.2008 09:15:02 +0100") == "2008-03-03T09:15:02+01:00");
  CHECK(read("2008/03/04 09:15:02") == "2008-03-04T09:15:02+00:00");
  CHECK(read("2008.03.04 09:15") == "2008-03-04T09:15:00+00:00");
  CHECK(read("2008 Mar 4 09:15:02 GMT") == "2008-03-04T09:15:02+00:00");
  CHECK(read("3/4/2008 09:15:02") == "none");
  CHECK(read("3-4-2008 09:15:02") == "none");
  CHECK(read("31.13.2008 09:15:02") == "none");
  CHECK(read("3.3.08 09:15:02") == "none");
}

TEST_CASE("a time with full stops, and a clock of twelve hours") {
  CHECK(read("Mon, 3 Mar 2008 09.15.02 +0100") == "2008-03-03T09:15:02+01:00");
  CHECK(read("Mon, 3 Mar 2008 09.15 +0100") == "2008-03-03T09:15:00+01:00");
  CHECK(read("Monday, March 3, 2008 9:15:02 PM CET") == "2008-03-03T21:15:02+01:00");
  CHECK(read("March 3, 2008 at 12:15 a.m.") == "2008-03-03T00:15:00+00:00");
  CHECK(read("3 Mar 2008 9:15:02pm") == "2008-03-03T21:15:02+00:00");
}

TEST_CASE("zones by name") {
  CHECK(read("1 Jan 2001 12:00:00 MEZ") == "2001-01-01T12:00:00+01:00");
  CHECK(read("1 Jan 2001 12:00:00 METDST") == "2001-01-01T12:00:00+02:00");
  CHECK(read("1 Jan 2001 12:00:00 NZDT") == "2001-01-01T12:00:00+13:00");
}

TEST_CASE("a zone that cannot be counts as UTC") {
  CHECK(read("1 Jan 2001 12:00:00 +9999") == "2001-01-01T12:00:00+00:00");
  CHECK(read("1 Jan 2001 12:00:00 +1500") == "2001-01-01T12:00:00+00:00");
  CHECK(read("1 Jan 2001 12:00:00 +1400") == "2001-01-01T12:00:00+14:00");
  CHECK(read("1 Jan 2001 12:00:00 +0160") == "2001-01-01T12:00:00+00:00");
  CHECK(read("1 Jan 2001 12:00:00 +12345678901234567890") == "2001-01-01T12:00:00+00:00");
  CHECK(read("1 Jan 2001 12:00:00 Eastern Standard Time") == "2001-01-01T12:00:00+00:00");
}

TEST_CASE("a leap second becomes the second before") {
  CHECK(read("31 Dec 1998 23:59:60 +0000") == "1998-12-31T23:59:59+00:00");
}

TEST_CASE("what is no date of the calendar gives nothing") {
  for (const char* text : {"",
                           " ",
                           "x",
                           "Mon",
                           "1 2001 10:00",
                           "1 Foo 2001 10:00:00",
                           "0 Jan 2001 10:00:00",
                           "32 Jan 2001 10:00:00",
                           "40 Jan 2001 10:00:00",
                           "29 Feb 2001 10:00:00",
                           "1 Jan 2001 24:00:00",
                           "1 Jan 2001 25:00:00",
                           "1 Jan 2001 10:60:00",
                           "1 Jan 2001 10:00:61",
                           "1 Jan 20011 10:00:00",
                           "2001-13-01T00:00:00Z",
                           "2001-00-01T00:00:00Z",
                           "1 Jan 2001 10:xx",
                           "99999999999999999999 Jan 2001 10:00:00",
                           "(1 Jan 2001 10:00:00)",
                           "hello world 1 Jan 2001 10:00:00"}) {
    INFO(text);
    CHECK(read(text) == "none");
  }
  CHECK(read("29 Feb 2000 10:00:00 +0000") == "2000-02-29T10:00:00+00:00");
  CHECK(read(std::string(1'000'000, '(') + "1 Jan 2001") == "none");
  CHECK(read(std::string(1'000'000, '1')) == "none");
}

TEST_CASE("the choice of INTERNALDATE") {
  constexpr std::int64_t kNow = 1'700'000'000;
  HeaderFacts facts;
  facts.received = Timestamp{1'000'000'000, 60};
  facts.date = Timestamp{900'000'000, 0};
  const Timestamp envelope{1'100'000'000, 0};
  const DateOrder order{DateSource::envelope, DateSource::received, DateSource::header};

  SECTION("takes the first source of the order that is there") {
    const auto chosen = choose_internal_date(order, envelope, facts, kNow);
    CHECK(chosen.time == envelope);
    CHECK(chosen.source == DateSource::envelope);
    CHECK(chosen.passed_over.empty());
    const auto without = choose_internal_date(order, std::nullopt, facts, kNow);
    CHECK(without.time == Timestamp{1'000'000'000, 60});
    CHECK(without.source == DateSource::received);
    CHECK(without.passed_over.empty());
  }
  SECTION("leaves out the years before 1970 and the future, and says so") {
    facts.received = Timestamp{kNow + 1, 0};
    const auto chosen = choose_internal_date(order, Timestamp{-1, 0}, facts, kNow);
    CHECK(chosen.source == DateSource::header);
    CHECK(chosen.to_be_listed());
    CHECK(chosen.passed_over == std::vector<PassedOver>{{DateSource::envelope, {-1, 0}},
                                                        {DateSource::received, {kNow + 1, 0}}});
    CHECK(describe(chosen) ==
          "from 1969-12-31T23:59:59+00:00 is not after the beginning of 1970; received "
          "2023-11-14T22:13:21+00:00 is ahead of now; used: date 1998-07-09T16:00:00+00:00");
    CHECK(choose_internal_date(order, Timestamp{kNow, 0}, facts, kNow).time.unix_seconds == kNow);
    CHECK(choose_internal_date(order, Timestamp{1, 0}, facts, kNow).source == DateSource::envelope);
    CHECK(choose_internal_date(order, Timestamp{0, 0}, facts, kNow).source == DateSource::header);
  }
  SECTION("is 1970, never now, when nothing is left") {
    const auto chosen =
        choose_internal_date({DateSource::envelope}, Timestamp{kNow + 5, 60}, facts, kNow);
    CHECK(chosen.source == DateSource::none);
    CHECK(chosen.time == Timestamp{1, 0});
    CHECK(describe(chosen) ==
          "from 2023-11-14T23:13:25+01:00 is ahead of now; no date is left; used: "
          "1970-01-01T00:00:01+00:00");
    const auto unasked = choose_internal_date({}, envelope, facts, kNow);
    CHECK(unasked.passed_over.empty());
    CHECK(unasked.to_be_listed());
    CHECK(describe(unasked) == "there is no date; used: 1970-01-01T00:00:01+00:00");
  }
}

TEST_CASE("the names of date sources") {
  CHECK(date_source_name(DateSource::none) == "none");
  CHECK(date_source_name(DateSource::envelope) == "from");
  CHECK(date_source_name(DateSource::received) == "received");
  CHECK(date_source_name(DateSource::header) == "date");
}

}  // namespace
}  // namespace mboxferry::message
