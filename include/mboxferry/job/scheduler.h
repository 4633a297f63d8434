// SPDX-License-Identifier: Apache-2.0
// Runs the accounts of a ledger, several at once.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/transfer/progress.h"

namespace mboxferry::job {

/// What is done with one account. Called from several threads, for different accounts.
class AccountWork {
 public:
  AccountWork() = default;
  AccountWork(const AccountWork&) = delete;
  AccountWork& operator=(const AccountWork&) = delete;
  virtual ~AccountWork() = default;

  /// `interrupt`: finish what is in flight; the outcome is `waiting` then.
  virtual Outcome run(const Entry& entry, transfer::Observer& observer,
                      const Cancellation& interrupt) = 0;
};

/// One account at work, as it was last heard of.
struct AccountAtWork {
  std::string account;
  transfer::Progress progress;
};

/// Where the batch stands.
struct BatchProgress {
  Standing standing;
  journal::Count stored_now;          ///< in this run, by all accounts
  std::uint64_t bytes_under_way = 0;  ///< of the archives at work, what is done of them
  std::vector<AccountAtWork> at_work;
  std::string waiting;  ///< why nobody works though accounts wait; empty: somebody does
};

/// Hears what happens; one call at a time, from any thread.
class BatchObserver {
 public:
  BatchObserver() = default;
  BatchObserver(const BatchObserver&) = delete;
  BatchObserver& operator=(const BatchObserver&) = delete;
  virtual ~BatchObserver() = default;

  virtual void progress(const BatchProgress& progress) = 0;
  /// A line about an account; never a secret.
  virtual void notice(std::string_view account, std::string_view line) = 0;
};

struct SchedulerLimits {
  int accounts_at_once = 4;
  int accounts_per_place = 4;  ///< `host:port`
};

/// Runs every account of the ledger that waits, until none does or the user interrupts. One
/// account's trouble stops no other. A place that does not answer is left alone for a while, and
/// then given up for this run. Errors: those of the ledger only.
Result<void> run_accounts(Ledger& ledger, AccountWork& work, const SchedulerLimits& limits,
                          BatchObserver& observer, Clock& clock, const Cancellation& interrupt);

}  // namespace mboxferry::job
