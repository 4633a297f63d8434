// SPDX-License-Identifier: Apache-2.0
// Bounds what libetpan's parser is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mboxferry::imap {

/// libetpan keeps a whole response, allocates a literal before it has come and recurses into
/// parentheses, so each of the three is bounded here.
class InputGuard {
 public:
  /// What may come from now on.
  void allow(std::uint64_t bytes, std::uint64_t literal);

  /// Nothing while all is well; else what is wrong, once and for all.
  std::optional<std::string_view> watch(std::string_view bytes);

 private:
  void step(char c);

  static constexpr std::uint64_t kDeepest = 200;

  std::uint64_t bytes_left_ = 0;
  std::uint64_t literal_limit_ = 0;
  std::uint64_t depth_ = 0;
  // The end of the current line as `{digits}`: 0 outside, 1 in the digits, 2 behind the brace.
  int brace_ = 0;
  std::uint64_t number_ = 0;
  std::string_view wrong_;
};

}  // namespace mboxferry::imap
