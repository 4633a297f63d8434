// SPDX-License-Identifier: Apache-2.0
// The refused messages of a job, to be tried again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Some of the refused messages; an empty list stands for all.
struct RefusedChoice {
  std::vector<std::string> reasons;    ///< codes, without regard to case and `-`; "none": no code
  std::vector<std::string> mailboxes;  ///< names, maybe with wildcards
};

struct Refusals {
  std::vector<journal::MessageId> chosen;  ///< ascending
  std::set<std::string> reasons;           ///< of all that are refused, as one may name them
};

/// Reads every row of the journal.
Result<Refusals> find_refused(const journal::Journal& journal, const RefusedChoice& choice);

/// Where a job with this journal keeps what the server refused: an mbox file, there while there is
/// any.
std::string quarantine_path(const std::string& journal_path);

/// True when this journal's job has written that file, or was about to. Another program's file of
/// that name is never replaced or removed.
Result<bool> wrote_quarantine(const journal::Journal& journal);

}  // namespace mboxferry::transfer
