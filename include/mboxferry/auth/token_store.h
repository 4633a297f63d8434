// SPDX-License-Identifier: Apache-2.0
// Profiles and their tokens, each in a file that only this user can read.
#pragma once

#include <string>
#include <vector>

#include "mboxferry/auth/profile.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"

namespace mboxferry::auth {

/// A folder of profiles. Any thread; processes that change a profile hold its lock.
class TokenStore {
 public:
  /// `folder` is there, or is made before a profile is saved.
  explicit TokenStore(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// Held until destruction; the kernel lets go of it when the process ends, however it ends.
  class Lock {
   public:
    explicit Lock(FileDescriptor file) : file_(std::move(file)) {}

   private:
    FileDescriptor file_;
  };
  /// Waits for other processes and threads, which may be renewing the profile. Errors: `usage` (the
  /// name), `configuration`, `cannot_create`, `interrupted`; `try_later` after two minutes.
  [[nodiscard]] Result<Lock> lock(const std::string& name, Clock& clock,
                                  const Cancellation& interrupt) const;

  /// Errors: `usage` (the name); `configuration` when it is not there, is damaged, or when others
  /// can read or write it.
  [[nodiscard]] Result<Profile> load(const std::string& name) const;

  /// A place for a profile, so that an answer that has been waited for can be kept.
  [[nodiscard]] Result<OutputFile> prepare(const std::string& name) const;
  /// Makes the profile durable in that place, instead of an older one.
  static Result<void> save(const Profile& profile, OutputFile place);

  /// Deletes it and what interrupted writes have left of it, under the lock. Fails as load() does
  /// when there is none; a damaged one is deleted.
  [[nodiscard]] Result<void> remove(const std::string& name) const;

  /// The names of the profiles, sorted. Empty when the folder is not there.
  [[nodiscard]] Result<std::vector<std::string>> names() const;

  /// The profile's file.
  [[nodiscard]] std::string path_of(const std::string& name) const;

 private:
  std::string folder_;
};

}  // namespace mboxferry::auth
