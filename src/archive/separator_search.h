// SPDX-License-Identifier: Apache-2.0
// Whether a message file is a mailbox in truth.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mboxferry::archive {

/// Looks for the separator of an mbox in text that comes in pieces: an empty line, a From_ line
/// with a time of the day, a line with the form of a header field. Constant memory.
class SeparatorSearch {
 public:
  void add(std::string_view text);
  [[nodiscard]] bool found() const { return found_; }

 private:
  void end_line();

  // What the search knows of the lines before the present one.
  enum class Before { text, empty_line, from_line };

  std::string line_;  // its first bytes
  Before before_ = Before::text;
  bool found_ = false;
};

}  // namespace mboxferry::archive
