// SPDX-License-Identifier: Apache-2.0
// Whether compressing what is sent makes a job faster.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// Watches one connection and finds out by trying. Compression costs processor time, and helps only
/// where the wire is the limit; but whether a full pipe is a slow network or a slow server cannot
/// be seen from this end (a relay or tunnel between hides it even from the kernel). So:
/// - nothing is tried while much is sent, while this side is busy, or while the wire is idle;
/// - where the kernel says that the network holds things up, compression is tried soon; where it
///   says that the other end takes no more, later, and only if it takes evenly, as lines do and
///   servers seldom;
/// - it stays when mail was stored faster by at least half of what it was shrunk by.
/// One thread.
class CompressPolicy {
 public:
  struct Settings {
    double enough = 14e6;            ///< bytes per second of a job that need no help
    std::chrono::seconds window{2};  ///< how long is measured at a time
    int windows_of_shut_window = 4;  ///< measured before trying when the other end is the limit
  };
  struct Sample {
    std::chrono::steady_clock::time_point at;
    std::uint64_t stored_bytes = 0;  ///< confirmed on this connection so far, as wire form
    std::uint64_t job_bytes = 0;     ///< the same of all the job's connections
    imap::WireUsage wire;
  };
  enum class Advice {
    go_on,     ///< as before
    compress,  ///< let everything be answered, call Target::compress(true), then compressing()
    store,     ///< the same with false: it was not worth it
  };

  CompressPolicy() : CompressPolicy(Settings{}) {}
  explicit CompressPolicy(const Settings& settings) : settings_(settings) {}

  /// To be asked after each answer.
  Advice consider(const Sample& sample);
  /// What came of Advice::compress.
  void compressing(bool on);

  /// Nothing but `go_on` will be advised any more.
  [[nodiscard]] bool decided() const { return state_ == State::kept || state_ == State::given_up; }
  /// Compression was tried and is worth it; other connections to the server need not try.
  [[nodiscard]] bool worth_it() const { return state_ == State::kept; }

 private:
  enum class State { watching, asked, trying, kept, given_up };
  enum class Limit { none, network, other_end };

  [[nodiscard]] Limit limit_between(const Sample& from, const Sample& to) const;
  Advice watch(const Sample& sample);
  void count_window(Limit limit, double rate);
  Advice judge(const Sample& sample);

  Settings settings_;
  State state_ = State::watching;
  std::optional<Sample> from_;
  int answers_ = 0;                 ///< in this window
  int windows_of_shut_window_ = 0;  ///< in a row, all of about the same rate
  double slowest_of_them_ = 0;
  double fastest_of_them_ = 0;
  double rate_before_ = 0;
};

}  // namespace mboxferry::transfer
