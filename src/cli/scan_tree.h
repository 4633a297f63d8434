// SPDX-License-Identifier: Apache-2.0
// The tree of folders that an archive holds, for people.
#pragma once

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// One line a folder, children below their parents, with size and place. Nothing is written for an
/// archive that is one folder.
Result<void> write_scan_tree(report::TextOutput& out, const archive::Archive& archive);

}  // namespace mboxferry::cli
