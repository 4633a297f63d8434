// SPDX-License-Identifier: Apache-2.0
// The report of a job for people.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/sender_facts.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kNameColumns = 40;
constexpr std::size_t kRefusedShown = 20;
constexpr std::size_t kTitleColumns = 60;
constexpr std::size_t kCodesShown = 40;
constexpr std::size_t kCodesCounted = 1000;

void add(journal::Count& to, const journal::Count& what) {
  to.messages += what.messages;
  to.bytes += what.bytes;
}

}  // namespace

std::string verdict_words(std::string_view verdict) {
  return verdict == "unfinished" ? "not finished" : printable(verdict);
}

namespace {

/// "3 planned, 2 stored, 1 refused, 12 there before"
std::string nonzero_counts(const journal::MailboxRow& mailbox,
                           const journal::MailboxCounts& counts) {
  const std::pair<std::uint64_t, std::string_view> numbers[] = {
      {meant_for(counts).messages, "planned"}, {counts.stored.messages, "stored"},
      {counts.planned.messages, "to send"},    {counts.intended.messages, "in doubt"},
      {counts.refused.messages, "refused"},    {counts.skipped.messages, "skipped"},
      {mailbox.existed_before, "there before"}};
  std::string text;
  for (const auto& [number, what] : numbers) {
    if (number > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, what);
  }
  return text.empty() ? "no messages" : text;
}

constexpr std::size_t kNumberColumns = 76;  ///< of a row, all but the name

}  // namespace

Result<Totals> write_mailbox_table(TextOutput& out, const journal::Journal& journal,
                                   std::size_t columns) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox all, journal.counts_by_mailbox());
  std::size_t width = 7;
  for (const auto& mailbox : mailboxes)
    width = std::max(width, std::min(kNameColumns, printable(mailbox.name).size()));
  const bool in_blocks = columns != kAnyColumns && columns < width + kNumberColumns;
  Totals totals;
  if (!mailboxes.empty() && !in_blocks) {
    MBOXFERRY_TRY(out.write(fmt::format("  {:{}} {:>10} {:>10} {:>10} {:>8} {:>8} {:>8} {:>12}\n",
                                        "mailbox", width, "planned", "stored", "to send",
                                        "in doubt", "refused", "skipped", "there before")));
  }
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const journal::MailboxCounts counts = counts_of(all, mailbox.id);
    const std::string_view renewed = mailbox.renewed ? "  (UIDVALIDITY changed)" : "";
    if (in_blocks) {
      MBOXFERRY_TRY(out.write(fmt::format("  {}{}\n    {}\n", printable(mailbox.name), renewed,
                                          nonzero_counts(mailbox, counts))));
    } else {
      MBOXFERRY_TRY(out.write(fmt::format(
          "  {:{}} {:>10} {:>10} {:>10} {:>8} {:>8} {:>8} {:>12}{}\n",
          shortened_in_middle(mailbox.name, width), width, meant_for(counts).messages,
          counts.stored.messages, counts.planned.messages, counts.intended.messages,
          counts.refused.messages, counts.skipped.messages, mailbox.existed_before, renewed)));
    }
    add(totals.meant, meant_for(counts));
    add(totals.counts.planned, counts.planned);
    add(totals.counts.intended, counts.intended);
    add(totals.counts.stored, counts.stored);
    add(totals.counts.refused, counts.refused);
    add(totals.counts.skipped, counts.skipped);
  }
  return totals;
}

namespace {

/// "12 CANNOT, 3 TOOBIG, 1 without a code". A server may give every refusal a code of its own.
Result<std::string> counted_by_code(const journal::Journal& journal) {
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t without = 0;
  std::uint64_t others = 0;
  MBOXFERRY_TRY(
      journal.each(journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        const auto known = counts.find(row.code);
        if (row.code.empty()) {
          ++without;
        } else if (known != counts.end()) {
          ++known->second;
        } else if (counts.size() < kCodesCounted) {
          counts.emplace(row.code, 1);
        } else {
          ++others;
        }
        return ok();
      }));
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  std::vector<std::string> parts;
  for (const auto& [code, count] : sorted) {
    if (parts.size() < kCodesShown) {
      parts.push_back(fmt::format("{} {}", count, printable(code)));
    } else {
      others += count;
    }
  }
  if (without > 0) parts.push_back(fmt::format("{} without a code", without));
  if (others > 0) parts.push_back(fmt::format("{} with other codes", others));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

message::Title title_or_nothing(const TitleOf& title_of, const journal::MessageRow& row) {
  return title_of ? title_of(row).value_or(message::Title{}) : message::Title{};
}

std::string title_line(const TitleOf& title_of, const journal::MessageRow& row) {
  const message::Title title = title_or_nothing(title_of, row);
  std::string line;
  const auto add = [&](const std::string& part) { line += (line.empty() ? "" : ", ") + part; };
  if (!title.subject.empty()) add('"' + shortened(title.subject, kTitleColumns) + '"');
  if (!title.from.empty()) add("from " + shortened(title.from, kTitleColumns));
  add(to_rfc3339(row.date).substr(0, 10));
  add(human_bytes(row.wire_size));
  if (!title.message_id.empty()) add(shortened(title.message_id, kTitleColumns));
  return line;
}

Result<void> write_refused_lines(TextOutput& out, const journal::Journal& journal,
                                 const TitleOf& title_of, std::uint64_t count) {
  MBOXFERRY_ASSIGN(const auto names, folder_names(journal));
  MBOXFERRY_ASSIGN(const std::string codes, counted_by_code(journal));
  MBOXFERRY_TRY(out.write("refused: " + codes + "\n"));
  std::size_t shown = 0;
  const Error enough{ErrorCode::internal, "enough", ""};
  const auto listed =
      journal.each(journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        if (shown++ == kRefusedShown) return enough;
        const auto name = names.find(row.folder);
        MBOXFERRY_TRY(out.write(fmt::format(
            "  {} at byte {}: {}{}{}\n", name == names.end() ? "?" : printable(name->second),
            row.offset, printable(row.code), row.code.empty() || row.text.empty() ? "" : ": ",
            shortened(row.text, 200))));
        return out.write("    " + title_line(title_of, row) + "\n");
      });
  if (!listed && shown <= kRefusedShown) return listed.error();
  if (count > kRefusedShown) {
    MBOXFERRY_TRY(
        out.write(fmt::format("  and {} more; --json lists all\n", count - kRefusedShown)));
  }
  return out.write(
      fmt::format("  kept with their reasons in {}.refused.mbox; mboxferry retry sends them once "
                  "more\n",
                  printable(journal.path())));
}

