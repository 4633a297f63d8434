// SPDX-License-Identifier: Apache-2.0
// Second copies of a file, by name and by content.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// The name of the file that `path` is a copy of, by its own name alone: `mail.zip` for
/// `mail (1).zip`, and the like for `(1)`, ` - Copy`, ` copy 2`, of takeouts also `-2`. Nothing for
/// a name without such a mark.
std::optional<std::string> without_copy_mark(const std::string& path);

/// True for two regular files with the same bytes; false where one of them cannot be read.
bool have_same_bytes(const std::string& one, const std::string& other);

/// An mbox and its packed form, which lies beside it.
struct Twins {
  const Folder* first = nullptr;
  const Folder* second = nullptr;
};

/// Whether one of them is where the other begins.
enum class TwinKind { one_is_empty, other, equal, first_holds_more, second_holds_more };

/// Compares twins that are members of containers. Reads a container once, and a second time if a
/// member is longer than its twin. A member that cannot be read counts as different.
Result<std::vector<TwinKind>> compare_members(const std::vector<Twins>& pairs);

}  // namespace mboxferry::archive
