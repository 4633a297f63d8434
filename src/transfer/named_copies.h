// SPDX-License-Identifier: Apache-2.0
// Archives of a command that are copies of others of it: the shell's `*.zip` names both.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mboxferry::transfer {

/// Of the files that a command names, each that is a copy of another one by its name and byte by
/// byte (docs/decisions/0099-copies-of-what-is-named.md), and which. Of a download in parts, only
/// when every part is. What cannot be read is no copy here, and is told when it is opened.
std::map<std::string, std::string> named_copies(const std::vector<std::string>& paths);

}  // namespace mboxferry::transfer
