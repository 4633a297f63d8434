// SPDX-License-Identifier: Apache-2.0
// For processes that confine themselves before they send a request.
#pragma once

#include "mboxferry/base/result.h"

namespace mboxferry::http {

/// Loads what send() would load at its first call, which a sandbox may not allow. Fails with
/// `configuration` where libcurl is not installed.
Result<void> preload();

}  // namespace mboxferry::http
