// SPDX-License-Identifier: Apache-2.0
// Makes the plan of a dry run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/transfer/plan_job.h"
#include "mboxferry/transfer/verify.h"
#include "transfer/check/filed_mail.h"
#include "transfer/check/presence.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/estimate.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Makes the plan of one job.
class Planner {
 public:
  Planner(const JobSettings& settings, Observer& observer, const Cancellation& interrupt)
      : settings_(settings), tracker_(observer), interrupt_(interrupt) {}

  Result<Plan> run();

 private:
  Result<void> open_journal();
  Result<void> continue_journal();
  Result<void> read_archives(const UnreadFiles& not_read);
  Result<void> list_unread(Plan& plan) const;
  Result<void> list_senders(Plan& plan) const;
  Result<std::map<journal::MailboxId, std::uint64_t>> doubtful_places();
  Result<PlannedMailbox> ask(journal::MailboxRow row);
  Result<void> skip_mail_of_others(const ReadyMailbox& ready);
  Result<void> foresee_name(journal::MailboxRow& row);
  /// False when the server says that there can be no mailbox of that name.
  Result<bool> takes_name(const std::string& name);
  Result<std::vector<Presence>> look_for_copies();
  Result<void> tell(const Result<std::vector<std::string>>& notices);
  void judge(Plan& plan, const std::vector<Presence>& presences) const;
  void judge_journal(Plan& plan) const;
  void judge_stored(Plan& plan, std::uint64_t refused) const;
  Result<void> compare_stored();
  Result<void> look_for_filed_mail();
  Result<TimeEstimate> estimate();
  /// How fast the server takes mail, with messages of our own.
  Result<void> measure_pace(EstimateFacts& facts);
  template <typename Ask>
  auto timed(const Ask& ask) -> decltype(ask());

  JobSettings settings_;
  Tracker tracker_;
  const Cancellation& interrupt_;
  std::vector<SourceFolder> sources_;
  std::unique_ptr<journal::Journal> journal_;
  bool continues_ = false;             ///< it is a copy of the one that the real run goes on with
  std::optional<Error> shared_;        ///< a mailbox that two folders would be in
  std::optional<FiledMail> filed_;     ///< mail that would go into other mailboxes
  std::optional<Error> cannot_begin_;  ///< why the real run cannot use it
  Result<VerifyResult> compared_ = VerifyResult();  ///< what earlier runs have done
  std::unique_ptr<imap::ReadOnlyTarget> target_;
  Directory directory_;
  std::optional<imap::Quota> quota_;
  journal::Count to_send_;                  ///< without what is refused beforehand
  std::vector<std::string> refused_names_;  ///< in every spelling
  double reading_ = 0;                      ///< seconds
  std::optional<double> round_trip_;        ///< seconds, the shortest question so far
};

/// Asks the server something, and notes how long it took.
template <typename Ask>
auto Planner::timed(const Ask& ask) -> decltype(ask()) {
  const auto begun = system_clock().now();
  auto answer = ask();
  const double took = std::chrono::duration<double>(system_clock().now() - begun).count();
  round_trip_ = std::min(round_trip_.value_or(took), took);
  return answer;
}

}  // namespace mboxferry::transfer
