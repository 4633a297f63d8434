// SPDX-License-Identifier: Apache-2.0
// Lines for programs on standard error (--progress=json).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mboxferry/base/time.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {

/// Begins the object of a line (jobs/schema/progress.json) with what all of them have: the event,
/// when it was, and whom it is about, `user@host:port` or nobody.
JsonStream& begin_event(JsonStream& json, std::string_view event, std::string_view account,
                        std::int64_t unix_seconds);

/// A whole line with a text.
std::string text_event(std::string_view event, std::string_view account, std::string_view text,
                       std::int64_t unix_seconds);

}  // namespace mboxferry::report
