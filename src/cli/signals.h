// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as a polite request, and as an order the second time.
#pragma once

#include "mboxferry/base/cancellation.h"

namespace mboxferry::cli {

/// From now on the first of these signals sets what is returned, and the second ends the process
/// at once with status 130. SIGPIPE is ignored. The result lives as long as the process.
const Cancellation& catch_signals();

}  // namespace mboxferry::cli
