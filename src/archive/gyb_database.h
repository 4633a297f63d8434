// SPDX-License-Identifier: Apache-2.0
// The database in which Got Your Back keeps labels.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "archive/side_note.h"
#include "archive/temporary_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Gives `visit` each message of `msg-db.sqlite`: the file's name below the database's directory
/// and its note. The file is a stranger's: it is opened read-only, must have the tables as they
/// are known, and gets the work that `content`, its bytes but for long runs of zeros, explains.
/// False, perhaps after some messages, when it is not such a database or is damaged. Only an error
/// of `visit` is one.
Result<bool> read_gyb_database(
    const TemporaryFile& file, std::uint64_t content,
    const std::function<Result<void>(const std::string& name, const SideNote& note)>& visit);

}  // namespace mboxferry::archive
