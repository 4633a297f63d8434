// SPDX-License-Identifier: Apache-2.0
// How many names of folders one container may fill memory with.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace mboxferry::archive {

inline constexpr std::string_view kTooManyNames =
    "the folders of the archive have too many names to keep: unpack it, and name the directory "
    "that comes out";

/// Folders are kept in memory under several names each; messages and files that are not read are
/// not. So the names of folders are counted together.
class NameBudget {
 public:
  explicit NameBudget(std::uint64_t most_bytes) : most_(most_bytes) {}

  /// Whether there is room for `name`, which counts once, and for `more` bytes that go with it.
  bool affords(std::string_view name, std::uint64_t more = 0) {
    if (names_.contains(name)) return true;
    constexpr std::uint64_t kRecord = 128;
    const std::uint64_t bytes = used_ + name.size() + more + kRecord;
    if (bytes > most_) return false;
    used_ = bytes;
    names_.emplace(name);
    return true;
  }

 private:
  const std::uint64_t most_;
  std::uint64_t used_ = 0;
  std::set<std::string, std::less<>> names_;
};

}  // namespace mboxferry::archive
