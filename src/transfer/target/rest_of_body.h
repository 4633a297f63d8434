// SPDX-License-Identifier: Apache-2.0
// Messages that are read again after they were read in part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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

/// Several messages that are asked for again after some of them have come.
class RestOfBodies {
 public:
  RestOfBodies(std::span<const imap::WantedBody> bodies,
               const imap::ReadOnlyTarget::BodyVisitor& visit)
      : left_(bodies.begin(), bodies.end()), visit_(visit) {}

  /// For those that have not come. A plea behind the last one is no failure.
  Result<void> ask(imap::ReadOnlyTarget& target) {
    if (left_.empty()) return ok();
    const std::vector<imap::WantedBody> wanted = left_;
    return target.fetch_bodies(wanted, [this](imap::Uid uid, std::string_view bytes) {
      std::erase_if(left_, [&](const imap::WantedBody& body) { return body.uid == uid; });
      return visit_(uid, bytes);
    });
  }

 private:
  std::vector<imap::WantedBody> left_;
  const imap::ReadOnlyTarget::BodyVisitor& visit_;
};

}  // namespace mboxferry::transfer
