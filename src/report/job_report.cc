// SPDX-License-Identifier: Apache-2.0
// The report of a job as JSON.
#include "mboxferry/report/job_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <sstream>

#include "mboxferry/base/file.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/sender_facts.h"
#include "mboxferry/report/verify_report.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

// A comparison leaves one line for each kind of difference.
constexpr std::size_t kMostComparisonLines = 200;

void write_noted(JsonStream& json, std::string_view name,
                 const std::map<journal::MailboxId, std::uint64_t>& numbers,
                 journal::MailboxId mailbox) {
  const auto found = numbers.find(mailbox);
  json.key(name);
  if (found != numbers.end()) {
    json.number(found->second);
  } else {
    json.null();
  }
}

Result<void> write_mailboxes(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto lists, journal.note(journal::kSenderListsNote));
  MBOXFERRY_ASSIGN(auto senders, journal.sender_totals());
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox all, journal.counts_by_mailbox());
  MBOXFERRY_ASSIGN(const auto lost_flags, noted_numbers(journal, journal::kLostFlagsNotes));
  MBOXFERRY_ASSIGN(const auto date_corrections,
                   noted_numbers(journal, journal::kDateCorrectionsNotes));
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const journal::MailboxCounts counts = counts_of(all, mailbox.id);
    const journal::Count meant = meant_for(counts);
    json.begin_object()
        .member("name", mailbox.name)
        .member("planned", meant.messages)
        .member("stored", counts.stored.messages)
        .member("already_there", mailbox.existed_before)
        .member("refused", counts.refused.messages)
        .member("skipped", counts.skipped.messages)
        .member("bytes", meant.bytes);
    write_noted(json, "lost_flags", lost_flags, mailbox.id);
    write_noted(json, "date_corrections", date_corrections, mailbox.id);
    json.key("renamed_from");
    if (mailbox.renamed_from.empty()) {
      json.null();
    } else {
      json.text(mailbox.renamed_from);
    }
    if (lists) {
      const journal::SenderTotals& totals = senders[mailbox.id];
      json.member("blocked", totals.blocked).member("allowed", totals.allowed);
    }
    json.end_object();
  }
  return json.result();
}

}  // namespace

Result<std::map<journal::MailboxId, std::uint64_t>> noted_numbers(const journal::Journal& journal,
                                                                  const char* prefix) {
  std::map<journal::MailboxId, std::uint64_t> numbers;
  const std::size_t begin = std::string_view(prefix).size();
  MBOXFERRY_TRY(journal.each_note(prefix, [&](const std::string& name, const std::string& value) {
    numbers[std::strtoll(name.c_str() + begin, nullptr, 10)] =
        std::strtoull(value.c_str(), nullptr, 10);
    return ok();
  }));
  return numbers;
}

Result<std::string> noted_text(const journal::Journal& journal, const std::string& note) {
  MBOXFERRY_ASSIGN(const auto value, journal.note(note));
  return value.value_or("");
}

Result<void> each_message(const journal::Journal& journal,
                          const std::function<Result<void>(const journal::FolderRow&,
                                                           const journal::MessageRow&)>& visit) {
  constexpr std::size_t kPage = 1000;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders) {
    journal::MessageId after = 0;
    while (true) {
      MBOXFERRY_ASSIGN(const auto page, journal.messages(folder.id, after, kPage));
      if (page.empty()) break;
      for (const journal::MessageRow& row : page) MBOXFERRY_TRY(visit(folder, row));
      after = page.back().id;
    }
  }
  return ok();
}

journal::Count meant_for(const journal::MailboxCounts& counts) {
  return {
      counts.planned.messages + counts.intended.messages + counts.stored.messages +
          counts.refused.messages,
      counts.planned.bytes + counts.intended.bytes + counts.stored.bytes + counts.refused.bytes};
}

Result<std::map<journal::FolderId, std::string>> folder_names(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  std::map<journal::FolderId, std::string> names;
  for (const journal::FolderRow& folder : folders) names[folder.id] = folder.path;
  return names;
}

Result<void> write_reasons(JsonStream& json, const journal::Journal& journal,
                           journal::State state) {
  MBOXFERRY_ASSIGN(const auto names, folder_names(journal));
  MBOXFERRY_TRY(journal.each(state, 0, [&](const journal::MessageRow& row) -> Result<void> {
    const auto name = names.find(row.folder);
    json.begin_object()
        .member("folder", name == names.end() ? std::string_view() : name->second)
        .member("offset", row.offset)
        .member("code", row.code)
        .member("text", row.text)
        .end_object();
    return json.result();
  }));
  return json.result();
}

namespace {

Result<std::uint64_t> findings_of(const journal::Journal& journal, std::string_view code) {
  std::uint64_t messages = 0;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders) {
    MBOXFERRY_TRY(journal.each_finding(folder.id, [&](const journal::Finding& finding) {
      if (finding.code == code) ++messages;
      return ok();
    }));
  }
  return messages;
}

}  // namespace