namespace {

/// Why messages were left out, and how many for each reason.
Result<void> write_left_out_line(TextOutput& out, const journal::Journal& journal) {
  std::map<std::string, std::uint64_t> reasons;
  MBOXFERRY_TRY(
      journal.each(journal::State::skipped, 0, [&](const journal::MessageRow& row) -> Result<void> {
        ++reasons[row.code];
        return ok();
      }));
  std::vector<std::string> parts;
  for (const auto& [code, count] : reasons)
    parts.push_back(fmt::format("{} {}", count, printable(code)));
  if (parts.empty()) return ok();
  return out.write(
      fmt::format("skipped: {}; the JSON report lists them\n", fmt::join(parts, ", ")));
}

/// What a mailbox's messages lost on the way.
Result<void> write_losses(TextOutput& out, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  MBOXFERRY_ASSIGN(const auto lost_flags, noted_numbers(journal, journal::kLostFlagsNotes));
  MBOXFERRY_ASSIGN(const auto date_corrections,
                   noted_numbers(journal, journal::kDateCorrectionsNotes));
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const auto flags = lost_flags.find(mailbox.id);
    const auto dates = date_corrections.find(mailbox.id);
    if (flags != lost_flags.end() && flags->second > 0)
      MBOXFERRY_TRY(
          out.write(fmt::format("{}: {} lost a flag or keyword that the mailbox does not "
                                "keep\n",
                                printable(mailbox.name), counted(flags->second, "message"))));
    if (dates != date_corrections.end() && dates->second > 0)
      MBOXFERRY_TRY(
          out.write(fmt::format("{}: {} with another date, because the first one cannot "
                                "be\n",
                                printable(mailbox.name), counted(dates->second, "message"))));
  }
  return ok();
}

}  // namespace

Result<void> write_job_summary(TextOutput& out, const journal::Journal& journal,
                               const RunFacts& run, std::size_t columns) {
  const std::string account = printable(run.account());
  Spool table;
  MBOXFERRY_ASSIGN(const Totals totals, write_mailbox_table(table, journal, columns));
  const std::uint64_t stored = totals.counts.stored.messages;
  const std::string took = human_duration(run.seconds.value_or(0));
  if (run.verdict == "complete" && run.messages_now == 0 && stored > 0 &&
      stored == totals.meant.messages) {
    MBOXFERRY_TRY(out.write(fmt::format("complete: {}: nothing to do: all {} are there ({}); {}\n",
                                        account, counted(stored, "message"),
                                        human_bytes(totals.counts.stored.bytes), took)));
  } else {
    MBOXFERRY_TRY(out.write(fmt::format(
        "{}: {}: {} of {} stored ({}), {} refused, {} skipped; {} in {} now\n",
        verdict_words(run.verdict), account, stored, counted(totals.meant.messages, "message"),
        human_bytes(totals.counts.stored.bytes), totals.counts.refused.messages,
        totals.counts.skipped.messages, run.messages_now, took)));
    MBOXFERRY_TRY(table.copy_to(out));
  }
  if (totals.counts.skipped.messages > 0) MBOXFERRY_TRY(write_left_out_line(out, journal));
  MBOXFERRY_ASSIGN(const auto senders, sender_facts(journal, kMostSenderSums));
  if (senders) MBOXFERRY_TRY(out.write(sender_lines(*senders, "")));
  MBOXFERRY_TRY(write_losses(out, journal));
  MBOXFERRY_ASSIGN(const auto notes, notes_about(journal));
  for (const std::string& note : notes) MBOXFERRY_TRY(out.write("note: " + note + "\n"));
  if (totals.counts.refused.messages > 0) {
    MBOXFERRY_TRY(write_refused_lines(out, journal, run.title_of, totals.counts.refused.messages));
  }
  MBOXFERRY_TRY(write_unread_lines(out, journal));
  // Where all is stored and something is wrong with it, the same command helps nobody.
  const bool has_more = totals.counts.planned.messages + totals.counts.intended.messages > 0;
  if (run.verdict == "interrupted" || run.verdict == "unfinished" ||
      (run.verdict == "failed" && has_more)) {
    MBOXFERRY_TRY(out.write("run the same command again to go on where this ended\n"));
  }
  return out.write(fmt::format("journal: {}\n", printable(journal.path())));
}

}  // namespace mboxferry::report
