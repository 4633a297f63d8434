// SPDX-License-Identifier: Apache-2.0
// Where journals are kept when the user names no file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// `$XDG_STATE_HOME/mboxferry`, or `~/.local/state/mboxferry` (XDG Base Directory Specification).
Result<std::string> default_state_folder();

/// The state folder, for commands that look at what is there. Fails with `usage`, telling to name
/// `what`, when there is none.
Result<std::string> existing_state_folder(const std::string& what);

/// Creates `folder` and its parents, for the user only. Fails with `cannot_create`, and with
/// `configuration` when others can write into one that is there.
Result<void> make_state_folder(const std::string& folder);

/// The journal's file name for a job: readable, and its own for every account, archive and mailbox,
/// so that the same command finds it again.
std::string journal_name(const std::string& account, const std::vector<std::string>& archives,
                         const std::optional<std::string>& mailbox);

/// The same for archives whose full paths, without links, are known; `first` is what the user
/// called the first of them.
std::string journal_name_of(const std::string& account, const std::vector<std::string>& full_paths,
                            const std::string& first, const std::optional<std::string>& mailbox);

}  // namespace mboxferry::cli
