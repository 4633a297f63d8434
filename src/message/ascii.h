// SPDX-License-Identifier: Apache-2.0
// ASCII text without locale: what header fields are made of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "mboxferry/base/ascii.h"

namespace mboxferry::message {

/// The longest field name that is looked at; none that means anything to us is longer.
inline constexpr std::size_t kLongestName = 64;

/// White space as header fields have it, line ends included.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace mboxferry::message
