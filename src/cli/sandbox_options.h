// SPDX-License-Identifier: Apache-2.0
// --no-sandbox, and what each command may still do with files.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "mboxferry/base/sandbox.h"

namespace mboxferry::cli {

void add_sandbox_option(boost::program_options::options_description& group);

/// What a command needs in any case, and the files that `options` say are written.
SandboxRights rights_of(const Options& options);

/// Adds archives and what they lead to.
void add_archives(SandboxRights& rights, const std::vector<std::string>& archives,
                  bool follow_links);

/// Adds the folder of a journal, in which its lock, its log and refused mail are.
void add_journal(SandboxRights& rights, const std::string& journal);

/// The same for what a command that only shows journals was given: journals, and folders of them.
void add_jobs(SandboxRights& rights, const std::vector<std::string>& places);

/// Confines the process for the rest of its life, unless --no-sandbox is given. Silent where the
/// kernel cannot do it; --version tells.
void confine(const Options& options, const SandboxRights& rights);

/// What --version says of it.
std::string sandbox_line();

}  // namespace mboxferry::cli
