// SPDX-License-Identifier: Apache-2.0
// Collects where a job stands and tells the observer, not too often.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include "mboxferry/transfer/progress.h"

namespace mboxferry::transfer {

/// Shared by the job's threads; serialises the calls to the observer.
class Tracker final : public Observer {
 public:
  explicit Tracker(Observer& observer) : observer_(observer) {}

  /// Changes the progress and passes it on when the last time is long enough ago.
  void update(const std::function<void(Progress&)>& change);
  void enter(Progress::Phase phase, std::string_view mailbox = {});
  [[nodiscard]] Progress snapshot() const;
  /// A limit slows the job down just now; shown for a second, unless something waits.
  void limited(const std::string& description);

  void progress(const Progress& progress) override;
  void notice(std::string_view line) override;

 private:
  friend class WaitNotice;
  struct Wait {
    std::string why;
    std::chrono::milliseconds left;
  };

  void tell(bool at_once);
  void show_waiting(std::chrono::steady_clock::time_point now);

  Observer& observer_;
  mutable std::mutex mutex_;
  Progress progress_;
  std::chrono::steady_clock::time_point told_{};
  std::list<Wait> waits_;  ///< one a waiting thread at most
  std::string limit_;
  std::chrono::steady_clock::time_point limited_at_{};
};

/// Shows why a thread of the job waits, for as long as it lives. Of several the oldest is shown.
class WaitNotice {
 public:
  WaitNotice(Tracker& tracker, std::string why, std::chrono::milliseconds wait);
  WaitNotice(const WaitNotice&) = delete;
  WaitNotice& operator=(const WaitNotice&) = delete;
  ~WaitNotice();

  /// To be called now and then.
  void left(std::chrono::milliseconds left);

 private:
  Tracker& tracker_;
  std::list<Tracker::Wait>::iterator wait_;
};

}  // namespace mboxferry::transfer
