// SPDX-License-Identifier: Apache-2.0
// One job from beginning to end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/transfer/job.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/pace/daily_budget.h"
#include "transfer/pace/early_connections.h"
#include "transfer/pace/reconnect.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/index_pass.h"
#include "transfer/plan/start_check.h"
#include "transfer/source/source_folders.h"
#include "transfer/target/throttled_target.h"
#include "transfer/upload/crew.h"

namespace mboxferry::transfer {

/// Opens the archives and the journal, sends, compares, and concludes. Used once, by one thread.
class JobRunner {
 public:
  JobRunner(const JobSettings& settings, const Environment& environment, Observer& observer,
            const Cancellation& interrupt, bool may_look_again)
      : settings_(settings),
        environment_(environment),
        tracker_(observer),
        interrupt_(interrupt),
        may_look_again_(may_look_again),
        throttle_(settings.limits, *environment.clock),
        budget_(settings.limits, *environment.clock) {
    const BatchBound bound = largest_batch(
        settings_.limits, static_cast<std::size_t>(std::max(settings_.connections.most, 1)));
    settings_.batch.messages = std::min(settings_.batch.messages, bound.messages);
    settings_.batch.bytes = std::min(settings_.batch.bytes, bound.bytes);
  }

  Result<Verdict> run();
  [[nodiscard]] journal::Count stored_now() const { return tracker_.snapshot().stored_now; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] const std::vector<Error>& unwritten() const { return unwritten_; }

 private:
  static constexpr int kFirstTries = 2;

  Result<void> open();
  Result<void> keep_notes();
  Result<void> plan_refused_again();
  Result<void> begin_progress();
  Result<void> transfer_all();
  Result<std::unique_ptr<imap::Target>> connect(const imap::BeforeLogin& before_login = {});
  void pass_on_notices();
  void connect_others();
  /// The first connection, and what it tells about the account.
  Result<void> meet();
  template <typename Attempt>
  auto with_second_chances(const Attempt& attempt) -> decltype(attempt());
  Result<void> wait_for_index();
  Result<void> take_over();
  Result<void> check_start();
  Result<void> send_everything();
  Result<void> note_pace();
  Result<void> note_tallies();
  /// True when nothing may be created or sent before every message is indexed.
  [[nodiscard]] bool index_first() const;
  Result<Verdict> verify();
  Result<Verdict> conclude(const Result<void>& transferred);
  Result<void> note_end(bool transferred, const Result<Verdict>& verdict);

  JobSettings settings_;
  const Environment& environment_;
  Tracker tracker_;
  const Cancellation& interrupt_;
  const bool may_look_again_;  ///< an archive that is written to ends the run without a verdict
  Throttle throttle_;
  DailyBudget budget_;
  std::vector<SourceFolder> sources_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<imap::Target> target_;
  EarlyConnections others_{[this](const auto& before_login) { return connect(before_login); }};
  std::optional<Directory> directory_;
  std::optional<MailboxBook> book_;
  FlagLimitsOf limits_;  ///< of the mailboxes that were opened in this run
  std::optional<IndexGate> gate_;
  std::optional<IndexPass> index_pass_;
  std::optional<StartCheck> start_check_;
  SendRecord record_;
  bool is_new_ = false;                  ///< no run before wrote this journal
  bool was_complete_ = false;            ///< or incomplete, as the run before noted it
  std::string reason_;                   ///< what was not read
  std::optional<std::string> verified_;  ///< what comparing with the server found
  std::vector<Error> unwritten_;         ///< what could not be written at the end
};

/// A server that never answered is more likely a wrong name than a bad moment; one that hung up
/// gets a second chance, and one that has stored mail in this run more of them.
template <typename Attempt>
auto JobRunner::with_second_chances(const Attempt& attempt) -> decltype(attempt()) {
  for (Outage outage(kFirstTries, settings_.retry_for);;) {
    auto done = attempt();
    if (done) return done;
    const Error error = done.error();
    const std::chrono::milliseconds patient = patience(settings_, tracker_);
    const bool again = error.retry.when == Retry::When::now ||
                       (error.retry.when == Retry::When::later && patient.count() > 0);
    if (error.scope != ErrorScope::session || !again) return error;
    target_.reset();
    MBOXFERRY_ASSIGN(const bool waited,
                     outage.wait(error, patient, tracker_, *environment_.clock, interrupt_));
    if (!waited) return patient.count() > 0 ? given_up(error) : error;
  }
}

}  // namespace mboxferry::transfer
