// SPDX-License-Identifier: Apache-2.0
// Which keywords a server refuses.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace mboxferry::transfer {

/// A BAD costs a connection, so what was refused once is not said again: a keyword, and after two
/// of the same kind all of it, unless one of that kind was taken. A NO may have passed meanwhile by
/// itself, so that two of the same kind are needed. A job's; any thread.
class KeywordMemory {
 public:
  /// A message with these was taken.
  void taken(const std::vector<std::string>& keywords);
  /// One with these got BAD, and was taken without them.
  void refused(const std::vector<std::string>& keywords);
  /// One with these got NO, and was taken without them.
  void refused_or_by_chance(const std::vector<std::string>& keywords);
  /// True when some of them are known to get BAD.
  [[nodiscard]] bool refuses(const std::vector<std::string>& keywords) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> taken_kinds_;
  std::set<std::string> refused_kinds_;
  std::set<std::string> suspected_kinds_;  ///< one of it was refused
  std::set<std::string> refused_;
  std::set<std::string> chance_kinds_;  ///< one of it got NO
};

}  // namespace mboxferry::transfer
