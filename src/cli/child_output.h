// SPDX-License-Identifier: Apache-2.0
// A shell command whose standard output is read.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// One running `/bin/sh -c COMMAND`; standard input and error are ours. Waited for on destruction.
class ChildOutput {
 public:
  /// `gives` is what it prints, for messages: "password".
  static Result<ChildOutput> start(const std::string& command, const std::string& gives);
  ChildOutput(ChildOutput&& other) noexcept
      : process_(std::exchange(other.process_, 0)),
        output_(std::move(other.output_)),
        name_(std::move(other.name_)) {}
  ChildOutput& operator=(ChildOutput&&) = delete;
  ~ChildOutput();

  [[nodiscard]] int descriptor() const { return output_.get(); }
  /// Closes the output and waits; fails with `configuration` unless the exit status is 0.
  Result<void> wait();

 private:
  ChildOutput(pid_t process, FileDescriptor output, std::string name)
      : process_(process), output_(std::move(output)), name_(std::move(name)) {}

  pid_t process_;  ///< 0: waited for
  FileDescriptor output_;
  std::string name_;  ///< "the password command"
};

}  // namespace mboxferry::cli
