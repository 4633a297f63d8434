// SPDX-License-Identifier: Apache-2.0
// Looks labels up in the table of Gmail's own.
#include "mboxferry/message/gmail_labels.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "message/ascii.h"
#include "message/gmail_label_table.h"

namespace mboxferry::message {
namespace {

constexpr bool comes_before(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return static_cast<unsigned char>(to_lower(x)) < static_cast<unsigned char>(to_lower(y));
  });
}

constexpr std::size_t count_names() {
  std::size_t count = 0;
  for (const SystemLabel& row : kSystemLabels)
    count += 1 + static_cast<std::size_t>(std::count(row.names.begin(), row.names.end(), '|'));
  return count;
}

// The names of all rows one by one, sorted.
constexpr auto kSortedNames = [] {
  std::array<SystemLabel, count_names()> sorted{};
  std::size_t at = 0;
  for (const SystemLabel& row : kSystemLabels) {
    std::string_view names = row.names;
    for (bool more = true; more; ++at) {
      const std::size_t end = std::min(names.find('|'), names.size());
      sorted[at] = {row.meaning, names.substr(0, end)};
      more = end < names.size();
      names.remove_prefix(std::min(end + 1, names.size()));
    }
  }
  std::sort(sorted.begin(), sorted.end(), [](const SystemLabel& a, const SystemLabel& b) {
    return comes_before(a.names, b.names);
  });
  return sorted;
}();

static_assert(std::adjacent_find(kSortedNames.begin(), kSortedNames.end(),
                                 [](const SystemLabel& a, const SystemLabel& b) {
                                   return equals_ignoring_case(a.names, b.names);
                                 }) == kSortedNames.end(),
              "a name stands in one row only");

// French puts a no-break space before the colon.
std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\u00a0";
  for (;;) {
    text = trim(text);
    if (!text.starts_with(kNoBreakSpace)) return text;
    text.remove_prefix(kNoBreakSpace.size());
  }
}

bool is_category(std::string_view label) {
  for (const std::string_view word : kCategoryWords) {
    if (!starts_with_ignoring_case(label, word)) continue;
    const std::string_view rest = without_spaces(label.substr(word.size()));
    if (rest.starts_with(':') || rest.starts_with("\uff1a")) return true;
    const bool english = word == kCategoryWords.front();
    return english && std::find(kEnglishCategories.begin(), kEnglishCategories.end(), rest) !=
                          kEnglishCategories.end();
  }
  return false;
}

}  // namespace

LabelMeaning label_meaning(std::string_view label) {
  label = trim(label);
  const auto* const row = std::lower_bound(kSortedNames.begin(), kSortedNames.end(), label,
                                           [](const SystemLabel& each, std::string_view name) {
                                             return comes_before(each.names, name);
                                           });
  if (row != kSortedNames.end() && equals_ignoring_case(row->names, label)) return row->meaning;
  if (label.size() > kKeywordPrefix.size() && label.starts_with(kKeywordPrefix))
    return LabelMeaning::keyword;
  return is_category(label) ? LabelMeaning::category : LabelMeaning::user;
}

}  // namespace mboxferry::message
