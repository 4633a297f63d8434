// SPDX-License-Identifier: Apache-2.0
// What was on a ManageSieve server before the first push, in a file of the state folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/sieve/deployment.h"

namespace mboxferry::cli {

/// As text: lengths in front of names and contents, so that scripts stay what they are byte for
/// byte.
std::string saved_text(const std::string& account, const sieve::SavedScripts& saved);
/// Nothing when it is none, or another account's.
std::optional<sieve::SavedScripts> saved_from_text(std::string_view text,
                                                   const std::string& account);

/// The file for an account (`user@host:port`) and a name of scripts.
std::string saved_scripts_path(const std::string& folder, const std::string& account,
                               const std::string& name);
/// Nothing when there is no such file. Errors: `configuration`.
Result<std::optional<sieve::SavedScripts>> load_saved_scripts(const std::string& path,
                                                              const std::string& account);
Result<void> save_scripts(const std::string& path, const std::string& account,
                          const sieve::SavedScripts& saved);

}  // namespace mboxferry::cli
