// SPDX-License-Identifier: Apache-2.0
// Options that name sender lists and say how they are asked.
#pragma once

#include <vector>

#include "cli/options.h"
#include "mboxferry/base/sandbox.h"
#include "mboxferry/policy/sender_judge.h"
#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::cli {

/// --senders, --allowed, --global-senders, --global-allowed, --allow-wide.
void add_sender_list_options(boost::program_options::options_description& group);
/// Adds the files that they name.
void add_sender_lists(SandboxRights& rights, const Options& options);
/// --precedence, --sender-field, --allow-only-authenticated.
void add_judge_options(boost::program_options::options_description& group);

/// The files that are named, in their order.
std::vector<policy::ListSource> sender_sources(const Options& options);

/// Fails with `configuration` when others can write one of them: they would decide what is done.
Result<void> refuse_lists_of_others(const std::vector<policy::ListSource>& sources);

/// What lists are read for: refuse_lists_of_others() where they decide.
enum class ListUse { told, decides };

/// The lists that are named; empty when there are none. Tells every mistake of all of them on
/// standard error, and then fails with `configuration`.
Result<policy::LoadedLists> read_sender_lists(const Options& options, ListUse use);

/// Errors: `usage`.
Result<policy::JudgeOptions> read_judge_options(const Options& options);

/// "FILE line N: text".
std::string remark_line(const policy::ListRemark& remark);

}  // namespace mboxferry::cli
