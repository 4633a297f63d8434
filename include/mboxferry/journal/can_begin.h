// SPDX-License-Identifier: Apache-2.0
// Whether a job could begin, or go on, with a journal; nothing is changed.
#pragma once

#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::journal {

/// What opening the journal at `path` to work with it would fail with because of the folder, the
/// lock file, or the permissions of what is there. `folder_is_made`: a job makes the folder, and
/// those above it. What is in the journal, and who holds its lock, are not looked at.
Result<void> can_begin(const std::string& path, bool folder_is_made);

}  // namespace mboxferry::journal
