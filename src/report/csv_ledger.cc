// SPDX-License-Identifier: Apache-2.0
// The CSV ledger.
#include "mboxferry/report/csv_ledger.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/report/printable.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

std::string_view state_name(journal::State state) {
  switch (state) {
    case journal::State::planned:
      return "to send";
    case journal::State::intended:
      return "in doubt";
    case journal::State::stored:
      return "stored";
    case journal::State::refused:
      return "refused";
    case journal::State::skipped:
      return "skipped";
  }
  return "unknown";
}

/// A number that is not known is an empty field.
std::string number_or_nothing(std::uint64_t number) {
  return number == 0 ? "" : fmt::format("{}", number);
}

/// The entries that decided about messages, which are asked for by ascending id.
class SenderColumns {
 public:
  explicit SenderColumns(const journal::Journal& journal) : journal_(journal) {}

  /// Two fields: what was done, and the entry.
  Result<std::string> of(journal::MessageId message) {
    constexpr journal::MessageId kPage = 1000;
    if (message > last_ || message < first_) {
      first_ = message;
      last_ = message + kPage - 1;
      next_ = 0;
      MBOXFERRY_ASSIGN(page_, journal_.sender_matches(first_, last_));
    }
    while (next_ < page_.size() && page_[next_].message < message) ++next_;
    if (next_ == page_.size() || page_[next_].message != message) return std::string(",");
    const journal::SenderMatch& match = page_[next_];
    const bool allowed = match.entry.allows && match.action == journal::SenderAction::none;
    return fmt::format("{},{}", allowed ? "allow" : journal::action_name(match.action),
                       csv_field(journal::describe(match.entry)));
  }

 private:
  const journal::Journal& journal_;
  journal::MessageId first_ = 1;
  journal::MessageId last_ = 0;
  std::vector<journal::SenderMatch> page_;
  std::size_t next_ = 0;
};

Result<void> write_rows(TextOutput& out, const RunFacts& run, const journal::Journal& journal) {
  const std::string account = csv_field(run.account());
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  std::map<journal::MailboxId, const journal::MailboxRow*> by_id;
  for (const journal::MailboxRow& mailbox : mailboxes) by_id[mailbox.id] = &mailbox;
  MBOXFERRY_TRY(journal.each_unread([&](const journal::UnreadRow& row) {
    return out.write(fmt::format("{},{},{},,unread,,,{},,unread,{},,,,,\r\n", account,
                                 csv_field(row.path), row.offset, row.bytes,
                                 csv_field(row.reason)));
  }));
  SenderColumns senders(journal);
  return each_message(
      journal,
      [&](const journal::FolderRow& folder, const journal::MessageRow& row) -> Result<void> {
        const auto mailbox = by_id.find(row.mailbox);
        // One that was added after the list was read belongs to a job that runs.
        const bool known = mailbox != by_id.end();
        // What arrived can be looked up where it is.
        const bool stored = row.state == journal::State::stored;
        const bool planned = row.state == journal::State::planned;
        const message::Title title =
            stored || planned ? message::Title{} : title_or_nothing(run.title_of, row);
        MBOXFERRY_ASSIGN(const std::string sender, senders.of(row.id));
        return out.write(fmt::format(
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", account, csv_field(folder.path),
            row.offset, known ? csv_field(mailbox->second->name) : "", state_name(row.state),
            known ? number_or_nothing(mailbox->second->uid_validity) : "",
            number_or_nothing(row.uid), row.wire_size, to_rfc3339(row.date), csv_field(row.code),
            csv_field(row.text), csv_field(title.subject), csv_field(title.from),
            csv_field(title.message_id), sender));
      });
}

}  // namespace

std::string csv_field(std::string_view field) {
  std::string safe;
  for (const char c : printable(field)) {
    safe += c;
    if (c == '"') safe += c;
  }
  if (safe.find_first_of("=+-@") == 0) safe.insert(0, 1, '\'');
  const bool quoted = safe.find_first_of("\",;") != safe.npos;
  return quoted ? '"' + safe + '"' : safe;
}

Result<void> write_csv_ledger(TextOutput& out, const AccountSource& accounts) {
  MBOXFERRY_TRY(
      out.write("account,folder,offset,mailbox,state,uid_validity,uid,bytes,date,code,text,"
                "subject,from,message_id,sender_action,sender_entry\r\n"));
  return accounts([&](const RunFacts& run, const journal::Journal* journal) {
    return journal == nullptr ? ok() : write_rows(out, run, *journal);
  });
}

}  // namespace mboxferry::report
