// SPDX-License-Identifier: Apache-2.0
// Builds and asks the tables.
#include "policy/sender_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "mboxferry/base/glob.h"

namespace mboxferry::policy {
namespace {

constexpr std::size_t kFragment = 4;
constexpr std::string_view kAnyDomain = "*@*";

/// FNV-1a from the end of a text on, so that the hashes of all its ends come with one walk.
class EndHash {
 public:
  void add(char c) { state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U; }
  [[nodiscard]] std::size_t slot(std::size_t slots) const {
    return static_cast<std::size_t>((state_ ^ (state_ >> 32U)) & (slots - 1));
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325U;
};

EndHash hash_of(std::string_view text) {
  EndHash hash;
  for (auto c = text.rbegin(); c != text.rend(); ++c) hash.add(*c);
  return hash;
}

/// The literal end of `*end` and `*@*end`; empty for other patterns.
std::string_view tail_of(std::string_view pattern) {
  const std::size_t stars = pattern.starts_with(kAnyDomain) ? kAnyDomain.size()
                            : pattern.starts_with('*')      ? 1
                                                            : 0;
  const std::string_view tail = pattern.substr(stars);
  return stars == 0 || is_glob(tail) ? std::string_view() : tail;
}

std::uint32_t fragment_at(std::string_view text, std::size_t place) {
  std::uint32_t fragment = 0;
  std::memcpy(&fragment, text.data() + place, kFragment);
  return fragment;
}

/// Calls `take` with the place of each four bytes of the pattern that hold no wildcard.
template <typename Take>
void for_fragments(std::string_view pattern, const Take& take) {
  for (std::size_t i = 0; i + kFragment <= pattern.size(); ++i) {
    if (!is_glob(pattern.substr(i, kFragment))) take(i);
  }
}

template <typename Key>
void insert(std::vector<std::uint32_t>& table, const std::vector<std::uint32_t>& ids,
            const Key& key) {
  table.assign(ids.empty() ? 0 : std::bit_ceil(ids.size() * 2), kNoEntry);
  for (const std::uint32_t id : ids) {
    std::size_t slot = hash_of(key(id)).slot(table.size());
    while (table[slot] != kNoEntry) slot = (slot + 1) & (table.size() - 1);
    table[slot] = id;
  }
}

/// The first id of the table at `hash` that `holds` agrees to.
template <typename Holds>
std::uint32_t look_up(const std::vector<std::uint32_t>& table, const EndHash& hash,
                      const Holds& holds) {
  std::uint32_t best = kNoEntry;
  for (std::size_t slot = hash.slot(table.size()); table[slot] != kNoEntry;
       slot = (slot + 1) & (table.size() - 1)) {
    if (table[slot] < best && holds(table[slot])) best = table[slot];
  }
  return best;
}

}  // namespace

void SenderIndex::build(const EntryStore& store, const std::vector<std::uint32_t>& ids) {
  empty_ = ids.empty();
  std::vector<std::uint32_t> exact;
  std::vector<std::uint32_t> tails;
  std::vector<std::uint32_t> fragments;
  for (const std::uint32_t id : ids) {
    const std::string_view pattern = store.pattern(id);
    bool has_fragment = false;
    if (!is_glob(pattern)) {
      exact.push_back(id);
    } else if (!tail_of(pattern).empty()) {
      tails.push_back(id);
    } else {
      for_fragments(pattern, [&](std::size_t) { has_fragment = true; });
      (has_fragment ? fragments : rest_).push_back(id);
    }
  }
  build_tables(store, exact, tails);
  build_fragments(store, fragments);
}

void SenderIndex::build_tables(const EntryStore& store, const std::vector<std::uint32_t>& exact,
                               const std::vector<std::uint32_t>& tails) {
  insert(exact_, exact, [&](std::uint32_t id) { return store.pattern(id); });
  insert(tails_, tails, [&](std::uint32_t id) { return tail_of(store.pattern(id)); });
  for (const std::uint32_t id : tails) tail_sizes_.set(tail_of(store.pattern(id)).size());
}

std::size_t SenderIndex::bucket_of(std::uint32_t fragment) const {
  const std::size_t buckets = bucket_begins_.size() - 1;
  const std::uint32_t mixed = fragment * 2654435761U;
  return (mixed ^ (mixed >> 15U)) & (buckets - 1);
}

void SenderIndex::build_fragments(const EntryStore& store, const std::vector<std::uint32_t>& ids) {
  if (ids.empty()) return;
  bucket_begins_.assign(std::bit_ceil(ids.size() * 4) + 1, 0);
  std::vector<std::uint32_t> frequency(bucket_begins_.size(), 0);
  for (const std::uint32_t id : ids) {
    const std::string_view pattern = store.pattern(id);
    for_fragments(pattern,
                  [&](std::size_t at) { ++frequency[bucket_of(fragment_at(pattern, at))]; });
  }
  std::vector<std::size_t> chosen;
  chosen.reserve(ids.size());
  for (const std::uint32_t id : ids) {
    const std::string_view pattern = store.pattern(id);
    std::size_t rarest = frequency.size() - 1;
    std::uint32_t least = kNoEntry;
    for_fragments(pattern, [&](std::size_t at) {
      const std::size_t bucket = bucket_of(fragment_at(pattern, at));
      if (frequency[bucket] < least) {
        least = frequency[bucket];
        rarest = bucket;
      }
    });
    chosen.push_back(rarest);
    ++bucket_begins_[rarest + 1];
  }
  for (std::size_t i = 1; i < bucket_begins_.size(); ++i)
    bucket_begins_[i] += bucket_begins_[i - 1];
  std::vector<std::uint32_t> next(bucket_begins_.begin(), bucket_begins_.end() - 1);
  fragments_.resize(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) fragments_[next[chosen[i]]++] = ids[i];
}

std::uint32_t SenderIndex::find_tail(const EntryStore& store, std::string_view text,
                                     std::uint32_t without) const {
  std::uint32_t best = kNoEntry;
  EndHash hash;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    hash.add(text[text.size() - size]);
    if (!tails_.empty() && tail_sizes_[size]) {
      const std::string_view tail = text.substr(text.size() - size);
      best = std::min(best, look_up(tails_, hash, [&](std::uint32_t id) {
                        const std::string_view pattern = store.pattern(id);
                        if (id == without || tail_of(pattern) != tail) return false;
                        const std::string_view before = text.substr(0, text.size() - size);
                        return !pattern.starts_with(kAnyDomain) ||
                               before.find('@') != std::string_view::npos;
                      }));
    }
  }
  if (exact_.empty()) return best;
  return std::min(best, look_up(exact_, hash, [&](std::uint32_t id) {
                    return id != without && store.pattern(id) == text;
                  }));
}

std::uint32_t SenderIndex::find_fragment(const EntryStore& store, const GlobSubject& subject,
                                         std::uint32_t best, std::uint32_t without) const {
  if (fragments_.empty()) return best;
  const std::string_view text = subject.text();
  for (std::size_t at = 0; at + kFragment <= text.size(); ++at) {
    const std::size_t bucket = bucket_of(fragment_at(text, at));
    for (std::uint32_t i = bucket_begins_[bucket]; i < bucket_begins_[bucket + 1]; ++i) {
      const std::uint32_t id = fragments_[i];
      if (id >= best) break;  // they are in order
      if (id != without && subject.matches(store.pattern(id))) best = id;
    }
  }
  return best;
}

std::uint32_t SenderIndex::find_first(const EntryStore& store, const GlobSubject& subject,
                                      std::uint32_t without) const {
  if (empty_) return kNoEntry;
  std::uint32_t best = find_tail(store, subject.text(), without);
  best = find_fragment(store, subject, best, without);
  for (const std::uint32_t id : rest_) {
    if (id >= best) break;
    if (id != without && subject.matches(store.pattern(id))) return id;
  }
  return best;
}

}  // namespace mboxferry::policy
