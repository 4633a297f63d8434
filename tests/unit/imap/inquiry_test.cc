// SPDX-License-Identifier: Apache-2.0
// What is searched for, whatever an archive's Message-IDs are.
#include "imap/session/inquiry.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr std::int64_t kNewYear2019 = 1'546'300'800;

std::string keys(std::vector<Likeness> wanted, bool exact_size = false) {
  return search_keys(wanted, exact_size);
}

}  // namespace

TEST_CASE("a Message-ID is searched for as it is, on request among messages of one size only") {
  CHECK(keys({{"<1@example>", 100, {}}}) == "HEADER Message-ID \"<1@example>\"");
  CHECK(keys({{"<1@example>", 100, {}}}, true) ==
        "(LARGER 99 SMALLER 101 HEADER Message-ID \"<1@example>\")");
  CHECK(keys({{"<1@example>", 1, {}}, {"<2@example>", 1, {}}, {"<3@example>", 1, {}}}) ==
        "OR HEADER Message-ID \"<3@example>\" OR HEADER Message-ID \"<2@example>\" "
        "HEADER Message-ID \"<1@example>\"");
}

TEST_CASE("an identifier that is none or cannot be quoted gives way to size and day") {
  const std::string by_day = "(LARGER 99 SMALLER 101 SINCE 31-Dec-2018 BEFORE 3-Jan-2019)";
  for (const std::string id : {std::string(), std::string("<1>"), std::string("<\"@example>"),
                               std::string("<\\@example>"), std::string("<a b@example>"),
                               std::string("<\r\nA LOGOUT>"), std::string("<\xc3\xa4@example>"),
                               std::string("<\0@example>", 11), std::string(200, 'x')}) {
    CAPTURE(id);
    CHECK(keys({{id, 100, {kNewYear2019, 0}}}) == by_day);
    CHECK(keys({{id, 100, {kNewYear2019, 0}}}, true) == by_day);
  }
  CHECK(keys({{"", 0, {}}}).empty());
  CHECK(keys({}).empty());
}
