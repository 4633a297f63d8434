// SPDX-License-Identifier: Apache-2.0
// Threads that take one account after the other.
#include "mboxferry/job/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "mboxferry/base/thread.h"

namespace mboxferry::job {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{200};

/// One run over all accounts.
class Run {
 public:
  Run(Ledger& ledger, AccountWork& work, const SchedulerLimits& limits, BatchObserver& observer,
      Clock& clock, const Cancellation& interrupt)
      : ledger_(ledger),
        work_(work),
        limits_(limits),
        observer_(observer),
        clock_(clock),
        interrupt_(interrupt) {}

  Result<void> go();

 private:
  class Listener;

  void worker();
  /// The next account; nothing when this worker is needed no more.
  std::optional<Entry> next();
  void run_one(const Entry& entry);
  void fail(const Error& error);
  /// With the mutex held.
  Result<void> tell();

  Ledger& ledger_;
  AccountWork& work_;
  const SchedulerLimits limits_;
  BatchObserver& observer_;
  Clock& clock_;
  const Cancellation& interrupt_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, std::pair<Entry, transfer::Progress>> at_work_;
  journal::Count stored_before_;  ///< by the accounts that have ended in this run
  int workers_ = 0;
  std::optional<Error> failure_;
};

/// Keeps what one account tells.
class Run::Listener final : public transfer::Observer {
 public:
  Listener(Run& run, const Entry& entry) : run_(run), entry_(entry) {}

  void progress(const transfer::Progress& progress) override {
    const std::lock_guard guard(run_.mutex_);
    const auto mine = run_.at_work_.find(entry_.id);
    if (mine != run_.at_work_.end()) mine->second.second = progress;
  }
  void notice(std::string_view line) override {
    const std::lock_guard guard(run_.mutex_);
    run_.observer_.notice(entry_.account, line);
  }

 private:
  Run& run_;
  const Entry& entry_;
};

/// What is done of an archive, in bytes of the archive: the smaller of what is read and stored.
std::uint64_t done_of(const Entry& entry, const transfer::Progress& progress) {
  if (progress.total.bytes == 0 || progress.archive_bytes == 0) return 0;
  const double stored = static_cast<double>(progress.stored.bytes) /
                        static_cast<double>(std::max(progress.total.bytes, progress.stored.bytes));
  const double read = std::min(
      1.0, static_cast<double>(progress.read_bytes) / static_cast<double>(progress.archive_bytes));
  // Totals grow with what is read.
  const double share = progress.totals_known ? stored : stored * read;
  return static_cast<std::uint64_t>(share * static_cast<double>(entry.size));
}

void Run::fail(const Error& error) {
  if (!failure_) failure_ = error;
  changed_.notify_all();
}

std::optional<Entry> Run::next() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (failure_ || interrupt_.requested()) return std::nullopt;
    auto taken = ledger_.take(limits_.accounts_per_place, clock_.now());
    if (!taken) {
      fail(taken.error());
      return std::nullopt;
    }
    if (*taken) {
      at_work_[(*taken)->id] = {**taken, {}};
      return std::move(*taken);
    }
    const auto standing = ledger_.standing();
    if (!standing) {
      fail(standing.error());
      return std::nullopt;
    }
    if (standing->waiting == 0) return std::nullopt;
    // Their turn comes when another has ended, or a server has been left alone for long enough.
    changed_.wait_for(lock, kBetweenLooks);
  }
}

void Run::run_one(const Entry& entry) {
  Listener listener(*this, entry);
  Outcome outcome;
  const auto run = guarded([&]() -> Result<void> {
    outcome = work_.run(entry, listener, interrupt_);
    return ok();
  });
  if (!run) outcome.what = describe(run.error());
  const std::lock_guard guard(mutex_);
  at_work_.erase(entry.id);
  stored_before_.messages += outcome.messages_now;
  stored_before_.bytes += outcome.bytes_now;
  if (const auto settled = ledger_.settle(entry, outcome, clock_.now()); !settled) {
    fail(settled.error());
  }
  if (!outcome.what.empty() && outcome.state != AccountState::complete) {
    observer_.notice(entry.account, outcome.what);
  }
  changed_.notify_all();
}

void Run::worker() {
  const auto worked = guarded([this]() -> Result<void> {
    while (const auto entry = next()) run_one(*entry);
    return ok();
  });
  const std::lock_guard guard(mutex_);
  if (!worked) fail(worked.error());
  --workers_;
  changed_.notify_all();
}

Result<void> Run::tell() {
  MBOXFERRY_ASSIGN(const Standing standing, ledger_.standing());
  BatchProgress progress{standing, stored_before_, 0, {}, ""};
  for (const auto& [id, one] : at_work_) {
    progress.stored_now.messages += one.second.stored_now.messages;
    progress.stored_now.bytes += one.second.stored_now.bytes;
    progress.bytes_under_way += done_of(one.first, one.second);
    progress.at_work.push_back({one.first.account, one.second});
  }
  if (at_work_.empty() && standing.waiting > 0)
    progress.waiting = "servers that did not answer are left alone for a while";
  observer_.progress(progress);
  return ok();
}

Result<void> Run::go() {
  std::vector<std::thread> threads;
  const int wanted = std::max(limits_.accounts_at_once, 1);
  threads.reserve(static_cast<std::size_t>(wanted));
  std::unique_lock lock(mutex_);
  while (workers_ < wanted) {
    auto thread = start_thread([this] { worker(); });
    if (!thread) {
      if (threads.empty()) {
        fail(thread.error());
      } else {
        observer_.notice("", fmt::format("{}; going on with {} account{} at once",
                                         thread.error().what, workers_, workers_ == 1 ? "" : "s"));
      }
      break;
    }
    threads.push_back(std::move(*thread));
    ++workers_;
  }
  while (workers_ > 0) {
    if (const auto told = tell(); !told) fail(told.error());
    changed_.wait_for(lock, kBetweenLooks, [this] { return workers_ == 0; });
  }
  const auto told = tell();
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  if (failure_) return *failure_;
  return told;
}

}  // namespace

Result<void> run_accounts(Ledger& ledger, AccountWork& work, const SchedulerLimits& limits,
                          BatchObserver& observer, Clock& clock, const Cancellation& interrupt) {
  return Run(ledger, work, limits, observer, clock, interrupt).go();
}

}  // namespace mboxferry::job
