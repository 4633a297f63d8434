// SPDX-License-Identifier: Apache-2.0
// The transitions of messages while they are sent. docs/journal-format.md has the table of states.
#include "journal/transitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "journal/rows.h"
#include "journal/sqlite_journal.h"
#include "mboxferry/base/crash_point.h"

namespace mboxferry::journal {
namespace {

// Calls `apply(first, count)` for each run of elements that `follows` chains together, so that a
// run of consecutive ids costs one statement.
template <typename Items, typename Follows, typename Apply>
Result<void> each_run(const Items& items, Follows follows, Apply apply) {
  std::size_t first = 0;
  while (first < items.size()) {
    std::size_t end = first + 1;
    while (end < items.size() && follows(items[end - 1], items[end])) ++end;
    MBOXFERRY_TRY(apply(first, end - first));
    first = end;
  }
  return ok();
}

bool next_id(MessageId left, MessageId right) { return right == left + 1; }

// Messages and UIDs both ascend by one, or no UID is known.
bool next_stored(const Stored& left, const Stored& right) {
  if (!next_id(left.message, right.message)) return false;
  if (left.uid == 0 || right.uid == 0) return left.uid == right.uid;
  return right.uid == left.uid + 1;
}

// Only what a transition allows may change, and all of it must.
class Transitions {
 public:
  explicit Transitions(Database& database) : database_(database) {}

  Result<void> store(const std::vector<Stored>& stored) {
    return each_run(stored, next_stored, [&](std::size_t at, std::size_t count) {
      const Stored& first = stored[at];
      if (first.uid == 0) {
        return exactly(count, first.message, "stored",
                       database_.run("UPDATE message SET state = 15"
                                     " WHERE id BETWEEN ?1 AND ?2 AND state = 11",
                                     first.message, last(first.message, count)));
      }
      return exactly(
          count, first.message, "stored",
          database_.run("UPDATE message SET state = 12, uid = ?3 + (id - ?1)"
                        " WHERE id BETWEEN ?1 AND ?2 AND state = 11",
                        first.message, last(first.message, count), uid_to_disk(first.uid)));
    });
  }

  Result<void> refuse(const std::vector<Refused>& refused) {
    for (const Refused& one : refused) {
      MBOXFERRY_TRY(exactly(1, one.message, "refused",
                            database_.run("UPDATE message SET state = 13"
                                          " WHERE id = ?1 AND state IN (10, 11)",
                                          one.message)));
      MBOXFERRY_TRY(
          database_.run("INSERT OR REPLACE INTO reason(message, code, text) VALUES(?1, ?2, ?3)",
                        one.message, std::string_view(one.code), std::string_view(one.text)));
    }
    return ok();
  }

  Result<void> lose_keywords(const std::vector<MessageId>& messages, std::int64_t unsayable) {
    for (const MessageId message : messages) {
      MBOXFERRY_TRY(exactly(
          1, message, "without keywords",
          database_.run("UPDATE message SET keywords = ?2 WHERE id = ?1", message, unsayable)));
    }
    return ok();
  }

  Result<void> plan_again(const std::vector<MessageId>& messages) {
    return each_run(messages, next_id, [&](std::size_t at, std::size_t count) -> Result<void> {
      MBOXFERRY_TRY(exactly(count, messages[at], "planned again",
                            database_.run("UPDATE message SET state = 10"
                                          " WHERE id BETWEEN ?1 AND ?2 AND state = 11",
                                          messages[at], last(messages[at], count))));
      return note_resent(messages[at], count);
    });
  }

  Result<void> retry(const std::vector<MessageId>& messages) {
    return each_run(messages, next_id, [&](std::size_t at, std::size_t count) -> Result<void> {
      const MessageId first = messages[at];
      MBOXFERRY_TRY(exactly(count, first, "tried again",
                            database_.run("UPDATE message SET state = 10"
                                          " WHERE id BETWEEN ?1 AND ?2 AND state = 13",
                                          first, last(first, count))));
      MBOXFERRY_TRY(database_.run("DELETE FROM reason WHERE message BETWEEN ?1 AND ?2", first,
                                  last(first, count)));
      return note_resent(first, count);
    });
  }

