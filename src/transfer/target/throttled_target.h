// SPDX-License-Identifier: Apache-2.0
// A target that takes messages no faster than a throttle allows.
#pragma once

#include <memory>

#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "transfer/pace/throttle.h"
#include "transfer/pace/tracker.h"

namespace mboxferry::transfer {

/// A target that passes everything on to `target` and paces the literals of append(), each message
/// and within large ones. While it pauses, what the server says is taken in. Pauses are not ended
/// by an interrupt: a batch that has begun is finished at the allowed rate; see largest_batch().
/// `throttle`, `clock` and `tracker` are shared and not owned.
std::unique_ptr<imap::Target> throttled(std::unique_ptr<imap::Target> target, Throttle& throttle,
                                        Clock& clock, Tracker& tracker);

}  // namespace mboxferry::transfer
