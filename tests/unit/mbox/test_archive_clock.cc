// SPDX-License-Identifier: Apache-2.0
// From_ lines of many folders with few messages each.
#include <catch2/catch.hpp>

#include "mboxferry/mbox/archive_clock.h"

namespace mboxferry::mbox {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kNow = 1'500'000'000;

// A message `days` before its From_ line, which was written `at` seconds after the first.
FewDates one(std::int64_t at, std::int64_t days) {
  const std::int64_t date = kNow + at - days * kDay;
  return {1, days >= 14 ? 1U : 0U, kNow + at, kNow + at, date, date};
}

bool is_export(const std::vector<FewDates>& folders) {
  ArchiveClock clock;
  for (const FewDates& folder : folders) clock.add(folder);
  return clock.is_export();
}

TEST_CASE("folders that were written one after the other with old mail are an export") {
  CHECK(is_export({one(0, 900), one(1, 300), one(2, 2000)}));
  CHECK(is_export({one(2, 900), one(100, 300), one(50, 2000), one(0, 0)}));
}

TEST_CASE("folders of deliveries are no export, nor are too few of them") {
  CHECK_FALSE(is_export({}));
  CHECK_FALSE(is_export({one(0, 900), one(1, 300)}));
  CHECK_FALSE(is_export({one(0, 0), one(1, 0), one(2, 0), one(3, 300)}));
  CHECK_FALSE(is_export({one(0, 900), one(kDay, 300), one(2 * kDay, 2000)}));
  CHECK_FALSE(is_export({one(0, 20), one(1, 20), one(2, 20)}));
}

}  // namespace
}  // namespace mboxferry::mbox
