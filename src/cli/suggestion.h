// SPDX-License-Identifier: Apache-2.0
// What somebody who mistyped a name may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mboxferry::cli {

/// A hint: "did you mean NAME?" for the known name that is nearest to what was given, or
/// `otherwise` when none is near.
std::string did_you_mean(std::string_view given, std::span<const std::string> known,
                         const std::string& otherwise);

}  // namespace mboxferry::cli
