// SPDX-License-Identifier: Apache-2.0
// What a job did, from its journal: for programs and for people.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/message/envelope.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// Gives what a message is called; nothing when that is not known any more.
using TitleOf = std::function<std::optional<message::Title>(const journal::MessageRow&)>;

/// By what people know a message, for one line: its subject, sender, date, size and Message-ID;
/// date and size alone when the rest is not known.
std::string title_line(const TitleOf& title_of, const journal::MessageRow& row);

/// What the journal does not know about a run.
struct RunFacts {
  std::string verdict;  ///< complete, refused, incomplete, unfinished, interrupted, failed
  std::string user;     ///< of a row of a batch that names none: the row
  std::string host;     ///< empty: not known
  std::optional<double> seconds;   ///< nothing: not known
  std::uint64_t messages_now = 0;  ///< stored in this run
  std::uint64_t bytes_now = 0;
  std::string reason = {};  ///< why it is not complete; empty: not known, or nothing to say
  bool replaced = false;    ///< a later job has moved the same archives (job::KnownJob)
  bool running = false;     ///< a process works with it now
  /// What is stored, of a job whose journal was forgotten.
  std::optional<journal::Count> kept = {};
  TitleOf title_of = {};    ///< empty: messages are told without their titles

  /// `user@host`.
  [[nodiscard]] std::string account() const { return host.empty() ? user : user + "@" + host; }
};

/// Takes one account of a report. `journal` may be null when the job ended before there was one.
using AccountVisitor = std::function<Result<void>(const RunFacts&, const journal::Journal*)>;

/// Shows a visitor every account, one after the other, so that only one journal is open at a time.
/// The visitor's error ends the walk.
using AccountSource = std::function<Result<void>(const AccountVisitor&)>;

/// Writes an element of `unread`, which is the same in all documents.
void write_unread_part(JsonStream& json, const journal::UnreadRow& part);

/// The worse of two verdicts, which is that of both together: `complete` is the best, then
/// `refused`, `incomplete`, `unfinished`, `interrupted`, `failed`. One that is not known counts as
/// `failed`.
std::string_view worse_verdict(std::string_view one, std::string_view other);

/// A verdict as people read it: `unfinished` is "not finished" in all texts, as exit status 75 is.
std::string verdict_words(std::string_view verdict);

/// Everything meant for a mailbox: sent, in doubt, refused or still to be sent.
journal::Count meant_for(const journal::MailboxCounts& counts);

/// Schema mboxferry.report/1 (jobs/schema/report.json): each account, and the worst verdict first
/// (`complete` when there is no account). Constant memory.
Result<void> write_job_report(TextOutput& out, const AccountSource& accounts);

/// The same for one account.
Result<void> write_job_report(TextOutput& out, const journal::Journal* journal,
                              const RunFacts& run);

/// One verdict line, a table of mailboxes in lines of so many columns, where refused messages are
/// and how to go on.
Result<void> write_job_summary(TextOutput& out, const journal::Journal& journal,
                               const RunFacts& run, std::size_t columns = kAnyColumns);

/// Schema mboxferry.status/1 (jobs/schema/status.json).
Result<void> write_status_report(TextOutput& out, const journal::Journal& journal);

/// The same for people.
Result<void> write_status_summary(TextOutput& out, const journal::Journal& journal,
                                  const TitleOf& title_of, std::size_t columns = kAnyColumns);

}  // namespace mboxferry::report
