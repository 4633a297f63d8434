// SPDX-License-Identifier: Apache-2.0
// Stops files that unpack to far more than mail can.
#include "archive/unpack_meter.h"

namespace mboxferry::archive {

Result<void> UnpackCounter::count(std::uint64_t bytes, const std::string& name) {
  total_ += bytes;
  if (total_ <= meter_->most_unpacked()) return ok();
  return Error{ErrorCode::not_mail,
               name + " unpacks to more than " + std::to_string(meter_->limits().ratio) +
                   " times its size, which no mail does: reading stopped behind byte " +
                   std::to_string(total_) + " of what it holds",
               "if it is genuine, unpack it by hand and name what comes out"};
}

}  // namespace mboxferry::archive
