// SPDX-License-Identifier: Apache-2.0
// The walk over a pattern with the set of places that it can have come to.
#include "policy/address_glob.h"

#include <algorithm>
#include <bit>

namespace mboxferry::policy {
namespace {

constexpr std::size_t kBits = 64;

constexpr bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
/// How many bytes a character may have behind this first one.
constexpr std::size_t more_bytes(char c) {
  const auto first = static_cast<unsigned char>(c);
  return first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
}
constexpr std::uint64_t bit(std::size_t place) { return std::uint64_t{1} << (place % kBits); }
/// The lowest of these places and all above it.
constexpr std::uint64_t from_lowest(std::uint64_t places) { return (~places + 1) | places; }

}  // namespace

std::string with_plain_wildcards(std::string_view pattern) {
  std::string plain;
  plain.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] != '*' && pattern[i] != '?') {
      plain += pattern[i++];
      continue;
    }
    bool any = false;
    for (; i < pattern.size() && (pattern[i] == '*' || pattern[i] == '?'); ++i) {
      any = any || pattern[i] == '*';
      if (pattern[i] == '?') plain += '?';
    }
    if (any) plain += '*';
  }
  return plain;
}

void GlobSubject::set(std::string_view text, bool is_pattern) {
  // Only what the text before has left behind is cleared.
  for (const char c : this->text()) where_[static_cast<unsigned char>(c)] = {};
  inside_ = {};
  single_ = {};
  if (text.size() > kLongestAddress) text.remove_prefix(text.size() - kLongestAddress);
  size_ = text.size();
  std::copy(text.begin(), text.end(), text_.begin());
  std::size_t left = 0;  // of the character
  for (std::size_t i = 0; i < size_; ++i) {
    where_[static_cast<unsigned char>(text[i])][i / kBits] |= bit(i);
    // A byte that goes on with nothing is a character of its own.
    if (left > 0 && goes_on(text[i])) {
      inside_[i / kBits] |= bit(i);
      --left;
    } else {
      left = more_bytes(text[i]);
    }
    if (!is_pattern || text[i] != '*') single_[i / kBits] |= bit(i);
  }
}

bool GlobSubject::matches(std::string_view pattern) const {
  return size_ < kBits ? matches_short(pattern) : matches_long(pattern);
}

bool GlobSubject::matches_short(std::string_view pattern) const {
  const std::uint64_t inside = inside_[0];
  std::uint64_t places = 1;  // bit i: what the pattern has so far matches the first i bytes
  for (const char c : pattern) {
    if (c == '*') {
      places = from_lowest(places) & ~inside;
      continue;
    }
    if (c == '?') {
      places = (places & single_[0]) << 1U;
      while ((places & inside) != 0) places = (places & ~inside) | ((places & inside) << 1U);
    } else {
      places = (places & where_[static_cast<unsigned char>(c)][0]) << 1U;
    }
    if (places == 0) return false;
  }
  return (places & bit(size_)) != 0;
}

bool GlobSubject::matches_long(std::string_view pattern) const {
  const std::size_t words = size_ / kBits + 1;
  Places places{};
  places[0] = 1;
  // The places in `from` that are in `among` too, each one byte on.
  const auto step = [&](const Places& among) {
    std::uint64_t carry = 0;
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < words; ++i) {
      const std::uint64_t kept = places[i] & among[i];
      places[i] = (kept << 1U) | carry;
      carry = kept >> (kBits - 1);
      any |= places[i];
    }
    return any != 0;
  };
  for (const char c : pattern) {
    if (c == '*') {
      std::uint64_t behind = 0;  // all bits once a place was met
      for (std::size_t i = 0; i < words; ++i) {
        const std::uint64_t here = places[i];
        places[i] = (behind | from_lowest(here)) & ~inside_[i];
        if (here != 0) behind = ~std::uint64_t{0};
      }
    } else if (c == '?') {
      if (!step(single_)) return false;
      // On to the end of the character, at most three bytes.
      for (int more = 0; more < 3; ++more) {
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < words; ++i) {
          const std::uint64_t on = places[i] & inside_[i];
          places[i] = (places[i] & ~inside_[i]) | (on << 1U) | carry;
          carry = on >> (kBits - 1);
        }
      }
    } else if (!step(where_[static_cast<unsigned char>(c)])) {
      return false;
    }
  }
  return (places[size_ / kBits] & bit(size_)) != 0;
}

}  // namespace mboxferry::policy
