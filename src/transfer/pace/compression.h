// SPDX-License-Identifier: Apache-2.0
// Switches compression on where it makes a job faster.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "transfer/pace/tracker.h"

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

/// From 0 to 1, of the time that passed between two looks at a connection.
struct WireShare {
  double network = 0;    ///< something was on its way, and the other end would have taken more
  double other_end = 0;  ///< it took nothing more; a relay or tunnel looks like that, too
};

/// Nothing where the kernel does not tell.
inline std::optional<WireShare> wire_share(const imap::WireUsage& from, const imap::WireUsage& to,
                                           std::chrono::steady_clock::duration passed) {
  if (!from.busy || !to.busy || !from.window_shut || !to.window_shut) return std::nullopt;
  const double seconds = std::chrono::duration<double>(passed).count();
  if (seconds <= 0) return std::nullopt;
  const auto share = [&](std::chrono::microseconds time) {
    return std::chrono::duration<double>(time).count() / seconds;
  };
  const auto shut = *to.window_shut - *from.window_shut;
  return WireShare{share(*to.busy - *from.busy - shut), share(shut)};
}

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
