// SPDX-License-Identifier: Apache-2.0
// Switches compression on where it makes a job faster.
#pragma once

#include <atomic>
#include <cstdint>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "transfer/pace/compress_policy.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// What the connections of a job found out about compressing, so that one tries for all. Any
/// thread.
class CompressionFinding {
 public:
  /// Without `automatic` nothing is tried.
  explicit CompressionFinding(bool automatic)
      : state_(automatic ? State::unknown : State::useless) {}

  /// True for one caller, who tries and then calls settle() or release().
  bool claim();
  void settle(bool worth_it) { state_ = worth_it ? State::worth_it : State::useless; }
  void release() { state_ = State::unknown; }

  [[nodiscard]] bool unknown() const { return state_ == State::unknown; }
  [[nodiscard]] bool worth_it() const { return state_ == State::worth_it; }

 private:
  enum class State { unknown, being_tried, worth_it, useless };
  std::atomic<State> state_;
};

/// Compression of one connection, which must live longer. One thread.
class Compression {
 public:
  Compression(imap::Target& target, CompressionFinding& finding, Tracker& tracker, Clock& clock)
      : target_(target), finding_(finding), tracker_(tracker), clock_(clock) {}
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;
  ~Compression();

  /// To be told each time that messages were stored.
  void stored(std::uint64_t bytes);
  /// True: begin nothing more, and call when_quiet() once everything is answered.
  [[nodiscard]] bool wants_quiet() const { return wants_quiet_; }
  Result<void> when_quiet();

 private:
  void follow(CompressPolicy::Advice advice);
  void settle(bool worth_it);

  imap::Target& target_;
  CompressionFinding& finding_;
  Tracker& tracker_;
  Clock& clock_;
  CompressPolicy policy_;
  std::uint64_t stored_ = 0;
  bool trying_ = false;  ///< for all connections
  bool want_ = true;     ///< what when_quiet() is to bring about
  bool asked_ = false;   ///< the server has agreed or refused
  bool wants_quiet_ = false;
};

}  // namespace mboxferry::transfer
