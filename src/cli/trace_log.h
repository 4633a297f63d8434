// SPDX-License-Identifier: Apache-2.0
// The protocol trace of --log-file and --verbose.
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

struct ConnectionSettings;
/// What writes such lines where --log-file and --verbose say; empty when neither is given.
Result<std::function<void(std::string_view)>> trace_of(const ConnectionSettings& settings);

}  // namespace mboxferry::cli
