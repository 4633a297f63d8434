// SPDX-License-Identifier: Apache-2.0
// Standard input as a file that can be read again and again.
#include "archive/standard_input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "archive/open_file.h"
#include "archive/temporary_file.h"

namespace mboxferry::archive {
namespace {

Error cannot_read(int error_number) {
  return Error{ErrorCode::io, "cannot read standard input: " + errno_text(error_number), ""};
}

Result<void> copy_to(TemporaryFile& file) {
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(errno);
    if (got == 0) return ok();
    MBOXFERRY_TRY(file.append(std::span(buffer).first(static_cast<std::size_t>(got))));
  }
}

}  // namespace

Result<void> keep_standard_input() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) return cannot_read(errno);
  if (S_ISREG(status.st_mode)) return ok();
  if (::isatty(STDIN_FILENO) == 1) {
    return Error{ErrorCode::usage, "cannot read an archive from standard input: it is a terminal",
                 "direct a file or the output of a program to it"};
  }
  MBOXFERRY_ASSIGN(TemporaryFile file, TemporaryFile::create());
  MBOXFERRY_TRY(copy_to(file));
  if (::dup2(file.descriptor(), STDIN_FILENO) < 0) return cannot_read(errno);
  return ok();
}

}  // namespace mboxferry::archive
