// SPDX-License-Identifier: Apache-2.0
// Progress, throttled.
#include "transfer/tracker.h"

namespace mboxferry::transfer {

namespace {
constexpr std::chrono::milliseconds kBetweenCalls{100};
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
  observer_.progress(progress_);
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
    case Verdict::failed:
      return "failed";
    case Verdict::interrupted:
      return "interrupted";
  }
  return "";
}

}  // namespace mboxferry::transfer
