// SPDX-License-Identifier: Apache-2.0
// Whose clock the dates of From_ lines are.
#include <catch2/catch.hpp>
#include <cstdio>

#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

using testing::Outcome;
using testing::split_bytes;

// The From_ line on 20 November 2023, so many seconds after noon.
std::string mail(int seconds, const std::string& date) {
  std::array<char, 64> line{};
  std::snprintf(line.data(), line.size(), "From a@x Mon Nov 20 %02d:%02d:%02d 2023\n",
                12 + seconds / 3600, seconds / 60 % 60, seconds % 60);
  return line.data() + ("From: a@x\nDate: " + date + "\n\nx\n\n");
}

bool has_exporter_clock(const std::string& folder) {
  Outcome outcome;
  split_bytes(folder, outcome);
  return outcome.profile.exporter_clock;
}

TEST_CASE("From_ lines of a download over minutes are the downloader's clock") {
  const std::string folder = mail(0, "Tue, 06 May 2014 10:20:30 +0200") +
                             mail(20, "Wed, 7 Jan 2015 10:20:30 +0200 (CEST)") +
                             mail(75, "Thu, 05 May 2016 10:20:30 GMT") +
                             mail(130, "05 May 2017 10:20:30 +0000");
  CHECK(has_exporter_clock(folder));
}

TEST_CASE("mail that arrived when it was sent has its own dates") {
  CHECK_FALSE(has_exporter_clock(mail(0, "Mon, 20 Nov 2023 12:00:00 +0000") +
                                 mail(70, "Mon, 20 Nov 2023 12:01:00 +0000") +
                                 mail(130, "Thu, 05 May 2016 10:20:30 +0000")));
}

TEST_CASE("old mail that was delivered with pauses has its own dates") {
  CHECK_FALSE(has_exporter_clock(mail(0, "Tue, 06 May 2014 10:20:30 +0200") +
                                 mail(4000, "Thu, 05 May 2016 10:20:30 +0000") +
                                 mail(9000, "Fri, 05 May 2017 10:20:30 +0000")));
}

TEST_CASE("mail that was delivered within one minute of one another has its own dates") {
  CHECK_FALSE(has_exporter_clock(mail(5, "Mon, 20 Nov 2023 11:59:05 +0000") +
                                 mail(5, "Mon, 20 Nov 2023 12:00:04 +0000")));
  CHECK(has_exporter_clock(mail(5, "Mon, 20 Nov 2023 11:59:05 +0000") +
                           mail(6, "Mon, 20 Nov 2023 11:30:00 +0000")));
}

TEST_CASE("a folder without Date fields, or of one day, keeps its From_ dates") {
  CHECK_FALSE(has_exporter_clock(mail(0, "") + mail(70, "?") + mail(130, "yesterday")));
  CHECK_FALSE(has_exporter_clock(mail(0, "Tue, 06 May 2014 10:20:30 +0200") +
                                 mail(70, "Tue, 06 May 2014 10:21:30 +0200") +
                                 mail(130, "Tue, 06 May 2014 10:22:30 +0200")));
}

}  // namespace
}  // namespace mboxferry::mbox
