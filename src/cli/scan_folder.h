// SPDX-License-Identifier: Apache-2.0
// Reads one folder for `scan`.
#pragma once

#include "cli/scan_output.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/report/progress.h"

namespace mboxferry::cli {

/// What happened to a folder: its totals, as far as it was read, and why it was not read to the
/// end.
struct ScannedFolder {
  FolderTotals totals;
  std::optional<Error> error;
};

/// Reads `folder` and tells `output` everything, begin and end included. An error that is the
/// folder's own is listed as the problem "unreadable" and returned in `error`; one of `output` is
/// the result. `sample` goes on counting over all folders.
Result<ScannedFolder> scan_folder(const archive::Folder& folder,
                                  const transfer::IndexOptions& options, ScanOutput& output,
                                  report::ProgressPrinter& printer, report::ProgressSample& sample,
                                  const Cancellation& interrupt);

}  // namespace mboxferry::cli
