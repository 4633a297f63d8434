// SPDX-License-Identifier: Apache-2.0
// Fills the HTML report with data; src/report/html has the page itself.
#include "mboxferry/report/html_page.h"

#include <algorithm>
#include <map>
#include <string>

#include "mboxferry/base/time.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/sender_facts.h"
#include "report/html_template.h"
#include "report/journal_view.h"
#include "report/page_totals.h"

namespace mboxferry::report {
namespace {

constexpr std::uint64_t kMessagesOfAccount = 20;  // of each list
constexpr std::uint64_t kMessagesOfPage = 20'000;
constexpr std::uint64_t kUnreadOfAccount = 20;
constexpr std::uint64_t kUnreadOfPage = 20'000;
constexpr std::size_t kSendersOfAccount = 20;

/// JSON that may stand in a script element: `<`, `>` and `&`, which are in strings only, are
/// written as escapes, so that nothing can end the element.
class ScriptDataOutput final : public TextOutput {
 public:
  explicit ScriptDataOutput(TextOutput& out) : out_(out) {}

  Result<void> write(std::string_view text) override {
    while (!text.empty()) {
      const std::size_t plain = std::min(text.find_first_of("<>&"), text.size());
      MBOXFERRY_TRY(out_.write(text.substr(0, plain)));
      text.remove_prefix(plain);
      if (text.empty()) break;
      MBOXFERRY_TRY(out_.write(text.front() == '<'   ? "\\u003c"
                               : text.front() == '>' ? "\\u003e"
                                                     : "\\u0026"));
      text.remove_prefix(1);
    }
    return ok();
  }
  Result<void> flush() override { return out_.flush(); }

 private:
  TextOutput& out_;
};

journal::Count& count_of(journal::MailboxCounts& counts, journal::State state) {
  switch (state) {
    case journal::State::planned:
      break;
    case journal::State::intended:
      return counts.intended;
    case journal::State::stored:
      return counts.stored;
    case journal::State::refused:
      return counts.refused;
    case journal::State::skipped:
      return counts.skipped;
  }
  return counts.planned;
}

/// One account while its messages are counted.
struct AccountSums {
  std::map<journal::MailboxId, journal::MailboxCounts> mailboxes;
  journal::MailboxCounts all;

  void add(const journal::MessageRow& row) {
    for (journal::MailboxCounts* counts : {&all, &mailboxes[row.mailbox]}) {
      journal::Count& count = count_of(*counts, row.state);
      ++count.messages;
      count.bytes += row.wire_size;
    }
  }
};

/// Writes the data of the page while it walks over the accounts.
class PageData {
 public:
  explicit PageData(TextOutput& out) : safe_(out), json_(safe_) {}

  Result<void> write_accounts(const AccountSource& accounts);
  Result<void> write_totals(std::int64_t written);

 private:
  Result<void> write_account(const RunFacts& run, const journal::Journal* journal);
  Result<void> write_facts(const RunFacts& run, const journal::Journal& journal);
  Result<void> write_mailboxes(const journal::Journal& journal, const AccountSums& sums);
  Result<void> write_unread_rows(const journal::Journal* journal);
  Result<void> write_senders(const journal::Journal* journal);
  void write_message(JsonStream& list, const RunFacts& run, const journal::FolderRow& folder,
                     const journal::MessageRow& row);
  void write_counts(const journal::MailboxCounts& counts);

  ScriptDataOutput safe_;
  JsonStream json_;
  PageTotals totals_;
  std::uint64_t messages_ = 0;
  std::uint64_t unread_ = 0;
};

void PageData::write_counts(const journal::MailboxCounts& counts) {
  json_.number(meant_for(counts).messages)
      .number(counts.stored.messages)
      .number(counts.refused.messages)
      .number(counts.skipped.messages);
}

Result<void> PageData::write_facts(const RunFacts& run, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const std::string started, noted_text(journal, "started"));
  std::string finished;
  if (run.verdict != "unfinished") {
    MBOXFERRY_ASSIGN(finished, noted_text(journal, "finished"));
  }
  json_.text(printable(own_reason(run))).text(printable(started)).text(printable(finished));
  json_.text(printable(journal.path()));
  MBOXFERRY_ASSIGN(const journal::JobIdentity identity, journal.identity());
  json_.begin_array();
  for (const std::string& archive : journal::archive_paths(identity.archives))
    json_.text(printable(archive));
  json_.end_array();
  return json_.result();
}

Result<void> PageData::write_mailboxes(const journal::Journal& journal, const AccountSums& sums) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  json_.begin_array();
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const auto found = sums.mailboxes.find(mailbox.id);
    const auto counts = found == sums.mailboxes.end() ? journal::MailboxCounts{} : found->second;
    json_.begin_array().text(printable(mailbox.name));
    write_counts(counts);
    json_.number(mailbox.existed_before).number(counts.stored.bytes).end_array();
  }
  json_.end_array();
  return json_.result();
}

