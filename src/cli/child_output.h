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
  static Result<ChildOutput> start(const std::string& command);
  ChildOutput(ChildOutput&& other) noexcept
      : process_(std::exchange(other.process_, 0)), output_(std::move(other.output_)) {}
  ChildOutput& operator=(ChildOutput&&) = delete;
  ~ChildOutput();

  [[nodiscard]] int descriptor() const { return output_.get(); }
  /// Closes the output and waits; fails with `configuration` unless the exit status is 0.
  Result<void> wait();

 private:
  ChildOutput(pid_t process, FileDescriptor output)
      : process_(process), output_(std::move(output)) {}

  pid_t process_;  ///< 0: waited for
  FileDescriptor output_;
};

}  // namespace mboxferry::cli
