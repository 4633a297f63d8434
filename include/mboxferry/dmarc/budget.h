// SPDX-License-Identifier: Apache-2.0
// What reading one file of reports may cost.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mboxferry::dmarc {

/// Bounds on what strangers have written. What exceeds one is listed as unsupported, with the name
/// of the option that raises it.
struct Budget {
  std::size_t report_bytes = std::size_t{16} << 20;  ///< one report unpacked (--max-report-size)
  std::uint64_t unpacked_bytes = std::uint64_t{64} << 20;  ///< all that one file unpacks to
  /// What is in memory at a time of a file and of what is unpacked from it.
  std::size_t held_bytes = std::size_t{32} << 20;
  unsigned depth = 3;       ///< packed files inside each other
  unsigned members = 1000;  ///< of one file
};

/// TLS reports become a tree in memory.
inline constexpr std::size_t kMostJsonBytes = 1u << 20;

}  // namespace mboxferry::dmarc
