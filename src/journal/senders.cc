// SPDX-License-Identifier: Apache-2.0
// What sender lists decided about messages.
#include <fmt/format.h>

#include <array>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"

namespace mboxferry::journal {
namespace {

constexpr std::array<std::string_view, 6> kActionNames{"none", "junk",   "tag",
                                                       "skip", "report", "rescue"};

// A message that is left out for another reason is no matter of the lists.
constexpr const char* kCountedMatches =
    " FROM sender_match s JOIN sender_entry e ON e.id = s.entry JOIN message m ON m.id = s.message"
    " WHERE (m.state <> 14 OR s.action = 3) ";

SenderEntry read_entry(const Query& query, int first) {
  return {query.text(first), static_cast<std::uint64_t>(query.integer(first + 1)),
          query.text(first + 2), query.integer(first + 3) != 0, query.integer(first + 4) != 0};
}

Result<SenderAction> read_action(std::int64_t number, const std::string& path) {
  if (number >= 0 && static_cast<std::size_t>(number) < kActionNames.size())
    return static_cast<SenderAction>(number);
  return damaged(path, "what a sender list decided has an unknown number");
}

}  // namespace

std::string_view action_name(SenderAction action) {
  return kActionNames[static_cast<std::size_t>(action)];
}

std::string describe(const SenderEntry& entry) {
  return fmt::format("{} line {}: {}", entry.file, entry.line, entry.text);
}

// One of an older version has no such tables as long as it is only read.
Result<bool> SqliteJournal::knows_senders() const {
  MBOXFERRY_ASSIGN(
      const std::int64_t found,
      database_->number("SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE name = 'sender_match')"));
  return found != 0;
}

Result<std::int64_t> SqliteJournal::add_sender_entry(const SenderEntry& entry) {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::soon));
  MBOXFERRY_TRY(database_->run(
      "INSERT OR IGNORE INTO sender_entry(file, line, text, allows, global)"
      " VALUES(?1, ?2, ?3, ?4, ?5)",
      std::string_view(entry.file), to_disk(entry.line), std::string_view(entry.text),
      std::int64_t{entry.allows}, std::int64_t{entry.global}));
  MBOXFERRY_ASSIGN(
      const std::int64_t id,
      database_->number("SELECT id FROM sender_entry WHERE file = ?1 AND line = ?2 AND text = ?3"
                        " AND allows = ?4 AND global = ?5",
                        std::string_view(entry.file), to_disk(entry.line),
                        std::string_view(entry.text), std::int64_t{entry.allows},
                        std::int64_t{entry.global}));
  MBOXFERRY_TRY(transaction.commit());
  return id;
}

Result<std::vector<SenderMatch>> SqliteJournal::sender_matches(MessageId first,
                                                               MessageId last) const {
  const std::lock_guard guard(mutex_);
  std::vector<SenderMatch> matches;
  MBOXFERRY_ASSIGN(const bool known, knows_senders());
  if (!known) return matches;
  MBOXFERRY_ASSIGN(
      Query query,
      database_->query("SELECT s.message, s.action, e.file, e.line, e.text, e.allows, e.global"
                       " FROM sender_match s JOIN sender_entry e ON e.id = s.entry"
                       " WHERE s.message BETWEEN ?1 AND ?2 ORDER BY s.message",
                       first, last));
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return matches;
    MBOXFERRY_ASSIGN(const SenderAction action, read_action(query.integer(1), path()));
    matches.push_back({query.integer(0), action, read_entry(query, 2)});
  }
}

Result<std::vector<SenderSum>> SqliteJournal::sender_sums(std::size_t limit) const {
  const std::lock_guard guard(mutex_);
  std::vector<SenderSum> sums;
  MBOXFERRY_ASSIGN(const bool known, knows_senders());
  if (!known) return sums;
  MBOXFERRY_ASSIGN(
      Query query,
      database_->query(
          fmt::format("SELECT e.file, e.line, e.text, e.allows, e.global, s.action, count(*) AS n"
                      "{}GROUP BY s.entry, s.action ORDER BY n DESC, s.entry, s.action LIMIT ?1",
                      kCountedMatches),
          to_disk(std::uint64_t{limit})));
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return sums;
    MBOXFERRY_ASSIGN(const SenderAction action, read_action(query.integer(5), path()));
    sums.push_back({read_entry(query, 0), action, static_cast<std::uint64_t>(query.integer(6))});
  }
}

Result<std::uint64_t> SqliteJournal::sender_sum_count() const {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const bool known, knows_senders());
  if (!known) return std::uint64_t{0};
  MBOXFERRY_ASSIGN(
      const std::int64_t count,
      database_->number(fmt::format("SELECT count(*) FROM (SELECT DISTINCT s.entry, s.action{})",
                                    kCountedMatches)));
  return static_cast<std::uint64_t>(count);
}

Result<SenderTotalsByMailbox> SqliteJournal::sender_totals() const {
  const std::lock_guard guard(mutex_);
  SenderTotalsByMailbox totals;
  MBOXFERRY_ASSIGN(const bool known, knows_senders());
  if (!known) return totals;
  MBOXFERRY_ASSIGN(Query query,
                   database_->query(fmt::format("SELECT m.mailbox, e.allows, s.action = 5, count(*)"
                                                "{}GROUP BY m.mailbox, e.allows, s.action = 5",
                                                kCountedMatches)));
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return totals;
    SenderTotals& sum = totals[query.integer(0)];
    const auto messages = static_cast<std::uint64_t>(query.integer(3));
    (query.integer(1) != 0 ? sum.allowed : sum.blocked) += messages;
    if (query.integer(2) != 0) sum.rescued += messages;
  }
}

}  // namespace mboxferry::journal
