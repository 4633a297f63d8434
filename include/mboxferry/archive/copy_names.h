// SPDX-License-Identifier: Apache-2.0
// Second copies of a file, by name and by content.
#pragma once

#include <optional>
#include <string>

namespace mboxferry::archive {

/// The name of the file that `path` is a copy of, by its own name alone: `mail.zip` for
/// `mail (1).zip`, and the like for `(1)`, ` - Copy`, ` copy 2`, of takeouts also `-2`. Nothing for
/// a name without such a mark.
std::optional<std::string> without_copy_mark(const std::string& path);

/// True for two regular files with the same bytes; false where one of them cannot be read.
bool have_same_bytes(const std::string& one, const std::string& other);

}  // namespace mboxferry::archive
