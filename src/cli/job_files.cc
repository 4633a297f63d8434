// SPDX-License-Identifier: Apache-2.0
// The files that a job has beside its archives.
#include "cli/job_files.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "mboxferry/base/file.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/transfer/refused.h"

namespace mboxferry::cli {
namespace {

/// A file of the quarantine's name that the job did not write is no file of the job.
Result<bool> has_own_refused(const std::string& path) {
  MBOXFERRY_ASSIGN(const auto journal, journal::Journal::open(path, journal::OpenMode::read_only));
  return transfer::wrote_quarantine(*journal);
}

}  // namespace

std::uint64_t size_of_job_files(const std::string& journal) {
  std::uint64_t bytes = 0;
  for (const std::string& path :
       {journal, journal + "-wal", journal + "-shm", transfer::quarantine_path(journal)}) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (!failed) bytes += size;
  }
  return bytes;
}

Result<void> remove_job_files(const std::string& journal) {
  MBOXFERRY_ASSIGN(journal::LockFile lock, journal::LockFile::take(canonical_path(journal)));
  const std::string refused = transfer::quarantine_path(journal);
  MBOXFERRY_ASSIGN(const bool own_refused, has_own_refused(journal));
  MBOXFERRY_TRY(journal::remove_journal(journal));
  if (own_refused && ::unlink(refused.c_str()) != 0 && errno != ENOENT) {
    return Error{ErrorCode::io, "cannot remove " + refused + ": " + errno_text(errno),
                 "remove it by hand"};
  }
  return lock.remove();
}

}  // namespace mboxferry::cli
