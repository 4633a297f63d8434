// SPDX-License-Identifier: Apache-2.0
// Reading an SQLite file that nobody writes to.
#pragma once

#include <string>

namespace mboxferry::journal {

/// The path as SQLite's URI file name, which alone can say that a file does not change
/// (https://www.sqlite.org/uri.html): it is read then without any other file beside it.
std::string unchanging_uri(const std::string& path);

}  // namespace mboxferry::journal
