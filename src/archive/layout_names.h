// SPDX-License-Identifier: Apache-2.0
// Takes the directories of layouts out of the names of folders.
#pragma once

#include <string>
#include <vector>

#include "archive/folder_list.h"
#include "archive/layout.h"

namespace mboxferry::archive {

/// Changes `relative` of all folders to what it would be without the directories that belong to a
/// program's layout; notes in `marks` which layouts these are. `root_name` is what the archive is
/// called: a directory of that name around all folders is the archive itself.
void apply_layouts(std::vector<FoundFolder>& found, const std::string& root_name,
                   LayoutMarks& marks);

/// Takes off directories that only wrap the mail: the one that is called like the archive,
/// `root_name`, and those of the table of names, as long as all folders are in them. The last one
/// that is taken off becomes `root_name`.
void strip_wrappers(std::vector<FoundFolder>& found, std::string& root_name);

}  // namespace mboxferry::archive
