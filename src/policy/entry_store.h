// SPDX-License-Identifier: Apache-2.0
// All entries of all lists, in two pieces of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::policy {

/// What an entry does, with lists that are asked apart from each other.
enum class EntryGroup : std::uint8_t {
  account_block,
  account_allow,
  account_proven,  ///< allow, and only where the sender is authenticated
  global_block,
  global_allow,
  global_proven,
};
inline constexpr std::size_t kGroups = 6;

constexpr EntryGroup group_of(ListScope scope, EntryKind kind, bool authenticated) {
  const int in_scope = kind == EntryKind::block ? 0 : authenticated ? 2 : 1;
  return static_cast<EntryGroup>((scope == ListScope::global ? 3 : 0) + in_scope);
}

/// Entries in the order in which they were added; 20 bytes for each, and its texts.
class EntryStore {
 public:
  struct Entry {
    std::uint32_t written = 0;  ///< where the text of the user begins
    std::uint32_t pattern = 0;
    std::uint32_t line = 0;
    std::uint16_t written_size = 0;
    std::uint16_t pattern_size = 0;
    std::uint16_t file = 0;
    EntryGroup group = EntryGroup::account_block;
    bool is_unicode = false;
  };

  /// `place` has line, file, group and is_unicode.
  void add(Entry place, std::string_view written, std::string_view pattern) {
    place.written = append(written);
    place.written_size = static_cast<std::uint16_t>(written.size());
    place.pattern = pattern == written ? place.written : append(pattern);
    place.pattern_size = static_cast<std::uint16_t>(pattern.size());
    entries_.push_back(place);
  }

  /// Before entries from a text of so many bytes are added.
  void expect(std::size_t bytes) { texts_.reserve(texts_.size() + bytes); }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t text_size() const { return texts_.size(); }
  [[nodiscard]] const Entry& operator[](std::uint32_t id) const { return entries_[id]; }
  [[nodiscard]] std::string_view written(std::uint32_t id) const {
    return std::string_view(texts_).substr(entries_[id].written, entries_[id].written_size);
  }
  [[nodiscard]] std::string_view pattern(std::uint32_t id) const {
    return std::string_view(texts_).substr(entries_[id].pattern, entries_[id].pattern_size);
  }

 private:
  std::uint32_t append(std::string_view text) {
    const auto begin = static_cast<std::uint32_t>(texts_.size());
    texts_ += text;
    return begin;
  }

  std::string texts_;
  std::vector<Entry> entries_;
};

}  // namespace mboxferry::policy
