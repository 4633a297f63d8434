// SPDX-License-Identifier: Apache-2.0
// From options to what one job needs to know; the same for one account and for one of many.
#pragma once

#include <string>

#include "cli/connection_options.h"
#include "cli/options.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

/// --strict: VerifyOptions.
void add_strict_option(boost::program_options::options_description& group);

/// --resend-doubtful: JobSettings.
void add_resend_option(boost::program_options::options_description& group);

/// --dedupe, --skip-existing, --allow-copies, --strict, --resend-doubtful.
void add_copies_options(boost::program_options::options_description& group);
/// --accept-unread.
void add_unread_option(boost::program_options::options_description& group);

/// --probe.
void add_probe_option(boost::program_options::options_description& group);

/// All settings of a job but its archives, journal, password, trace and the entries of its sender
/// lists. Asks nobody and opens nothing but the file of --map-file. Errors: `usage`,
/// `configuration`.
Result<transfer::JobSettings> read_job_settings(const Options& options,
                                                const ConnectionSettings& connection);

/// Where the journals of --state-dir are, or the user's own folder for them; it may not be there.
Result<std::string> state_folder_name(const Options& options);
/// The same; it is created.
Result<std::string> state_folder(const Options& options);

}  // namespace mboxferry::cli
