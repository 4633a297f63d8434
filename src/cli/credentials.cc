// SPDX-License-Identifier: Apache-2.0
// Password sources.
#include "cli/credentials.h"

#include <fcntl.h>
#include <string.h>  // NOLINT: explicit_bzero is here
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "cli/child_output.h"
#include "cli/command.h"
#include "cli/terminal_prompt.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLongestPassword = 16u << 10;
constexpr const char* kSources =
    "use --password-file, --password-env or --password-command, or run it on a terminal";

/// Takes one line end off, and only one: a password may end with an empty line of its own.
void drop_line_end(std::string& text) {
  if (!text.ends_with('\n')) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

Result<imap::Secret> checked(const imap::Secret& password, const std::string& from) {
  if (password.reveal().empty()) {
    return Error{ErrorCode::configuration, "the password from " + from + " is empty", kSources};
  }
  if (password.reveal().find('\0') != std::string_view::npos) {
    return Error{ErrorCode::configuration,
                 "the password from " + from + " holds a NUL byte, which no login can carry",
                 "check the file's encoding: it should be plain text"};
  }
  return password;
}

Error interrupted_before_login() { return {ErrorCode::interrupted, "interrupted", ""}; }

Result<std::string> read_bounded(int descriptor, const std::string& from,
                                 const Cancellation& interrupt) {
  std::string text;
  text.reserve(kLongestPassword + 1);  // no reallocation leaves a copy behind
  std::array<char, 1024> buffer{};
  while (text.size() <= kLongestPassword) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR && interrupt.requested()) return interrupted_before_login();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::configuration,
                   "cannot read the password from " + from + ": " + errno_text(errno), kSources};
    }
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::explicit_bzero(buffer.data(), buffer.size());
  if (text.size() > kLongestPassword) {
    return Error{ErrorCode::configuration, "the password from " + from + " is too long",
                 "at most 16384 bytes"};
  }
  drop_line_end(text);
  return text;
}

/// A pipe may have no writer for long.
FileDescriptor open_password_file(const std::string& path, const Cancellation& interrupt) {
  for (;;) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid() || errno != EINTR || interrupt.requested()) return file;
  }
}

Result<imap::Secret> from_file(const std::string& path, const Cancellation& interrupt) {
  const FileDescriptor file = open_password_file(path, interrupt);
  if (!file.valid() && interrupt.requested()) return interrupted_before_login();
  if (!file.valid()) {
    return Error{ErrorCode::configuration,
                 "cannot read the password file " + path + ": " + errno_text(errno), kSources};
  }
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0;
  if (known) MBOXFERRY_TRY(refuse_writable_by_others(status, "password file", path));
  if (known && S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    say("warning: others can read the password file " + path + "; run: chmod 600 " + path);
  }
  MBOXFERRY_ASSIGN(auto password, read_bounded(file.get(), path, interrupt));
  return checked(imap::Secret(std::move(password)), path);
}

Result<imap::Secret> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return Error{ErrorCode::configuration, "the environment has no variable " + name, kSources};
  }
  return checked(imap::Secret(std::string(value)), "the environment");
}

Result<imap::Secret> from_command(const std::string& command, const Cancellation& interrupt) {
  const std::string from = "the password command";
  MBOXFERRY_ASSIGN(ChildOutput child, ChildOutput::start(command));
  auto password = read_bounded(child.descriptor(), from, interrupt);
  const Result<void> ended = child.wait();
  if (!password) return password.error();
  const imap::Secret secret(std::move(*password));
  MBOXFERRY_TRY(ended);
  return checked(secret, from);
}

}  // namespace

Result<imap::Secret> get_password(const PasswordSource& source, const std::string& label,
                                  const Cancellation& interrupt) {
  if (!source.file.empty()) return from_file(source.file, interrupt);
  if (!source.environment.empty()) return from_environment(source.environment);
  if (!source.command.empty()) {
    auto password = from_command(source.command, interrupt);
    if (interrupt.requested()) return interrupted_before_login();
    return password;
  }
  MBOXFERRY_ASSIGN(std::string typed, ask_on_terminal("Password of " + label + ": ", interrupt));
  return checked(imap::Secret(std::move(typed)), "the terminal");
}

}  // namespace mboxferry::cli
