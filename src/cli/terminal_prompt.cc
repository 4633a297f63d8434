// SPDX-License-Identifier: Apache-2.0
// The password prompt.
#include "cli/terminal_prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "mboxferry/base/file.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLongestLine = 16u << 10;

/// Switches echo off while it lives.
class EchoOff {
 public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= static_cast<tcflag_t>(ECHONL);
    active_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (active_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  [[nodiscard]] bool active() const { return active_; }

 private:
  int terminal_;
  termios before_{};
  bool active_ = false;
};

Error no_terminal() {
  return {ErrorCode::configuration, "no password is given, and there is no terminal to ask on",
          "use --password-file, --password-env or --password-command"};
}

FileDescriptor open_terminal() {
  return FileDescriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
}

/// False when it was interrupted, which may happen just before the wait as well as during it.
bool wait_for_keys(int terminal, const Cancellation& interrupt) {
  constexpr int kLookMilliseconds = 200;
  while (!interrupt.requested()) {
    pollfd entry{terminal, POLLIN, 0};
    const int ready = ::poll(&entry, 1, kLookMilliseconds);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return !interrupt.requested();
  }
  return false;
}

/// What is typed after `prompt`, up to the end of the line; nothing when the terminal is gone.
Result<std::optional<std::string>> ask_line(int terminal, const std::string& prompt,
                                            const Cancellation& interrupt) {
  MBOXFERRY_TRY(write_all(terminal, report::printable(prompt), "the terminal"));
  std::string line;
  line.reserve(kLongestLine + 1);
  while (line.size() <= kLongestLine) {
    if (!wait_for_keys(terminal, interrupt)) {
      static_cast<void>(write_all(terminal, "\n", "the terminal"));
      return Error{ErrorCode::interrupted, "interrupted", ""};
    }
    char c = 0;
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::optional<std::string>();
    if (c == '\n') return std::optional(std::move(line));
    line += c;
  }
  return Error{ErrorCode::configuration, "what was typed is too long", "at most 16384 bytes"};
}

}  // namespace

Result<std::string> ask_on_terminal(const std::string& prompt, const Cancellation& interrupt) {
  const FileDescriptor terminal = open_terminal();
  if (!terminal.valid()) return no_terminal();
  const EchoOff echo_off(terminal.get());
  if (!echo_off.active()) return no_terminal();
  MBOXFERRY_ASSIGN(auto line, ask_line(terminal.get(), prompt, interrupt));
  return line ? Result<std::string>(std::move(*line)) : no_terminal();
}

Result<bool> confirm_on_terminal(const std::string& question, const Cancellation& interrupt) {
  const FileDescriptor terminal = open_terminal();
  if (terminal.valid()) {
    MBOXFERRY_ASSIGN(const auto line, ask_line(terminal.get(), question, interrupt));
    if (line) return *line == "yes";
  }
  return Error{ErrorCode::configuration, "there is no terminal to ask on", "use --yes"};
}

}  // namespace mboxferry::cli
