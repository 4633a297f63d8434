// SPDX-License-Identifier: Apache-2.0
// Looks where a Content-Length leads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "mbox/window.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::mbox {

/// Asks a second reader of the folder whether a place is a message's end. Going back is dear for a
/// compressed folder, so that it happens a bounded number of times in a run.
class Landing {
 public:
  Landing(ByteSource& peek, bool lone_cr) : peek_(peek), lone_cr_(lone_cr) {}

  /// True when `offset` is the folder's end or the beginning of a separator, with or without the
  /// empty line that belongs to it. False when it is not, or when looking would cost too much.
  Result<bool> lands(const Window& window, std::uint64_t offset);

 private:
  static constexpr std::size_t kBytes = 8192;
  static constexpr int kStepsBack = 16;

  [[nodiscard]] bool judge(std::string_view bytes, bool at_end) const;

  ByteSource& peek_;
  const bool lone_cr_;
  std::array<char, kBytes> buffer_{};
  std::uint64_t furthest_ = 0;
  std::optional<std::uint64_t> not_after_;  ///< the folder is known to end before this offset
  int steps_back_ = 0;
};

}  // namespace mboxferry::mbox
