// SPDX-License-Identifier: Apache-2.0
// Writing to a terminal or pipe that may not be read for a while.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace mboxferry::report {

/// Writes text to a descriptor, in order, and on a thread of its own where the descriptor may
/// block, so that whoever has something to tell never waits for `less` or a stopped terminal. What
/// waits is bounded: ask ready() before progress is put, which the next line replaces, and
/// has_room() before anything that should not be lost. Failing writes are ignored: a closed
/// terminal must not end a job. One caller at a time.
class BackgroundOutput {
 public:
  explicit BackgroundOutput(int descriptor);
  /// Writes all of it first.
  ~BackgroundOutput();
  BackgroundOutput(const BackgroundOutput&) = delete;
  BackgroundOutput& operator=(const BackgroundOutput&) = delete;

  /// Nothing waits to be written.
  [[nodiscard]] bool ready() const;
  /// True when put() keeps what waits within its bound; false is counted.
  [[nodiscard]] bool has_room();
  /// How often has_room() was false since the last call.
  [[nodiscard]] std::uint64_t take_lost() { return std::exchange(lost_, 0); }
  void put(std::string text);
  /// Waits until all is written.
  void drain();

 private:
  /// True when `text` can be written at once.
  [[nodiscard]] bool fits(const std::string& text) const;
  void write_all_that_comes();
  void write(const std::string& text) const;

  enum class Kind { file, pipe, other };
  const int descriptor_;
  const Kind kind_;
  std::uint64_t lost_ = 0;  ///< the caller's own

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::size_t writing_ = 0;  ///< bytes that are being written
  bool stop_ = false;
  std::thread thread_;  ///< begun when it is first needed
};

/// The notice about notices that were lost.
std::string lost_line(std::uint64_t count);

}  // namespace mboxferry::report
