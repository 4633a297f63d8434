// SPDX-License-Identifier: Apache-2.0
// Sender lists of a migration: which, and what is done about mail of blocked senders.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "cli/options.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/sender_rules.h"

namespace mboxferry::cli {

/// --senders and its kin, how they are asked, --blocked and --rescue-allowed.
void add_filing_options(boost::program_options::options_description& group);

/// What is said about them; lists are not read, and `lists` is null. Errors: `usage`.
Result<transfer::SenderRules> read_filing_options(const Options& options);

/// Fails with `usage` when something is to be done about senders and no list is named.
Result<void> refuse_filing_without_lists(const Options& options,
                                         const transfer::SenderRules& rules);

/// Reads lists, and keeps those that it read last for the next job that names the same files. Any
/// thread.
class SenderListReader {
 public:
  /// Fills in `lists` when files are named. Tells every mistake on standard error, once for each
  /// reading, and then fails with `configuration`.
  Result<void> read(transfer::SenderRules& rules);

 private:
  std::mutex mutex_;
  std::string files_;
  std::shared_ptr<const policy::SenderLists> lists_;
};

/// The lists that the last run of a job had, as they are now, into the rules that the journal's
/// settings say. Does nothing for a job without.
Result<void> read_lists_of_job(const journal::Journal& journal, transfer::SenderRules& rules);

}  // namespace mboxferry::cli