void PageData::write_message(JsonStream& list, const RunFacts& run,
                             const journal::FolderRow& folder, const journal::MessageRow& row) {
  ++messages_;
  const message::Title title = title_or_nothing(run.title_of, row);
  list.begin_array()
      .text(shortened(title.subject, 300))
      .text(shortened(title.from, 300))
      .text(to_rfc3339(row.date))
      .number(row.wire_size)
      .text(printable(row.code))
      .text(shortened(row.text, 300))
      .text(printable(folder.path))
      .number(row.offset)
      .text(shortened(title.message_id, 300))
      .end_array();
}

/// The first parts that are not read, and how many there are.
Result<void> PageData::write_unread_rows(const journal::Journal* journal) {
  std::uint64_t parts = 0;
  json_.begin_array();
  if (journal != nullptr) {
    MBOXFERRY_TRY(journal->each_unread([&](const journal::UnreadRow& row) -> Result<void> {
      if (++parts > kUnreadOfAccount || ++unread_ > kUnreadOfPage) return ok();
      json_.begin_array()
          .text(printable(row.path))
          .number(row.offset)
          .number(row.bytes)
          .text(shortened(row.reason, 300))
          .end_array();
      return json_.result();
    }));
  }
  json_.end_array().number(parts);
  return json_.result();
}

/// The entries of sender lists that decided about most messages, and the totals.
Result<void> PageData::write_senders(const journal::Journal* journal) {
  std::optional<SenderFacts> facts;
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(facts, sender_facts(*journal, kSendersOfAccount));
  }
  json_.begin_array();
  if (facts) {
    for (const journal::SenderSum& sum : facts->sums) {
      const bool allowed = sum.entry.allows && sum.action == journal::SenderAction::none;
      json_.begin_array()
          .text(shortened(journal::describe(sum.entry), 300))
          .text(allowed ? "allow" : journal::action_name(sum.action))
          .number(sum.messages)
          .end_array();
    }
  }
  json_.end_array();
  if (!facts) {
    json_.null();
    return json_.result();
  }
  json_.begin_array()
      .number(facts->totals.blocked)
      .number(facts->totals.allowed)
      .number(facts->totals.rescued)
      .number(facts->sum_count)
      .end_array();
  return json_.result();
}

Result<void> PageData::write_account(const RunFacts& run, const journal::Journal* journal) {
  Spool refused_spool;
  Spool skipped_spool;
  JsonStream refused(refused_spool);
  JsonStream skipped(skipped_spool);
  AccountSums sums;
  refused.begin_array();
  skipped.begin_array();
  if (journal != nullptr) {
    MBOXFERRY_TRY(totals_.add_pace(*journal));
    MBOXFERRY_TRY(each_message(
        *journal,
        [&](const journal::FolderRow& folder, const journal::MessageRow& row) -> Result<void> {
          totals_.add(folder, row);
          sums.add(row);
          if (messages_ >= kMessagesOfPage) return ok();
          if (row.state == journal::State::refused &&
              sums.all.refused.messages <= kMessagesOfAccount) {
            write_message(refused, run, folder, row);
          }
          if (row.state == journal::State::skipped &&
              sums.all.skipped.messages <= kMessagesOfAccount) {
            write_message(skipped, run, folder, row);
          }
          MBOXFERRY_TRY(refused.result());
          return skipped.result();
        }));
  }
  refused.end_array();
  skipped.end_array();
  json_.begin_array();
  json_.text(printable(run.user)).text(printable(run.host));
  json_.text(run.replaced ? "replaced" : printable(run.verdict));
  write_counts(sums.all);
  json_.number(sums.all.stored.bytes);
  run.seconds ? json_.decimal(*run.seconds) : json_.null();
  if (journal != nullptr) {
    MBOXFERRY_TRY(write_facts(run, *journal));
    MBOXFERRY_TRY(write_mailboxes(*journal, sums));
  } else {
    json_.text(printable(own_reason(run))).text("").text("").text("");
    json_.begin_array().end_array().begin_array().end_array();
  }
  json_.spooled(refused_spool).spooled(skipped_spool);
  MBOXFERRY_TRY(write_unread_rows(journal));
  MBOXFERRY_TRY(write_senders(journal));
  json_.end_array();
  return json_.result();
}

Result<void> PageData::write_accounts(const AccountSource& accounts) {
  json_.begin_array();
  MBOXFERRY_TRY(accounts([&](const RunFacts& run, const journal::Journal* journal) {
    return write_account(run, journal);
  }));
  json_.end_array();
  return json_.result();
}

Result<void> PageData::write_totals(std::int64_t written) {
  json_.begin_object().member("written", static_cast<std::uint64_t>(written));
  totals_.write(json_);
  json_.end_object();
  return json_.result();
}

}  // namespace

Result<void> write_html_page(TextOutput& out, const AccountSource& accounts, std::int64_t written) {
  PageData data(out);
  MBOXFERRY_TRY(out.write(kPageBeforeData));
  MBOXFERRY_TRY(out.write("<script type=\"application/json\" id=\"data-accounts\">"));
  MBOXFERRY_TRY(data.write_accounts(accounts));
  MBOXFERRY_TRY(out.write("</script>\n<script type=\"application/json\" id=\"data-totals\">"));
  MBOXFERRY_TRY(data.write_totals(written));
  MBOXFERRY_TRY(out.write("</script>"));
  return out.write(kPageAfterData);
}

}  // namespace mboxferry::report
