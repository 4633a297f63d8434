// SPDX-License-Identifier: Apache-2.0
// Files and folders that a row of a batch names.
#pragma once

#include <cstdint>
#include <string>

#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

struct Stamp {
  std::uint64_t size = 0;  ///< bytes
  std::string text;        ///< size and newest change: another text, another content
};

/// Of a file, or of what is in a folder. Of one with more than 100,000 entries nobody can say in
/// time whether it has changed, and its text is another one each time.
Stamp stamp_of(const std::string& path);

/// Of an archive, with all parts of a split download.
Stamp stamp_of_archive(const std::string& path);

/// What of an account's settings decides what there is to be done, as text. With another text an
/// account that is complete is not complete any more; --strict gives another one each time.
std::string stamp_of_work(transfer::JobSettings settings);

/// Nothing, or why the file is not used; `kind` as in "password file".
std::string secret_file_problem(const std::string& kind, const std::string& path);

}  // namespace mboxferry::cli
