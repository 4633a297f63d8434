// SPDX-License-Identifier: Apache-2.0
// Opens the journal that a command names.
#include "cli/journal_options.h"

namespace mboxferry::cli {

Result<std::unique_ptr<journal::Journal>> open_journal(const Options& options,
                                                       journal::OpenMode mode,
                                                       const Cancellation& interrupt) {
  const std::string path = options.text("journal");
  if (path.empty()) {
    return Error{ErrorCode::usage, "no journal is named",
                 "migrate tells its journal at its end; look in ~/.local/state/mboxferry"};
  }
  return journal::Journal::open(path, mode, &interrupt);
}

void add_owner_option(boost::program_options::options_description& group) {
  group.add_options()("any-owner", flag(),
                      "also read a journal that another user owns or can write; what it says is "
                      "then their word");
}

bool takes_any_owner(const Options& options) { return options.has_flag("any-owner"); }

journal::OpenMode reading_mode(bool any_owner) {
  return any_owner ? journal::OpenMode::read_anyones : journal::OpenMode::read_only;
}

}  // namespace mboxferry::cli