Result<std::vector<std::string>> notes_about(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const std::string compared, noted_text(journal, journal::kComparisonNote));
  std::vector<std::string> lines;
  std::istringstream text(compared);
  for (std::string line; lines.size() < kMostComparisonLines && std::getline(text, line);)
    lines.push_back(line);
  std::uint64_t changed = 0;
  MBOXFERRY_TRY(each_status_change(journal, [&](const StatusRow&) {
    ++changed;
    return ok();
  }));
  if (changed > 0)
    lines.push_back("the archive has other flags now than when it was stored: " +
                    counted(changed, "message"));
  MBOXFERRY_ASSIGN(const std::uint64_t rewritten, findings_of(journal, journal::kFileChanged));
  if (rewritten > 0)
    lines.push_back("their files were changed since they were stored, or removed: " +
                    counted(rewritten, "message"));
  MBOXFERRY_ASSIGN(const std::uint64_t cut, findings_of(journal, journal::kLabelsCut));
  if (cut > 0)
    lines.push_back("not all labels are used, as there are more than 256 or 64 KiB of them: " +
                    counted(cut, "message"));
  return lines;
}

namespace {

Result<void> write_notes(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto lines, notes_about(journal));
  for (const std::string& line : lines) json.text(line);
  return json.result();
}

Result<void> write_account(JsonStream& json, const journal::Journal* journal, const RunFacts& run) {
  json.begin_object();
  json.member("user", run.user).member("host", run.host).member("verdict", run.verdict);
  json.member("reason", run.reason);
  if (journal != nullptr) json.member("journal", canonical_path(journal->path()));
  if (run.replaced) json.key("replaced").boolean(true);
  json.key("mailboxes").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_mailboxes(json, *journal));
  json.end_array();
  json.key("refused").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_reasons(json, *journal, journal::State::refused));
  json.end_array();
  json.key("left_out").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_reasons(json, *journal, journal::State::skipped));
  json.end_array();
  json.key("unread").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_unread(json, *journal));
  json.end_array();
  json.key("left_out_files");
  if (journal != nullptr) {
    MBOXFERRY_TRY(write_left_out_files(json, *journal));
  } else {
    json.begin_object().member("files", 0U).member("bytes", 0U).end_object();
  }
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(const auto senders, sender_facts(*journal, kMostSenderSums));
    if (senders) write_sender_facts(json.key("senders"), *senders);
  }
  json.key("notes").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_notes(json, *journal));
  json.end_array();
  const auto decimal_or_null = [&](std::string_view name, std::optional<double> value) {
    json.key(name);
    value ? json.decimal(*value) : json.null();
  };
  const auto per_second = [&](std::uint64_t count) -> std::optional<double> {
    if (!run.seconds) return {};
    return *run.seconds > 0 ? static_cast<double>(count) / *run.seconds : 0.0;
  };
  decimal_or_null("seconds", run.seconds);
  decimal_or_null("messages_per_second", per_second(run.messages_now));
  decimal_or_null("bytes_per_second", per_second(run.bytes_now));
  json.end_object();
  return json.result();
}

constexpr std::array<std::string_view, 6> kVerdictsBestFirst{
    "complete", "refused", "incomplete", "unfinished", "interrupted", "failed"};

}  // namespace

std::string_view worse_verdict(std::string_view one, std::string_view other) {
  const auto rank = [](std::string_view verdict) {
    const auto found = std::find(kVerdictsBestFirst.begin(), kVerdictsBestFirst.end(), verdict);
    return std::min<std::ptrdiff_t>(found - kVerdictsBestFirst.begin(),
                                    kVerdictsBestFirst.size() - 1);
  };
  return kVerdictsBestFirst[static_cast<std::size_t>(std::max(rank(one), rank(other)))];
}

Result<void> write_job_report(TextOutput& out, const AccountSource& accounts) {
  // The verdict stands in front of the accounts, and is known only behind them.
  Spool spool;
  JsonStream list(spool);
  std::string_view verdict = kVerdictsBestFirst.front();
  bool any = false;
  list.begin_array();
  MBOXFERRY_TRY(accounts([&](const RunFacts& run, const journal::Journal* journal) {
    if (!run.replaced) verdict = worse_verdict(verdict, run.verdict);
    any = true;
    return write_account(list, journal, run);
  }));
  list.end_array();
  MBOXFERRY_TRY(list.result());
  // Of no job at all, nobody can say that its mail has arrived.
  if (!any) verdict = worse_verdict(verdict, "unfinished");
  JsonStream json(out);
  json.begin_object().member("schema", "mboxferry.report/1").member("verdict", verdict);
  json.key("accounts").spooled(spool).end_object().end_line();
  return json.result();
}

Result<void> write_job_report(TextOutput& out, const journal::Journal* journal,
                              const RunFacts& run) {
  return write_job_report(out, [&](const AccountVisitor& visit) { return visit(run, journal); });
}

}  // namespace mboxferry::report
