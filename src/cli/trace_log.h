// SPDX-License-Identifier: Apache-2.0
// The protocol trace of --log-file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// Opens `path` for appending (mode 0600) and returns what writes one line with the time before it.
/// May be called from any thread. Writing that fails is given up silently: a trace must not end a
/// job.
Result<std::function<void(std::string_view)>> open_trace(const std::string& path);

}  // namespace mboxferry::cli
