// SPDX-License-Identifier: Apache-2.0
// A job compared with the server, and the verdict about it: for `verify` and `batch --verify`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/verify_report.h"
#include "mboxferry/transfer/verify.h"

namespace mboxferry::cli {

/// What was not looked at in the archive.
struct NotRead {
  bool unfinished = false;   ///< or the job was never run
  std::uint64_t unread = 0;  ///< parts that may be mail
  bool unread_accepted = false;
};

/// How a job compares with the server.
struct Comparison {
  transfer::VerifyResult result;
  journal::MailboxCounts counts;
  NotRead archive;

  struct Judgement {
    std::string verdict;  ///< as in jobs/schema/verify.json
    int status = 0;       ///< the exit status
  };
  [[nodiscard]] Judgement judgement() const;
  /// "40 messages checked, 1 missing, 0 different, 0 unexpected", and what else is to be said.
  [[nodiscard]] std::string summary() const;
};

/// Shows `tell` every difference but those that the server makes by itself. Changes only the
/// journal's notes. Errors: those of transfer::verify_job(), and what `tell` returns.
Result<Comparison> compare_job(journal::Journal& journal, imap::ReadOnlyTarget& target,
                               const transfer::VerifyOptions& options,
                               const std::function<Result<void>(const transfer::Difference&)>& tell,
                               const Cancellation& interrupt);

/// A difference as reports have it.
report::VerifyRow verify_row(const transfer::Difference& difference);

}  // namespace mboxferry::cli
