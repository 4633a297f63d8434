// SPDX-License-Identifier: Apache-2.0
// Finds out which of several paths belong together.
#pragma once

#include <string>
#include <vector>

#include "archive/opener.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// See Archive::open_all().
Result<std::vector<Archive>> open_all(const Opener& opener, const std::vector<std::string>& paths);

}  // namespace mboxferry::archive
