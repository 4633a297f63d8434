// SPDX-License-Identifier: Apache-2.0
// Where a job stands, from its journal alone.
#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/journal/lock_file.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

/// The notes that a job leaves in its journal.
struct Notes {
  std::string verdict;   ///< "running" while it runs, and when it was killed
  std::string reason;    ///< why it is not complete
  std::string verified;  ///< what the verification at its end counted
};

Result<Notes> read_notes(const journal::Journal& journal) {
  Notes notes;
  MBOXFERRY_ASSIGN(notes.verdict, noted_text(journal, "verdict"));
  MBOXFERRY_ASSIGN(notes.reason, noted_text(journal, "reason"));
  MBOXFERRY_ASSIGN(notes.verified, noted_text(journal, "verified"));
  return notes;
}

void text_or_null(JsonStream& json, std::string_view name, const std::string& value) {
  json.key(name);
  if (value.empty()) {
    json.null();
  } else {
    json.text(value);
  }
}

struct FolderCounts {
  std::size_t all = 0;
  std::size_t read = 0;
};

Result<FolderCounts> count_folders(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  const auto read = std::count_if(folders.begin(), folders.end(),
                                  [](const auto& folder) { return folder.index_done; });
  return FolderCounts{folders.size(), static_cast<std::size_t>(read)};
}

Result<void> write_mailbox_states(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox all, journal.counts_by_mailbox());
  for (const journal::MailboxRow& mailbox : mailboxes) {
    const journal::MailboxCounts counts = counts_of(all, mailbox.id);
    json.begin_object()
        .member("name", mailbox.name)
        .member("planned", meant_for(counts).messages)
        .member("to_send", counts.planned.messages)
        .member("in_doubt", counts.intended.messages)
        .member("stored", counts.stored.messages)
        .member("already_there", mailbox.existed_before)
        .member("refused", counts.refused.messages)
        .member("skipped", counts.skipped.messages)
        .member("bytes", meant_for(counts).bytes)
        .end_object();
  }
  return json.result();
}

}  // namespace

Result<void> write_status_report(TextOutput& out, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto identity, journal.identity());
  MBOXFERRY_ASSIGN(const Notes notes, read_notes(journal));
  MBOXFERRY_ASSIGN(const FolderCounts folders, count_folders(journal));
  JsonStream json(out);
  json.begin_object()
      .member("schema", "mboxferry.status/1")
      .member("journal", journal.path())
      .member("account", identity.account);
  json.key("archives").texts(journal::archive_paths(identity.archives));
  text_or_null(json, "verdict", notes.verdict);
  text_or_null(json, "reason", notes.reason);
  json.key("folders")
      .begin_object()
      .member("all", folders.all)
      .member("read", folders.read)
      .end_object();
  json.key("mailboxes").begin_array();
  MBOXFERRY_TRY(write_mailbox_states(json, journal));
  json.end_array().key("refused").begin_array();
  MBOXFERRY_TRY(write_reasons(json, journal, journal::State::refused));
  json.end_array().key("unread").begin_array();
  MBOXFERRY_TRY(write_unread(json, journal));
  json.end_array().key("left_out_files");
  MBOXFERRY_TRY(write_left_out_files(json, journal));
  json.end_object().end_line();
  return json.result();
}

Result<void> write_status_summary(TextOutput& out, const journal::Journal& journal,
                                  const TitleOf& title_of, std::size_t columns) {
  MBOXFERRY_ASSIGN(const auto identity, journal.identity());
  MBOXFERRY_ASSIGN(const Notes notes, read_notes(journal));
  MBOXFERRY_ASSIGN(const FolderCounts folders, count_folders(journal));
  const bool ended = !notes.verdict.empty() && notes.verdict != "running";
  const bool running = !ended && journal::LockFile::holder_of(journal.path());
  const std::string words = ended     ? verdict_words(notes.verdict)
                            : running ? "not finished, running"
                                      : "not finished";
  MBOXFERRY_TRY(out.write(fmt::format("{}: {}\n", words, printable(identity.account))));
  if (!notes.reason.empty()) MBOXFERRY_TRY(out.write("  " + printable(notes.reason) + "\n"));
  for (const std::string& archive : journal::archive_paths(identity.archives)) {
    MBOXFERRY_TRY(out.write(fmt::format("  archive {}\n", printable(archive))));
  }
  if (folders.read < folders.all) {
    MBOXFERRY_TRY(out.write(
        fmt::format("  {} of {} read to the end\n", folders.read, counted(folders.all, "folder"))));
  }
  MBOXFERRY_ASSIGN(const Totals totals, write_mailbox_table(out, journal, columns));
  if (ended && !notes.verified.empty()) {
    MBOXFERRY_TRY(out.write("  verified: " + printable(notes.verified) + "\n"));
  }
  if (totals.counts.refused.messages > 0) {
    MBOXFERRY_TRY(write_refused_lines(out, journal, title_of, totals.counts.refused.messages));
  }
  return write_unread_lines(out, journal);
}

}  // namespace mboxferry::report
