// SPDX-License-Identifier: Apache-2.0
// Opens the journal that a command names.
#include "cli/journal_options.h"

namespace mboxferry::cli {

Result<std::unique_ptr<journal::Journal>> open_journal(const Options& options,
                                                       journal::OpenMode mode) {
  const std::string path = options.text("journal");
  if (path.empty()) {
    return Error{ErrorCode::usage, "no journal is named",
                 "migrate tells its journal at its end; look in ~/.local/state/mboxferry"};
  }
  return journal::Journal::open(path, mode);
}

}  // namespace mboxferry::cli
