// SPDX-License-Identifier: Apache-2.0
// Reads replies one by one, each bounded, with or without waiting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/wire/reply_line.h"
#include "imap/wire/wire.h"
#include "mboxferry/base/result.h"

namespace mboxferry::imap {

class ReplyReader {
 public:
  /// `wire` outlives it; `place` is for errors.
  ReplyReader(Wire& wire, std::string place)
      : wire_(wire), place_(std::move(place)), buffer_(kBufferSize) {}

  /// How long one reply may be from now on, literals included.
  void set_limit(std::size_t bytes) { limit_ = bytes; }
  static constexpr std::size_t kDefaultLimit = std::size_t{64} << 10U;

  /// How much untagged data may come between two other replies: a server that talks without end
  /// is an error and not a job without end.
  void set_untagged_limit(std::uint64_t bytes) { untagged_limit_ = bytes; }
  static constexpr std::uint64_t kDefaultUntaggedLimit = std::uint64_t{4} << 20U;

  /// The next reply, waiting for it. Its views live until the next call. A reply that is none
  /// closes the connection.
  Result<ReplyLine> next();
  /// The next reply if it is there as a whole.
  Result<std::optional<ReplyLine>> next_if_there();
  /// True when part of a reply was read.
  [[nodiscard]] bool in_the_middle() const { return !partial_.empty(); }
  /// True when bytes were received that no reply has used.
  [[nodiscard]] bool has_unread_bytes() const { return !partial_.empty() || !unread_.empty(); }
  /// What was received behind the last reply, which no reply has used; it is gone from here.
  std::string take_unread();

 private:
  static constexpr int kMostBlanksBetween = 4;
  static constexpr std::size_t kBufferSize = std::size_t{64} << 10U;

  /// Receives more, which waits for it; only when nothing is unread.
  Result<void> receive();
  /// True when the reply in `partial_` is complete, false when more bytes are needed.
  Result<bool> use_buffer();
  bool is_needless_blank();
  Error broken(const std::string& why);

  Wire& wire_;
  std::string place_;
  std::size_t limit_ = kDefaultLimit;
  std::uint64_t untagged_limit_ = kDefaultUntaggedLimit;
  std::uint64_t untagged_ = 0;
  std::vector<char> buffer_;
  std::string_view unread_;  ///< in `buffer_`
  std::string partial_;
  std::size_t first_line_ = 0;  ///< length of the first line, once known
  std::size_t line_start_ = 0;
  std::size_t blank_at_ = 0;  ///< the `line_start_` at which an empty line was passed over
  int blanks_between_ = 0;    ///< empty lines since the reply before
  std::size_t literal_left_ = 0;
  std::string current_;
};

}  // namespace mboxferry::imap
