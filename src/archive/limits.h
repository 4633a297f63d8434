// SPDX-License-Identifier: Apache-2.0
// What a packed file may cost before it is taken for an attack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {

/// Text of mail shrinks to a third, runs of zeros to a thousandth. What is unpacked may be
/// `allowance` bytes and `ratio` times the packed bytes that were read for it.
struct Limits {
  std::uint64_t allowance = std::uint64_t{1} << 30U;
  std::uint64_t ratio = 250;
  std::uint64_t most_members = 10'000'000;
  std::size_t longest_name = 4096;  ///< bytes
  std::uint64_t most_name_bytes = std::uint64_t{6} << 20U;  ///< of folders, see NameBudget
  /// Dictionaries and windows: what a packed file says that unpacking it takes.
  std::uint64_t most_memory = kUnpackMemory;
};

/// What `folder` may cost, by the options that it was opened with.
inline Limits limits_for(const Folder& folder) {
  Limits limits;
  limits.most_memory = folder.unpack_memory;
  return limits;
}

}  // namespace mboxferry::archive
