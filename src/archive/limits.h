// SPDX-License-Identifier: Apache-2.0
// What a packed file may cost before it is taken for an attack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mboxferry::archive {

/// Text of mail shrinks to a third, runs of zeros to a thousandth. What is unpacked may be
/// `allowance` bytes and `ratio` times the packed bytes that were read for it.
struct Limits {
  std::uint64_t allowance = std::uint64_t{1} << 30U;
  std::uint64_t ratio = 250;
  std::uint64_t most_members = 10'000'000;
  std::size_t longest_name = 4096;  ///< bytes
};

}  // namespace mboxferry::archive
