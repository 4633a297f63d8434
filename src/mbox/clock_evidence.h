// SPDX-License-Identifier: Apache-2.0
// Whose clock the dates of From_ lines are.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mboxferry/base/time.h"
#include "mboxferry/mbox/dialect.h"

namespace mboxferry::mbox {

/// Compares the From_ lines of a folder's first messages with their Date fields: a program that
/// downloads old mail writes the time of the download, one message after the other.
class ClockEvidence {
 public:
  /// Date fields are only looked for as long as this is true.
  [[nodiscard]] bool wants_more() const { return messages_ < kMostMessages; }
  /// A message with this date in its From_ line begins.
  void begin_message(const std::optional<Timestamp>& envelope);
  /// A line of its header; the first Date field counts.
  void header_line(std::string_view line);
  /// True when most messages are dated long before their From_ lines, which follow each other
  /// closely.
  [[nodiscard]] bool is_download() const;
  /// True when there are Date fields and each lies within minutes of its From_ line, as when mail
  /// is delivered.
  [[nodiscard]] bool is_delivery() const { return dated_ > 0 && apart_ == 0; }
  /// When there are Date fields, and too few for is_download().
  [[nodiscard]] std::optional<FewDates> few() const;

  static constexpr std::int64_t kSoon = 60;
  static constexpr std::int64_t kSpread = std::int64_t{60} * 86'400;
  static constexpr std::uint64_t kFewest = 3;

 private:
  static constexpr std::uint64_t kMostMessages = 2000;

  std::uint64_t messages_ = 0;
  std::uint64_t close_ = 0;  ///< From_ lines soon after the one before
  std::uint64_t far_ = 0;    ///< Date fields long before the From_ line
  std::uint64_t apart_ = 0;  ///< Date fields more than minutes from the From_ line
  std::int64_t earliest_ = 0;
  std::int64_t latest_ = 0;
  std::uint64_t dated_ = 0;
  std::int64_t first_ = 0;              ///< From_ line's
  std::optional<std::int64_t> before_;  ///< the last From_ line's
  std::optional<std::int64_t> now_;     ///< the message's, until its Date field is found
};

}  // namespace mboxferry::mbox
