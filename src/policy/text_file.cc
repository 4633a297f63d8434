// SPDX-License-Identifier: Apache-2.0
// Reads in pieces until the end or the bound.
#include "mboxferry/policy/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mboxferry/base/file.h"

namespace mboxferry::policy {

Result<std::string> read_text_file(const std::string& path, const std::string& kind,
                                   std::size_t most) {
  const auto failed = [&](const std::string& why) {
    return Error{ErrorCode::configuration, "cannot read the " + kind + " " + path + ": " + why,
                 "name a text file in UTF-8"};
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return failed(errno_text(errno));
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  std::string text;
  struct stat status {};
  // A file that lies about its size grows the text as it is read.
  if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode))
    text.reserve(std::min(static_cast<std::size_t>(status.st_size), most) + kPiece);
  for (;;) {
    const std::size_t size = text.size();
    if (size > most) return failed("it is larger than " + std::to_string(most >> 20U) + " MiB");
    text.resize(size + kPiece);
    const ssize_t got = ::read(file.get(), text.data() + size, kPiece);
    text.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return failed(errno_text(errno));
  }
}

}  // namespace mboxferry::policy
