// SPDX-License-Identifier: Apache-2.0
// Text that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::auth {

/// So many random bytes in base64url. Error `internal`.
Result<std::string> random_text(std::size_t bytes);

}  // namespace mboxferry::auth
