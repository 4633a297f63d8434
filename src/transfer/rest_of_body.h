// SPDX-License-Identifier: Apache-2.0
// A message that is read again from its beginning after it was read in part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// Passes each byte on once. The bytes of a message never change (RFC 3501 section 2.3.1.1).
class RestOfBody {
 public:
  explicit RestOfBody(const imap::ReadOnlyTarget::ByteVisitor& visit) : visit_(visit) {}

  /// For one reading. Outlived by this.
  imap::ReadOnlyTarget::ByteVisitor from_the_beginning() {
    return [this, at = std::uint64_t{0}](std::string_view bytes) mutable -> Result<void> {
      const std::uint64_t known = std::min<std::uint64_t>(passed_ - at, bytes.size());
      at += known;
      bytes.remove_prefix(known);
      if (bytes.empty()) return ok();
      at += bytes.size();
      passed_ += bytes.size();
      return visit_(bytes);
    };
  }

 private:
  const imap::ReadOnlyTarget::ByteVisitor& visit_;
  std::uint64_t passed_ = 0;
};

}  // namespace mboxferry::transfer
