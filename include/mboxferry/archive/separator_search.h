// SPDX-License-Identifier: Apache-2.0
// Whether a message file is a mailbox in truth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mboxferry::archive {

/// Looks for the separator of an mbox in text that comes in pieces: an empty line, a From_ line
/// with a time of the day, a line with the form of a header field. Constant memory.
class SeparatorSearch {
 public:
  void add(std::string_view text);
  [[nodiscard]] bool found() const { return found_; }
  /// Of the first one: where its From_ line begins, counted from the first byte, and that line's
  /// first bytes.
  [[nodiscard]] std::uint64_t offset() const { return from_offset_; }
  [[nodiscard]] const std::string& line() const { return from_line_; }

 private:
  bool pass_over(std::string_view text);
  void end_line();

  // What the search knows of the lines before the present one.
  enum class Before { text, empty_line, from_line };

  std::string line_;  // its first bytes
  std::uint64_t line_begin_ = 0;
  std::uint64_t read_ = 0;
  Before before_ = Before::text;
  std::string from_line_;
  std::uint64_t from_offset_ = 0;
  bool found_ = false;
};

}  // namespace mboxferry::archive
