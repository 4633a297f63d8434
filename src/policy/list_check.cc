// SPDX-License-Identifier: Apache-2.0
// Compares entries with each other by the same indexes that addresses are compared with.
#include "policy/list_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "policy/remarks.h"

namespace mboxferry::policy {
namespace {

std::string_view section_of(EntryGroup group) {
  return is_authenticated(group)              ? "[allow authenticated]"
         : kind_of(group) == EntryKind::allow ? "[allow]"
                                              : "[block]";
}

class ListCheck {
 public:
  explicit ListCheck(ListsState& state) : state_(state), store_(state.store) {}

  void run(std::vector<ListRemark>& warnings, bool find_covered) {
    sort_into_groups();
    for (std::size_t i = 0; i < kGroups; ++i) {
      state_.groups[i].plain.build(store_, plain_[i]);
      state_.groups[i].unicode.build(store_, unicode_[i]);
    }
    for (std::size_t i = 0; find_covered && i < kGroups; ++i) {
      for (const std::uint32_t id : plain_[i]) find_cover(id);
      for (const std::uint32_t id : unicode_[i]) find_cover(id);
    }
    twice_.move_to(warnings);
    both_.move_to(warnings);
    covered_.move_to(warnings);
  }

 private:
  /// Where an entry is, for a message about another one of `file`.
  [[nodiscard]] std::string place(std::uint32_t id, std::uint16_t file) const {
    const EntryStore::Entry& entry = store_[id];
    if (entry.file == file) return fmt::format("line {}", entry.line);
    return fmt::format("line {} of {}", entry.line, state_.files[entry.file]);
  }
  [[nodiscard]] std::string quoted(std::uint32_t id) const {
    return fmt::format("'{}'", store_.written(id));
  }

  /// Leaves out what is there twice.
  void sort_into_groups() {
    std::vector<std::uint32_t> table(std::bit_ceil(store_.size() * 2 + 1), kNoEntry);
    for (std::uint32_t id = 0; id < store_.size(); ++id) {
      const EntryStore::Entry& entry = store_[id];
      std::size_t slot = std::hash<std::string_view>()(store_.pattern(id)) & (table.size() - 1);
      bool is_twice = false;
      bool is_on_both = false;
      for (; table[slot] != kNoEntry; slot = (slot + 1) & (table.size() - 1)) {
        const std::uint32_t other = table[slot];
        if (store_.pattern(other) != store_.pattern(id)) continue;
        if (store_[other].group == entry.group) {
          is_twice = true;
          state_.covered.emplace(id, other);
          if (twice_.begin(state_.files[entry.file]))
            twice_.put(entry.line, fmt::format("{} is there twice: {} has it", quoted(id),
                                               place(other, entry.file)));
          break;
        }
        if (kind_of(store_[other].group) == kind_of(entry.group) || is_on_both) continue;
        is_on_both = true;
        if (both_.begin(state_.files[entry.file]))
          both_.put(entry.line,
                    fmt::format("{} is on both lists: {} has it in {} of the {} lists", quoted(id),
                                place(other, entry.file), section_of(store_[other].group),
                                scope_name(scope_of(store_[other].group))));
      }
      if (is_twice) continue;
      table[slot] = id;
      auto& lists = entry.is_unicode ? unicode_ : plain_;
      lists[static_cast<std::size_t>(entry.group)].push_back(id);
    }
  }

  void find_cover(std::uint32_t id) {
    const EntryStore::Entry& entry = store_[id];
    subject_->set_pattern(store_.pattern(id));
    const std::uint32_t own = cover_in(entry.group, id);
    if (own != kNoEntry) {
      // Of two that match the same, the later one is superfluous.
      subject_->set_pattern(store_.pattern(own));
      if (own > id && subject_->matches(store_.pattern(id))) return;
      state_.covered.emplace(id, own);
      if (covered_.begin(state_.files[entry.file]))
        covered_.put(entry.line, fmt::format("{} is covered by '{}' ({})", quoted(id),
                                             store_.written(own), place(own, entry.file)));
      return;
    }
    if (kind_of(entry.group) != EntryKind::block) return;
    const std::uint32_t allowing =
        cover_in(group_of(scope_of(entry.group), EntryKind::allow, false), id);
    // What is on both lists has been told.
    if (allowing == kNoEntry || store_.pattern(allowing) == store_.pattern(id)) return;
    if (covered_.begin(state_.files[entry.file]))
      covered_.put(entry.line,
                   fmt::format("{} is covered by '{}' in [allow] ({}), which is asked first",
                               quoted(id), store_.written(allowing), place(allowing, entry.file)));
  }

  [[nodiscard]] std::uint32_t cover_in(EntryGroup group, std::uint32_t id) const {
    const GroupIndex& index = state_.group(group);
    return (store_[id].is_unicode ? index.unicode : index.plain).find_first(store_, *subject_, id);
  }

  ListsState& state_;
  const EntryStore& store_;
  std::array<std::vector<std::uint32_t>, kGroups> plain_;
  std::array<std::vector<std::uint32_t>, kGroups> unicode_;
  std::unique_ptr<GlobSubject> subject_ = std::make_unique<GlobSubject>();
  Remarks twice_{"entries that are there twice"};
  Remarks both_{"entries that are on both lists"};
  Remarks covered_{"entries that another one covers"};
};

}  // namespace

void check_and_index(ListsState& state, std::vector<ListRemark>& warnings, bool find_covered) {
  ListCheck(state).run(warnings, find_covered);
}

}  // namespace mboxferry::policy
