// SPDX-License-Identifier: Apache-2.0
// Many wildcard patterns against one address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mboxferry::policy {

/// No pattern is longer, and no more of an address is compared: RFC 5321 allows 320 bytes.
inline constexpr std::size_t kLongestAddress = 512;

/// `**` as `*`, and `*?` as `?*`: of patterns that match the same, one form.
std::string with_plain_wildcards(std::string_view pattern);

/// A text in which it is known where each byte value stands, as sets of bits. A pattern is then
/// matched by walking over it once with the set of all places in the text that it can have come to:
/// time is the pattern's length times the text's length in words of 64 bytes, whatever they hold.
/// Rejected: backtracking, as base/glob.h does for folder names, which hostile addresses can make
/// take the product of both lengths. One thread at a time.
class GlobSubject {
 public:
  GlobSubject() = default;

  /// An address; of one that is longer than kLongestAddress the end counts.
  void set_address(std::string_view text) { set(text, false); }
  /// Another pattern, to find out whether it is covered: only a `*` matches its `*`.
  void set_pattern(std::string_view text) { set(text, true); }

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

  /// True when `pattern` matches all of the text: `*` is any run of characters, `?` is one (a code
  /// point of UTF-8), everything else is itself.
  [[nodiscard]] bool matches(std::string_view pattern) const;

 private:
  static constexpr std::size_t kWords = kLongestAddress / 64 + 1;
  using Places = std::array<std::uint64_t, kWords>;

  void set(std::string_view text, bool is_pattern);
  [[nodiscard]] bool matches_short(std::string_view pattern) const;
  [[nodiscard]] bool matches_long(std::string_view pattern) const;

  std::array<char, kLongestAddress> text_{};
  std::size_t size_ = 0;
  std::array<Places, 256> where_{};  ///< of each byte value
  Places inside_{};                  ///< bytes that go on with a character
  Places single_{};                  ///< characters that a `?` matches
};

}  // namespace mboxferry::policy
