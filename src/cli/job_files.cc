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
  MBOXFERRY_TRY(journal::remove_journal(journal));
  const std::string refused = transfer::quarantine_path(journal);
  if (::unlink(refused.c_str()) != 0 && errno != ENOENT) {
    return Error{ErrorCode::io, "cannot remove " + refused + ": " + errno_text(errno),
                 "remove it by hand"};
  }
  return lock.remove();
}

}  // namespace mboxferry::cli
