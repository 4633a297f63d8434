// SPDX-License-Identifier: Apache-2.0
// Names that are not UTF-8: which code page they are in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mboxferry::archive {

inline constexpr std::size_t kCodePages = 5;

/// One of the code pages that programs write names in zip archives in; by default CP437, which is
/// the format's own.
class CodePage {
 public:
  explicit CodePage(std::size_t number = 0) : number_(number) {}

  /// "CP437".
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string to_utf8(std::string_view text) const;

 private:
  std::size_t number_;
};

/// Finds the code page in which names look most like words.
class CodePageGuess {
 public:
  /// Counts unless it is UTF-8.
  void add(std::string_view name);
  /// How many counted.
  [[nodiscard]] std::uint64_t names() const { return names_; }
  /// CP437 when nothing speaks for another.
  [[nodiscard]] CodePage best() const;

 private:
  std::uint64_t names_ = 0;
  std::array<std::int64_t, kCodePages> scores_{};
};

}  // namespace mboxferry::archive
