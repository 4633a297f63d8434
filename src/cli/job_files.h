// SPDX-License-Identifier: Apache-2.0
// The files that a job has beside its archives.
#pragma once

#include <cstdint>
#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// Bytes of the journal, what SQLite has beside it, and the refused messages.
std::uint64_t size_of_job_files(const std::string& journal);

/// Deletes them and the lock file. Errors: `journal_locked` when a process works with the journal
/// (nothing is deleted then), `io`.
Result<void> remove_job_files(const std::string& journal);

}  // namespace mboxferry::cli
