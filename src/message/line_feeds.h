// SPDX-License-Identifier: Apache-2.0
// Finds one line feed after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

namespace mboxferry::message {

/// The line feeds of a text in order. Lines of mail are short, and a search for each would spend
/// its time on beginning; so 64 bytes are compared at once, and what was found is kept.
class LineFeeds {
 public:
  explicit LineFeeds(std::string_view text)
      : ahead_(text.data()), end_(text.data() + text.size()) {}

  /// The next one; null behind the last.
  const char* next() {
    while (found_ == 0) {
      if (end_ - ahead_ < kBlock) return next_in_rest();
      look();
    }
    const char* line_feed = ahead_ - kBlock + trailing_zeros();
    found_ &= found_ - 1;
    return line_feed;
  }

 private:
#ifdef __SSE2__
  static constexpr std::ptrdiff_t kBlock = 64;

  void look() {
    const __m128i wanted = _mm_set1_epi8('\n');
    for (int part = 3; part >= 0; --part) {
      const __m128i bytes = _mm_loadu_si128(
          static_cast<const __m128i*>(static_cast<const void*>(ahead_ + 16 * part)));
      const int equal = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
      found_ = found_ << 16U | static_cast<std::uint64_t>(equal);
    }
    ahead_ += kBlock;
  }
  [[nodiscard]] int trailing_zeros() const { return std::countr_zero(found_); }
#else
  static constexpr std::ptrdiff_t kBlock = PTRDIFF_MAX;

  void look() {}
  [[nodiscard]] int trailing_zeros() const { return 0; }
#endif

  const char* next_in_rest() {
    const auto left = static_cast<std::size_t>(end_ - ahead_);
    const void* found = left == 0 ? nullptr : std::memchr(ahead_, '\n', left);
    ahead_ = found == nullptr ? end_ : static_cast<const char*>(found) + 1;
    return static_cast<const char*>(found);
  }

  const char* ahead_;  ///< what is looked at next
  const char* end_;
  std::uint64_t found_ = 0;  ///< a bit for each line feed in the block before `ahead_`
};

}  // namespace mboxferry::message
