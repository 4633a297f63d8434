// SPDX-License-Identifier: Apache-2.0
// Pieces of a journal that several reports show.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {

/// Folder paths by id.
Result<std::map<journal::FolderId, std::string>> folder_names(const journal::Journal& journal);

/// The elements of the `refused` list.
Result<void> write_refused(JsonStream& json, const journal::Journal& journal);

/// The lines of `text` without their ends, empty ones left out.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace mboxferry::report
