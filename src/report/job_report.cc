// SPDX-License-Identifier: Apache-2.0
// The report of a job as JSON.
#include "mboxferry/report/job_report.h"

#include <cstdlib>
#include <map>

#include "mboxferry/report/json_stream.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

Result<void> write_noted(JsonStream& json, std::string_view name, const journal::Journal& journal,
                         const std::string& note) {
  MBOXFERRY_ASSIGN(const auto value, noted_number(journal, note));
  json.key(name);
  if (value) {
    json.number(*value);
  } else {
    json.null();
  }
  return json.result();
}

Result<void> write_mailboxes(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  for (const journal::MailboxRow& mailbox : mailboxes) {
    MBOXFERRY_ASSIGN(const auto counts, journal.counts(mailbox.id));
    const journal::Count meant = meant_for(counts);
    json.begin_object()
        .member("name", mailbox.name)
        .member("planned", meant.messages)
        .member("stored", counts.stored.messages)
        .member("already_there", mailbox.existed_before)
        .member("refused", counts.refused.messages)
        .member("skipped", counts.skipped.messages)
        .member("bytes", meant.bytes);
    MBOXFERRY_TRY(write_noted(json, "lost_flags", journal, journal::lost_flags_note(mailbox.id)));
    MBOXFERRY_TRY(
        write_noted(json, "date_corrections", journal, journal::date_corrections_note(mailbox.id)));
    json.key("renamed_from");
    if (mailbox.renamed_from.empty()) {
      json.null();
    } else {
      json.text(mailbox.renamed_from);
    }
    json.end_object();
  }
  return json.result();
}

}  // namespace

Result<std::optional<std::uint64_t>> noted_number(const journal::Journal& journal,
                                                  const std::string& note) {
  MBOXFERRY_ASSIGN(const auto value, journal.note(note));
  if (!value) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(std::strtoull(value->c_str(), nullptr, 10));
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

Result<void> write_job_report(TextOutput& out, const journal::Journal* journal,
                              const RunFacts& run) {
  JsonStream json(out);
  json.begin_object().member("schema", "mboxferry.report/1").member("verdict", run.verdict);
  json.key("accounts").begin_array().begin_object();
  json.member("user", run.user).member("host", run.host).member("verdict", run.verdict);
  json.key("mailboxes").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_mailboxes(json, *journal));
  json.end_array();
  json.key("refused").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_reasons(json, *journal, journal::State::refused));
  json.end_array();
  json.key("left_out").begin_array();
  if (journal != nullptr) MBOXFERRY_TRY(write_reasons(json, *journal, journal::State::skipped));
  json.end_array();
  const auto per_second = [&](std::uint64_t count) {
    return run.seconds > 0 ? static_cast<double>(count) / run.seconds : 0.0;
  };
  json.key("seconds").decimal(run.seconds);
  json.key("messages_per_second").decimal(per_second(run.messages_now));
  json.key("bytes_per_second").decimal(per_second(run.bytes_now));
  json.end_object().end_array().end_object().end_line();
  return json.result();
}

}  // namespace mboxferry::report
