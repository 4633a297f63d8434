// SPDX-License-Identifier: Apache-2.0
// How long a command waits that the server refuses with a plea for patience.
#pragma once

#include <chrono>
#include <optional>

#include "imap/wire/reply_line.h"

namespace mboxferry::imap {

/// The pleas that one command got, one after the other.
class Pleas {
 public:
  static constexpr int kMost = 6;  ///< waits, as transfer::patient() does

  Pleas() = default;
  /// After so many of them.
  explicit Pleas(int count) : count_(count) {}

  /// The wait before the command is given again: what the server asks for, at least 1 s, 2 s and so
  /// on up to 30 s. Nothing when it asks for no patience, or did so too often.
  std::optional<std::chrono::milliseconds> wait_after(const ReplyLine& reply);
  [[nodiscard]] int count() const { return count_; }

 private:
  int count_ = 0;
};

/// True when the server asks to come again later.
bool asks_for_patience(const ReplyLine& reply);

}  // namespace mboxferry::imap
