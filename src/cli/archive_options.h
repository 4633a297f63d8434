// SPDX-License-Identifier: Apache-2.0
// Options that say how archives are read.
#pragma once

#include "cli/options.h"
#include "mboxferry/transfer/indexer.h"

namespace mboxferry::cli {

/// --dialect, --internaldate, --include-expunged, --follow-links, --max-unpack-memory.
void add_reading_options(boost::program_options::options_description& group);
/// --default-flags, --keep-deleted, --strip-status-headers: what changes what is sent.
void add_sending_options(boost::program_options::options_description& group);

/// The value of all of these; `now` is the clock's.
Result<transfer::IndexOptions> read_index_options(const Options& options);

/// The values of --follow-links and --max-unpack-memory.
Result<archive::OpenOptions> read_open_options(const Options& options);

/// The archives named; an error when there is none.
Result<std::vector<std::string>> archives_of(const Options& options);

}  // namespace mboxferry::cli
