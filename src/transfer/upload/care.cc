// SPDX-License-Identifier: Apache-2.0
// Care for messages that were not taken.
#include "transfer/upload/care.h"

#include <algorithm>

namespace mboxferry::transfer {

namespace {
// A server that answers BAD to this many commands gets everything carefully.
constexpr std::size_t kMostRanges = 64;
}  // namespace

void Care::go_carefully(journal::MessageId first, journal::MessageId last) {
  const std::scoped_lock lock(mutex_);
  if (careful_.size() < kMostRanges) {
    careful_.push_back({first, last});
    return;
  }
  for (const Range& range : careful_) {
    first = std::min(first, range.first);
    last = std::max(last, range.last);
  }
  careful_ = {{first, last}};
}

bool Care::is_careful(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(careful_.begin(), careful_.end(),
                     [&](const Range& range) { return id >= range.first && id <= range.last; });
}

}  // namespace mboxferry::transfer
