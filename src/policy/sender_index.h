// SPDX-License-Identifier: Apache-2.0
// Finds the entries that match an address without asking all of them.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/address_glob.h"
#include "policy/entry_store.h"

namespace mboxferry::policy {

inline constexpr std::uint32_t kNoEntry = 0xFFFF'FFFF;

/// The entries of one group. Most are found by what they are: whole addresses, and ends of one
/// (`*@domain`, `*@*.domain`) by a hash of the text or of each of its ends; other patterns by four
/// bytes that an address must hold, the rarest of the pattern. Only patterns without four bytes in
/// a row are asked one after the other.
class SenderIndex {
 public:
  /// Takes `ids`, of this store, in ascending order.
  void build(const EntryStore& store, const std::vector<std::uint32_t>& ids);

  /// The first entry that matches all of `subject`, `without` apart; kNoEntry when none does.
  [[nodiscard]] std::uint32_t find_first(const EntryStore& store, const GlobSubject& subject,
                                         std::uint32_t without = kNoEntry) const;
  [[nodiscard]] bool empty() const { return empty_; }

 private:
  /// Ids by the hash of a text; a power of two, at most half full.
  using Table = std::vector<std::uint32_t>;

  void build_tables(const EntryStore& store, const std::vector<std::uint32_t>& exact,
                    const std::vector<std::uint32_t>& tails);
  void build_fragments(const EntryStore& store, const std::vector<std::uint32_t>& ids);
  [[nodiscard]] std::uint32_t find_tail(const EntryStore& store, std::string_view text,
                                        std::uint32_t without) const;
  [[nodiscard]] std::uint32_t find_fragment(const EntryStore& store, const GlobSubject& subject,
                                            std::uint32_t best, std::uint32_t without) const;
  [[nodiscard]] std::size_t bucket_of(std::uint32_t fragment) const;

  Table exact_;
  Table tails_;
  std::bitset<kLongestAddress + 1> tail_sizes_;
  std::vector<std::uint32_t> bucket_begins_;  ///< into fragments_; one more than buckets
  std::vector<std::uint32_t> fragments_;      ///< ids
  std::vector<std::uint32_t> rest_;
  bool empty_ = true;
};

}  // namespace mboxferry::policy
