// SPDX-License-Identifier: Apache-2.0
// What a job would do, found out without changing anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// One mailbox of a plan; the numbers are those that the report of the real run then has.
struct PlannedMailbox {
  std::string name;
  bool exists = false;
  std::uint64_t planned = 0;
  std::uint64_t oversize = 0;
  std::uint64_t skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t already_there = 0;
  std::uint64_t lost_flags = 0;  ///< messages that lose a flag or keyword
  std::uint64_t receipts = 0;    ///< that ask for a read receipt, and $MDNSent is not kept
  std::uint64_t date_corrections = 0;
  std::uint64_t doubtful = 0;
  std::string renamed_from;    ///< the archive's name when a rule changed it, else empty
  journal::Count stored;       ///< by earlier runs of this job; like the next two not in `planned`
  std::uint64_t in_doubt = 0;  ///< sent by one and not confirmed: looked for before they are sent
  std::uint64_t refused = 0;
  journal::SenderTotals senders;  ///< of all of them
};

/// What sender lists do in a plan: the entries with most messages, and how many there are.
struct PlannedSenders {
  std::vector<journal::SenderSum> sums;
  std::uint64_t sum_count = 0;
};

/// How long the job will take from its beginning, roughly.
struct TimeEstimate {
  double least_seconds = 0;
  double most_seconds = 0;
  std::string rests_on;        ///< what was measured and what was assumed
  bool line_measured = false;  ///< else the line's speed is assumed
};

/// How long many jobs take together, so many at a time over one line. Constant memory.
class TotalTime {
 public:
  /// One of them, which sends so many bytes.
  void add(const TimeEstimate& time, std::uint64_t bytes);
  /// Nothing without a job.
  [[nodiscard]] std::optional<TimeEstimate> with(int jobs_at_once) const;

 private:
  std::uint64_t jobs_ = 0;
  double bytes_ = 0;
  double bytes_over_unknown_line_ = 0;
  TimeEstimate sum_;
  TimeEstimate longest_;
};

struct Plan {
  bool go = false;
  std::vector<std::string> reasons;  ///< why not comes first; then what to know
  std::vector<PlannedMailbox> mailboxes;
  std::vector<journal::UnreadRow> unread;  ///< the first of them; a reason says how many there are
  std::uint64_t left_out_files = 0;        ///< no mail
  std::uint64_t left_out_bytes = 0;
  std::optional<imap::Quota> quota;
  std::uint64_t bytes_needed = 0;             ///< without what is refused beforehand
  std::uint64_t messages_needed = 0;          ///< likewise
  imap::Namespace name_space;                 ///< where the user's mailboxes are
  std::optional<std::uint64_t> append_limit;  ///< bytes of a message, where the server tells it
  TimeEstimate time;
  std::optional<PlannedSenders> senders;  ///< nothing: the job has no lists
};

/// Reads the archives, asks the server, sends nothing that changes it. The plan goes on where the
/// journal of the settings ended, also while a job is at work with that; no journal is written.
Result<Plan> plan_job(const JobSettings& settings, Observer& observer,
                      const Cancellation& interrupt);

}  // namespace mboxferry::transfer
