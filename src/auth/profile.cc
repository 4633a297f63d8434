// SPDX-License-Identifier: Apache-2.0
// Names of profiles and flows, and what a grant changes.
#include "mboxferry/auth/profile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mboxferry/base/ascii.h"

namespace mboxferry::auth {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::int64_t kBeforeTheEnd = 300;

constexpr std::array<std::pair<Flow, std::string_view>, 4> kFlows{{
    {Flow::device, "device"},
    {Flow::code, "code"},
    {Flow::client_credentials, "client-credentials"},
    {Flow::service_account, "service-account"},
}};

}  // namespace

std::optional<Flow> flow_from_name(std::string_view name) {
  for (const auto& [flow, known] : kFlows) {
    if (known == name) return flow;
  }
  return {};
}

std::string_view flow_name(Flow flow) {
  for (const auto& [known, name] : kFlows) {
    if (known == flow) return name;
  }
  return "";
}

Result<void> check_profile_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return is_letter(c) || is_digit(c) ||
                             std::string_view("-_.@+").find(c) != std::string_view::npos;
                    });
  if (fits) return ok();
  return Error{ErrorCode::usage, "this is no name for a profile",
               "use up to 64 letters, digits and the signs - _ . @ +, without a dot in front"};
}

void take_grant(Profile& profile, const Grant& grant, std::int64_t now) {
  profile.access_token = grant.access_token;
  if (!grant.refresh_token.reveal().empty()) profile.refresh_token = grant.refresh_token;
  profile.ends.reset();
  profile.renew_at.reset();
  if (!grant.lifetime) return;
  const std::int64_t lifetime = grant.lifetime->count();
  profile.ends = now + lifetime;
  profile.renew_at = now + lifetime - std::min(kBeforeTheEnd, lifetime / 2);
}

AskedFor asked_for(const Profile& profile, SecretMask sent) {
  for (const Secret* secret :
       {&profile.client_secret, &profile.refresh_token, &profile.access_token})
    sent.hide(*secret);
  return {"run: mboxferry auth login " + profile.name, profile.client_id, profile.scope,
          profile.authorize_url, std::move(sent)};
}

}  // namespace mboxferry::auth
