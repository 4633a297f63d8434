// SPDX-License-Identifier: Apache-2.0
// What somebody who mistyped a name may have meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mboxferry::cli {

/// A hint: "did you mean NAME?" for the known name that is nearest to what was given, or
/// `otherwise` when none is near.
std::string did_you_mean(std::string_view given, std::span<const std::string> known,
                         const std::string& otherwise);

/// Finds the one of many names that is nearest to what was given. Constant memory.
class NearestName {
 public:
  explicit NearestName(std::string given);
  void see(std::string_view known);
  /// Empty when none was near.
  [[nodiscard]] const std::string& best() const { return best_; }

 private:
  std::string given_;
  std::size_t least_;  ///< letters that are wrong in the best, or one more than may be
  std::string best_;
};

}  // namespace mboxferry::cli
