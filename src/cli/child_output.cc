// SPDX-License-Identifier: Apache-2.0
// Runs a shell command.
#include "cli/child_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace mboxferry::cli {
namespace {

Error cannot_start(const std::string& name, int error_number) {
  return {ErrorCode::configuration, "cannot start " + name + ": " + errno_text(error_number),
          "try it in a shell first"};
}

}  // namespace

Result<ChildOutput> ChildOutput::start(const std::string& command, const std::string& gives) {
  const std::string name = "the " + gives + " command";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(name, errno);
  FileDescriptor read_end(ends[0]);
  const FileDescriptor write_end(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // We ignore these; a child would inherit that.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  pid_t process = 0;
  const int failed =
      ::posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments.data(), ::environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return cannot_start(name, failed);
  return ChildOutput(process, std::move(read_end), name);
}

ChildOutput::~ChildOutput() { static_cast<void>(wait()); }

Result<void> ChildOutput::wait() {
  if (process_ == 0) return ok();
  output_.reset();
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ok();
  return Error{ErrorCode::configuration,
               WIFEXITED(status)
                   ? fmt::format("{} failed with status {}", name_, WEXITSTATUS(status))
                   : name_ + " was killed by a signal",
               "try it in a shell first"};
}

}  // namespace mboxferry::cli
