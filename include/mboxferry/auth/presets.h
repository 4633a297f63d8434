// SPDX-License-Identifier: Apache-2.0
// Endpoints and scopes of well-known services.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mboxferry/auth/profile.h"

namespace mboxferry::auth {

/// One service. What is empty it does not have, or not for mail.
struct Preset {
  std::string_view name;
  std::string_view token_url;  ///< `{tenant}` stands for the organisation
  std::string_view device_url;
  std::string_view authorize_url;
  std::string_view redirect_host;
  std::string_view user_scope;  ///< of the device and the code flow
  std::string_view application_scope;
  std::string_view account_scope;  ///< of service accounts
  std::string_view source;         ///< where this is from
  std::string_view looked_up;      ///< YYYY-MM
};

std::span<const Preset> presets();

/// Fills in what is empty in the profile, whose flow is set. Error `usage` when the service has no
/// such flow for mail, or needs a tenant and there is none.
Result<void> apply_preset(const Preset& preset, const std::string& tenant, Profile& profile);

}  // namespace mboxferry::auth
