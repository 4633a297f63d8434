// SPDX-License-Identifier: Apache-2.0
// In which code page the names of a zip archive are.
#pragma once

#include <memory>

#include "archive/code_page.h"
#include "archive/limits.h"
#include "archive/open_file.h"

namespace mboxferry::archive {

/// Counts the names in `file` that are not UTF-8; none when it is no zip archive.
CodePageGuess guess_code_page(const std::shared_ptr<const OpenFile>& file, const Limits& limits);

}  // namespace mboxferry::archive
