// SPDX-License-Identifier: Apache-2.0
// A job compared with the server, and the verdict about it.
#include "cli/verify_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/exit_codes.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

Result<NotRead> not_read(const journal::Journal& journal) {
  NotRead result;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  result.unfinished =
      folders.empty() || std::any_of(folders.begin(), folders.end(),
                                     [](const auto& folder) { return !folder.index_done; });
  MBOXFERRY_ASSIGN(const journal::Count unread, journal.unread());
  result.unread = unread.messages;
  MBOXFERRY_ASSIGN(result.unread_accepted, journal::unread_accepted(journal));
  return result;
}

}  // namespace

Comparison::Judgement Comparison::judgement() const {
  if (!result.good() || result.twice > 0) return {"failed", kExitFailed};
  if (archive.unfinished || counts.planned.messages + counts.intended.messages > 0)
    return {"unfinished", kExitTryLater};
  // Nobody knows whether that mail is there.
  if (result.existing_unchecked > 0) return {"unfinished", kExitTryLater};
  if (archive.unread > 0 && !archive.unread_accepted) return {"incomplete", kExitRefused};
  if (counts.refused.messages > 0) return {"refused", kExitRefused};
  return {"complete", kExitSuccess};
}

std::string Comparison::summary() const {
  const std::string before =
      result.existing > 0 ? fmt::format(" ({} of them there before the job)", result.existing) : "";
  std::string text = fmt::format("{} checked{}, {} missing, {} different, {} unexpected",
                                 report::counted(result.checked, "message"), before, result.missing,
                                 result.different, result.unexpected);
  if (result.twice > 0) text += fmt::format(" ({} there twice)", result.twice);
  if (counts.refused.messages > 0) text += fmt::format(", {} refused", counts.refused.messages);
  if (archive.unread > 0)
    text += fmt::format(", {} of the archive not read", report::counted(archive.unread, "part"));
  if (const auto left = counts.planned.messages + counts.intended.messages; left > 0) {
    text += fmt::format(", {} not stored yet (run its command again)", left);
  }
  if (result.existing_unchecked > 0) {
    text += fmt::format(
        ", {} not compared that {} there before the job, as the mailbox has other UIDs now (a new "
        "job with --skip-existing looks)",
        result.existing_unchecked, result.existing_unchecked == 1 ? "was" : "were");
  }
  if (archive.unfinished) text += "; the archive was not read to its end (run its command again)";
  return text;
}

Result<Comparison> compare_job(journal::Journal& journal, imap::ReadOnlyTarget& target,
                               const transfer::VerifyOptions& options,
                               const std::function<Result<void>(const transfer::Difference&)>& tell,
                               const Cancellation& interrupt) {
  Result<void> told = ok();
  const auto visit = [&](const transfer::Difference& difference) {
    if (told && difference.judgement != transfer::Difference::Judgement::altered)
      told = tell(difference);
  };
  Comparison comparison;
  transfer::VerifyOptions all = options;
  all.existing = true;
  MBOXFERRY_ASSIGN(comparison.result, transfer::verify_job(journal, target, all, visit, interrupt));
  MBOXFERRY_TRY(told);
  MBOXFERRY_ASSIGN(comparison.counts, journal.counts(0));
  MBOXFERRY_ASSIGN(comparison.archive, not_read(journal));
  return comparison;
}

report::VerifyRow verify_row(const transfer::Difference& difference) {
  return {difference.mailbox,
          difference.folder,
          difference.offset,
          difference.uid,
          difference.what,
          difference.copy_of,
          difference.judgement == transfer::Difference::Judgement::gone_since};
}

}  // namespace mboxferry::cli
