// SPDX-License-Identifier: Apache-2.0
// Reads to the end or the bound, and writes through base/output_file.h.
#include "cli/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/command.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/output_file.h"

namespace mboxferry::cli {

Result<std::string> read_small_file(const std::string& path, const std::string& kind,
                                    std::size_t most, Trust trust) {
  const auto failed = [&](const std::string& why) {
    return Error{ErrorCode::configuration, "cannot read the " + kind + " " + path + ": " + why,
                 "name another file, or make this one readable"};
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return failed(errno_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failed(errno_text(errno));
  if (!S_ISREG(status.st_mode)) return failed("it is no regular file");
  if (trust != Trust::any) MBOXFERRY_TRY(refuse_writable_by_others(status, kind, path));
  if (trust == Trust::secret && others_can_read(status.st_mode, status.st_uid))
    say("warning: others can read the " + kind + " " + path + "; run: chmod 600 " + path);
  // One more than may be there; no reallocation leaves a copy of a secret behind.
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno_text(errno));
    size += static_cast<std::size_t>(got);
  }
  if (size > most) return failed("it is larger than " + std::to_string(most >> 10U) + " KiB");
  text.resize(size);
  return text;
}

Result<void> replace_own_file(const std::string& path, std::string_view text,
                              std::string_view beginning) {
  const std::array<std::string_view, 1> ours{beginning};
  MBOXFERRY_TRY(refuse_other_content(path, ours));
  return replace_file(path, text);
}

}  // namespace mboxferry::cli
