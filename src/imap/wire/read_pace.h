// SPDX-License-Identifier: Apache-2.0
// Bounds how slowly a server may speak.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mboxferry::imap {

/// A server that says nothing runs into the connection's timeout. One that lets a byte fall now and
/// then never does, nor one that says over and over that it is alive, so both are bounded here.
/// Only time spent waiting for the server counts.
class ReadPace {
 public:
  /// A line must end, or kLeastBytes come, within `timeout` of its first byte.
  explicit ReadPace(std::chrono::milliseconds timeout) : timeout_(timeout) {}

  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  /// The server was waited for. Nothing while all is well, else what is wrong.
  std::optional<std::string_view> waited(std::chrono::steady_clock::duration time);
  /// What came of it.
  void received(std::string_view bytes);
  /// A command was answered or begun: whatever comes now is about something else.
  void answered() { since_answer_ = {}; }

  static constexpr std::uint64_t kLeastBytes = 1024;
  /// Untagged words such as Dovecot's "Hang in there" are taken for life that many timeouts long.
  static constexpr int kMostTimeouts = 15;

 private:
  std::chrono::milliseconds timeout_;
  std::chrono::steady_clock::duration since_answer_{};
  std::chrono::steady_clock::duration in_line_{};
  std::uint64_t bytes_ = 0;  ///< of a line that has not ended, since in_line_ began
};

}  // namespace mboxferry::imap
