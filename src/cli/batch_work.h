// SPDX-License-Identifier: Apache-2.0
// What a batch does with one account.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "cli/batch_accounts.h"
#include "mboxferry/job/scheduler.h"
#include "mboxferry/report/plan_report.h"
#include "mboxferry/report/verify_batch.h"
#include "mboxferry/transfer/plan_job.h"

namespace mboxferry::cli {

/// Migrates the account into the state folder's journal for it.
class Migration final : public job::AccountWork {
 public:
  /// `log_folder`: where each account's protocol trace goes; empty: nowhere.
  Migration(const BatchAccounts& accounts, std::string state_folder, std::string log_folder,
            bool retry_refused)
      : accounts_(accounts),
        state_folder_(std::move(state_folder)),
        log_folder_(std::move(log_folder)),
        retry_refused_(retry_refused) {}

  job::Outcome run(const job::Entry& entry, transfer::Observer& observer,
                   const Cancellation& interrupt) override;

 private:
  const BatchAccounts& accounts_;
  const std::string state_folder_;
  const std::string log_folder_;
  const bool retry_refused_;
};

/// Finds out what a migration of the account would do. The outcome's note is its object in a plan.
class DryRun final : public job::AccountWork {
 public:
  /// `state_folder`: where the real run will have its journals; may not be there, or be unknown.
  DryRun(const BatchAccounts& accounts, std::string state_folder)
      : accounts_(accounts), state_folder_(std::move(state_folder)) {}

  job::Outcome run(const job::Entry& entry, transfer::Observer& observer,
                   const Cancellation& interrupt) override;

  /// How long the accounts looked at so far will take, so many at a time; nothing without any.
  [[nodiscard]] std::optional<report::PlanTime> time_with(int accounts_at_once) const;

 private:
  const BatchAccounts& accounts_;
  const std::string state_folder_;
  mutable std::mutex mutex_;
  transfer::TotalTime time_;
};

/// Compares what the account's journal has with the server. The outcome's note is its object in a
/// mboxferry.verify-batch document.
class Verification final : public job::AccountWork {
 public:
  /// `earlier`: what runs before have noted; null: nothing.
  Verification(const BatchAccounts& accounts, std::string state_folder, bool full,
               const job::Ledger* earlier)
      : accounts_(accounts),
        state_folder_(std::move(state_folder)),
        full_(full),
        earlier_(earlier) {}

  job::Outcome run(const job::Entry& entry, transfer::Observer& observer,
                   const Cancellation& interrupt) override;

 private:
  [[nodiscard]] Error nothing_to_compare(const job::Entry& entry, const std::string& journal) const;
  Result<job::Outcome> compare(const job::Entry& entry, transfer::Observer& observer,
                               const Cancellation& interrupt,
                               report::VerifiedAccount& account) const;

  const BatchAccounts& accounts_;
  const std::string state_folder_;
  const bool full_;
  const job::Ledger* const earlier_;
};

}  // namespace mboxferry::cli
