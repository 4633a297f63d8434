// SPDX-License-Identifier: Apache-2.0
// The messages of all lists in the order of their container.
#include <algorithm>

#include "archive/message_table.h"

namespace mboxferry::archive {
namespace {

// In walks through the container. Less than this is no reason to write a copy to disk.
constexpr double kWalksWorthACopy = 1.5;

constexpr const char* kSpans =
    "SELECT min(rank), max(rank) FROM (SELECT list, row_number() OVER (ORDER BY outer_number,"
    " inner_number) AS rank FROM message) GROUP BY list ORDER BY min(rank)";
constexpr const char* kArrange =
    "CREATE TABLE arranged(outer_number INTEGER, inner_number INTEGER, skip INTEGER,"
    " length INTEGER, offset INTEGER, PRIMARY KEY(outer_number, inner_number)) WITHOUT ROWID;"
    // Two lists may name one member.
    "INSERT INTO arranged SELECT outer_number, inner_number, skip, length,"
    " sum(length) OVER (ORDER BY outer_number, inner_number"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - length"
    " FROM (SELECT outer_number, inner_number, min(skip) AS skip, min(length) AS length"
    " FROM message GROUP BY outer_number, inner_number);";
constexpr const char* kArrangedAfter =
    "SELECT outer_number, inner_number, skip, length FROM arranged"
    " WHERE (outer_number, inner_number) > (?1, ?2) ORDER BY outer_number, inner_number LIMIT ?3";
constexpr const char* kArrangedOffset =
    "SELECT offset FROM arranged WHERE outer_number = ?1 AND inner_number = ?2";

}  // namespace

// A walk goes forward only, and begins anew for a list that begins before the place where it is.
Result<double> MessageTable::walks() {
  MBOXFERRY_ASSIGN(const Statement spans, database_.prepare(kSpans));
  std::uint64_t at = 0;
  std::uint64_t passed = 0;
  std::uint64_t all = 0;
  for (;;) {
    const int status = sqlite3_step(spans.get());
    if (status == SQLITE_DONE) break;
    if (status != SQLITE_ROW) return database_.failed();
    const std::uint64_t last = number_of(spans.get(), 1);
    passed += number_of(spans.get(), 0) < at ? last : last - at;
    at = last;
    all = std::max(all, last);
  }
  return all == 0 ? 0.0 : static_cast<double>(passed) / static_cast<double>(all);
}

Result<bool> MessageTable::arrange_if_interleaved() {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const double passed, walks());
  if (passed < kWalksWorthACopy) return false;
  MBOXFERRY_TRY(database_.run(kArrange));
  return true;
}

Result<std::vector<ArrangedMessage>> MessageTable::arranged_after(MemberPosition position,
                                                                  std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kArrangedAfter));
  bind_number(statement.get(), 1, position.outer);
  bind_number(statement.get(), 2, position.inner);
  bind_number(statement.get(), 3, limit);
  std::vector<ArrangedMessage> messages;
  for (;;) {
    const int status = sqlite3_step(statement.get());
    if (status == SQLITE_DONE) return messages;
    if (status != SQLITE_ROW) return database_.failed();
    const auto column = [&](int number) { return number_of(statement.get(), number); };
    messages.push_back({{column(0), column(1)}, column(2), column(3)});
  }
}

Result<std::uint64_t> MessageTable::arranged_offset(MemberPosition position) {
  const std::lock_guard lock(mutex_);
  MBOXFERRY_ASSIGN(const Statement statement, database_.prepare(kArrangedOffset));
  bind_number(statement.get(), 1, position.outer);
  bind_number(statement.get(), 2, position.inner);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return database_.failed();
  return number_of(statement.get(), 0);
}

}  // namespace mboxferry::archive
