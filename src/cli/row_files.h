// SPDX-License-Identifier: Apache-2.0
// Files and folders that a row of a batch names.
#pragma once

#include <cstdint>
#include <string>

namespace mboxferry::cli {

struct Stamp {
  std::uint64_t size = 0;  ///< bytes
  std::string text;        ///< size and newest change: another text, another content
};

/// Of a file, or of what is in a folder, of which at most 100,000 entries are looked at.
Stamp stamp_of(const std::string& path);

/// Nothing, or why the password file is not used.
std::string password_file_problem(const std::string& path);

}  // namespace mboxferry::cli
