// SPDX-License-Identifier: Apache-2.0
// Collects where a job stands and tells the observer, not too often.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string_view>

#include "mboxferry/transfer/job.h"

namespace mboxferry::transfer {

/// Shared by the job's threads; serialises the calls to the observer.
class Tracker final : public Observer {
 public:
  explicit Tracker(Observer& observer) : observer_(observer) {}

  /// Changes the progress and passes it on when the last time is long enough ago.
  void update(const std::function<void(Progress&)>& change);
  void enter(Progress::Phase phase, std::string_view mailbox = {});
  [[nodiscard]] Progress snapshot() const;

  void progress(const Progress& progress) override;
  void notice(std::string_view line) override;

 private:
  void tell(bool at_once);

  Observer& observer_;
  mutable std::mutex mutex_;
  Progress progress_;
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace mboxferry::transfer
