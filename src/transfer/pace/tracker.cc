// SPDX-License-Identifier: Apache-2.0
// Progress, throttled.
#include "transfer/pace/tracker.h"

#include <utility>

namespace mboxferry::transfer {

namespace {
constexpr std::chrono::milliseconds kBetweenCalls{100};
constexpr std::chrono::seconds kLimitShown{1};
}  // namespace

void Tracker::update(const std::function<void(Progress&)>& change) {
  const std::scoped_lock lock(mutex_);
  change(progress_);
  tell(false);
}

void Tracker::enter(Progress::Phase phase, std::string_view mailbox) {
  const std::scoped_lock lock(mutex_);
  progress_.phase = phase;
  progress_.mailbox = mailbox;
  tell(true);
}

Progress Tracker::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return progress_;
}

void Tracker::progress(const Progress& progress) {
  const std::scoped_lock lock(mutex_);
  progress_ = progress;
  tell(true);
}

void Tracker::notice(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  observer_.notice(line);
}

void Tracker::tell(bool at_once) {
  const auto now = std::chrono::steady_clock::now();
  if (!at_once && now - told_ < kBetweenCalls) return;
  told_ = now;
  show_waiting(now);
  observer_.progress(progress_);
}

void Tracker::show_waiting(std::chrono::steady_clock::time_point now) {
  if (!waits_.empty()) {
    progress_.waiting = waits_.front().why;
    progress_.waiting_left = waits_.front().left;
    return;
  }
  const bool slowed = !limit_.empty() && now - limited_at_ < kLimitShown;
  progress_.waiting = slowed ? limit_ : "";
  progress_.waiting_left = {};
}

void Tracker::limited(const std::string& description) {
  const std::scoped_lock lock(mutex_);
  limit_ = description;
  limited_at_ = std::chrono::steady_clock::now();
  tell(false);
}

WaitNotice::WaitNotice(Tracker& tracker, std::string why, std::chrono::milliseconds wait)
    : tracker_(tracker) {
  const std::scoped_lock lock(tracker_.mutex_);
  wait_ = tracker_.waits_.insert(tracker_.waits_.end(), {std::move(why), wait});
  tracker_.tell(true);
}

WaitNotice::~WaitNotice() {
  const std::scoped_lock lock(tracker_.mutex_);
  tracker_.waits_.erase(wait_);
  tracker_.tell(true);
}

void WaitNotice::left(std::chrono::milliseconds left) {
  const std::scoped_lock lock(tracker_.mutex_);
  wait_->left = left;
  tracker_.tell(false);
}

std::string_view phase_name(Progress::Phase phase) {
  switch (phase) {
    case Progress::Phase::reading:
      return "reading";
    case Progress::Phase::connecting:
      return "connecting";
    case Progress::Phase::reconciling:
      return "reconciling";
    case Progress::Phase::sending:
      return "sending";
    case Progress::Phase::verifying:
      return "verifying";
    case Progress::Phase::done:
      return "done";
  }
  return "";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::complete:
      return "complete";
    case Verdict::refused:
      return "refused";
    case Verdict::incomplete:
      return "incomplete";
    case Verdict::failed:
      return "failed";
    case Verdict::interrupted:
      return "interrupted";
  }
  return "";
}

std::string_view verdict_name(const Error& error) {
  switch (error.code) {
    case ErrorCode::interrupted:
      return verdict_name(Verdict::interrupted);
    case ErrorCode::try_later:
    case ErrorCode::unavailable:
      return "unfinished";
    default:
      return verdict_name(Verdict::failed);
  }
}

}  // namespace mboxferry::transfer
