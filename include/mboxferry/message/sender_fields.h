// SPDX-License-Identifier: Apache-2.0
// The header fields that say who a message is from.
#pragma once

#include <cstdint>
#include <string>

namespace mboxferry::message {

/// The values of these fields as they are written, unfolded. A field that may be there more than
/// once has a line for each, ended by LF, the topmost first. Memory is bounded by HeaderScanner.
struct SenderFields {
  std::string from;
  std::string sender;
  std::string return_path;             ///< the topmost one only
  std::string authentication_results;  ///< RFC 8601
  std::uint32_t from_fields = 0;
  bool cut = false;  ///< a From field was longer than what is kept of it

  /// Forgets everything and keeps the memory.
  void clear() {
    from.clear();
    sender.clear();
    return_path.clear();
    authentication_results.clear();
    from_fields = 0;
    cut = false;
  }
};

}  // namespace mboxferry::message