  Result<void> intend(const Intent& intent) {
    if (intent.messages.empty()) return ok();
    MBOXFERRY_TRY(each_run(intent.messages, next_id, [&](std::size_t at, std::size_t count) {
      return exactly(
          count, intent.messages[at], "intended",
          database_.run("UPDATE message SET state = 11"
                        " WHERE id BETWEEN ?1 AND ?2 AND state = 10 AND mailbox = ?3",
                        intent.messages[at], last(intent.messages[at], count), intent.mailbox));
    }));
    const auto [lowest, highest] =
        std::minmax_element(intent.messages.begin(), intent.messages.end());
    MBOXFERRY_TRY(database_.run(
        "INSERT INTO intent(mailbox, uid_validity, uid_floor, first_message, last_message)"
        " VALUES(?1, ?2, ?3, ?4, ?5)",
        intent.mailbox, std::int64_t{intent.uid_validity}, std::int64_t{intent.uid_floor}, *lowest,
        *highest));
    return ok();
  }

 private:
  /// The proof that a copy of such a message can be of this job's making.
  Result<void> note_resent(MessageId first, std::size_t count) {
    MBOXFERRY_TRY(
        database_.run("INSERT OR IGNORE INTO resent SELECT id FROM message"
                      " WHERE id BETWEEN ?1 AND ?2",
                      first, last(first, count)));
    return ok();
  }

  static MessageId last(MessageId first, std::size_t count) {
    return first + static_cast<MessageId>(count) - 1;
  }

  [[nodiscard]] Result<void> exactly(std::size_t expected, MessageId first, const char* what,
                                     Result<std::int64_t> changed) const {
    MBOXFERRY_ASSIGN(const std::int64_t count, std::move(changed));
    if (count == static_cast<std::int64_t>(expected)) return ok();
    return Error{.code = ErrorCode::internal,
                 .what = fmt::format("the journal {} refused a step: of {} messages from {} on, "
                                     "{} may become {}",
                                     database_.path(), expected, first, count, what),
                 .hint = {}};
  }

  Database& database_;
};

}  // namespace

Result<void> forget_settled_intents(Database& database) {
  MBOXFERRY_TRY(
      database.run("DELETE FROM intent WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.state = 11"
                   " AND m.mailbox = intent.mailbox"
                   " AND m.id BETWEEN intent.first_message AND intent.last_message)"));
  return ok();
}

Result<void> SqliteJournal::commit(const Step& step) {
  if (step.empty()) return ok();
  {
    const std::lock_guard guard(mutex_);
    MBOXFERRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    Transitions transitions(*database_);
    MBOXFERRY_TRY(transitions.retry(step.retried));
    MBOXFERRY_TRY(transitions.store(step.stored));
    MBOXFERRY_TRY(transitions.plan_again(step.planned_again));
    MBOXFERRY_TRY(transitions.refuse(step.refused));
    if (!step.keywords_lost.empty()) {
      MBOXFERRY_ASSIGN(const std::int64_t unsayable, keywords_id(std::string(kUnsayable)));
      MBOXFERRY_TRY(transitions.lose_keywords(step.keywords_lost, unsayable));
    }
    MBOXFERRY_TRY(forget_settled_intents(*database_));
    for (const Intent& intent : step.intents) MBOXFERRY_TRY(transitions.intend(intent));
    MBOXFERRY_TRY(transaction.commit());
  }
  if (!step.retried.empty()) crash_point("retry-planned");
  if (!step.stored.empty()) crash_point("batch-confirmed");
  if (!step.intents.empty()) crash_point("batch-intended");
  return ok();
}

}  // namespace mboxferry::journal
