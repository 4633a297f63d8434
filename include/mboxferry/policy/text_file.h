// SPDX-License-Identifier: Apache-2.0
// Files of users as a whole, up to a bound.
#pragma once

#include <cstddef>
#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::policy {

/// The bytes of a file; `kind` names it in errors ("sender list"). Fails with `configuration` when
/// it cannot be read, is no regular file or pipe, or holds more than `most` bytes.
Result<std::string> read_text_file(const std::string& path, const std::string& kind,
                                   std::size_t most);

}  // namespace mboxferry::policy
