// SPDX-License-Identifier: Apache-2.0
// The journal that a command names.
#pragma once

#include <memory>

#include "cli/options.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::cli {

/// Opens the option "journal"; reading ends at an interruption. Fails with `usage` when none is
/// named.
Result<std::unique_ptr<journal::Journal>> open_journal(const Options& options,
                                                       journal::OpenMode mode,
                                                       const Cancellation& interrupt);

/// --any-owner, for commands that only show what a journal says.
void add_owner_option(boost::program_options::options_description& group);
bool takes_any_owner(const Options& options);
journal::OpenMode reading_mode(bool any_owner);

}  // namespace mboxferry::cli
