// SPDX-License-Identifier: Apache-2.0
// Waiting between the index pass and the sender.
#include "transfer/upload/index_gate.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace mboxferry::transfer {

bool IndexGate::indexed(std::uint64_t wire_bytes) {
  std::unique_lock lock(mutex_);
  ahead_ += wire_bytes;
  ++position_.generation;
  changed_.notify_all();
  changed_.wait(lock, [this] { return stopped_ || ahead_ < lead_; });
  return !stopped_;
}

void IndexGate::folders_begun(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  if (count <= position_.folders_begun) return;
  position_.folders_begun = count;
  ++position_.generation;
  changed_.notify_all();
}

void IndexGate::folder_done() {
  const std::scoped_lock lock(mutex_);
  ++position_.folders_done;
  position_.folders_begun = std::max(position_.folders_begun, position_.folders_done);
  ++position_.generation;
  changed_.notify_all();
}

void IndexGate::failed(Error error) {
  const std::scoped_lock lock(mutex_);
  error_ = std::move(error);
  ++position_.generation;
  changed_.notify_all();
}

void IndexGate::lift() {
  const std::scoped_lock lock(mutex_);
  lead_ = std::numeric_limits<std::uint64_t>::max();
  changed_.notify_all();
}

void IndexGate::sent(std::uint64_t wire_bytes) {
  const std::scoped_lock lock(mutex_);
  ahead_ -= std::min(ahead_, wire_bytes);
  changed_.notify_all();
}

IndexGate::Position IndexGate::position() const {
  const std::scoped_lock lock(mutex_);
  return position_;
}

void IndexGate::poke() {
  const std::scoped_lock lock(mutex_);
  ++position_.generation;
  changed_.notify_all();
}

Result<void> IndexGate::wait_beyond(const Position& seen, const Cancellation& cancel,
                                    std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  // Who waits has nothing to send: nothing is ahead of it, whatever was counted. Without this,
  // messages that reconciling found would use up the lead for ever.
  ahead_ = 0;
  changed_.notify_all();
  // A signal handler cannot notify, so the wait looks up now and then.
  while (!error_ && position_.generation == seen.generation && !cancel.requested() &&
         std::chrono::steady_clock::now() < until)
    changed_.wait_for(lock, std::min(patience, std::chrono::milliseconds(100)));
  if (error_) return *error_;
  return ok();
}

void IndexGate::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace mboxferry::transfer
