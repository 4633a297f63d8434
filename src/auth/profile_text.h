// SPDX-License-Identifier: Apache-2.0
// A profile as the JSON document that the token store keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/auth/profile.h"

namespace mboxferry::auth {

/// The document; a secret as a whole.
Secret profile_text(const Profile& profile);

/// What profile_text() was made of, except for the name; nothing when it is anything else, or holds
/// what no login could have put there.
std::optional<Profile> profile_from_text(std::string_view text);

}  // namespace mboxferry::auth
