// SPDX-License-Identifier: Apache-2.0
// The table of services. No client id is in it: each user or organisation has one of their own.
#include "mboxferry/auth/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"

namespace mboxferry::auth {
namespace {

constexpr std::array<Preset, 3> kPresets{{
    {
        .name = "microsoft365",
        .token_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        .device_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
        .authorize_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        .redirect_host = "localhost",
        .user_scope = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
        .application_scope = "https://outlook.office365.com/.default",
        .account_scope = "",
        .source = "learn.microsoft.com, Authenticate an IMAP, POP or SMTP connection using OAuth",
        .looked_up = "2026-11",
    },
    {
        // Its device flow gives no scope for mail. Without the query there is no refresh token when
        // somebody logs in again.
        .name = "gmail",
        .token_url = "https://oauth2.googleapis.com/token",
        .device_url = "",
        .authorize_url =
            "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
        .redirect_host = "127.0.0.1",
        .user_scope = "https://mail.google.com/",
        .application_scope = "",
        .account_scope = "https://mail.google.com/",
        .source = "developers.google.com, OAuth 2.0 for Mobile and Desktop Apps, "
                  "and for Server to Server Applications",
        .looked_up = "2026-11",
    },
    {
        .name = "fastmail",
        .token_url = "https://api.fastmail.com/oauth/refresh",
        .device_url = "",
        .authorize_url = "https://api.fastmail.com/oauth/authorize",
        .redirect_host = "localhost",
        .user_scope = "https://www.fastmail.com/dev/protocol-imap",
        .application_scope = "",
        .account_scope = "",
        .source = "www.fastmail.com/for-developers/oauth; endpoints as other clients have them",
        .looked_up = "2026-11",
    },
}};

constexpr std::string_view kTenant = "{tenant}";

std::string_view scope_of(const Preset& preset, Flow flow) {
  if (flow == Flow::device) return preset.device_url.empty() ? "" : preset.user_scope;
  if (flow == Flow::code) return preset.user_scope;
  return flow == Flow::client_credentials ? preset.application_scope : preset.account_scope;
}

std::string with_tenant(std::string_view url, const std::string& tenant) {
  std::string text(url);
  if (const std::size_t at = text.find(kTenant); at != std::string::npos)
    text.replace(at, kTenant.size(), tenant);
  return text;
}

/// A domain or a GUID.
bool is_tenant(const std::string& text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
  });
}

}  // namespace

std::span<const Preset> presets() { return kPresets; }

Result<void> apply_preset(const Preset& preset, const std::string& tenant, Profile& profile) {
  const std::string_view scope = scope_of(preset, profile.flow);
  if (scope.empty()) {
    return Error{ErrorCode::usage,
                 fmt::format("{} gives no access to mail by the flow {}", preset.name,
                             flow_name(profile.flow)),
                 profile.flow == Flow::device
                     ? "use --flow code, with a browser on this machine; an administrator of a "
                       "Google Workspace can use --service-account FILE"
                     : "see docs/logins.md for the flows of each service"};
  }
  std::string place = tenant;
  if (preset.token_url.find(kTenant) != std::string_view::npos) {
    const bool is_user = profile.flow == Flow::device || profile.flow == Flow::code;
    if (place.empty() && !is_user)
      return Error{ErrorCode::usage, "an application has rights in one organisation only",
                   "name it with --tenant: its domain, or its id"};
    // Accounts of any organisation.
    if (place.empty()) place = "organizations";
    if (!is_tenant(place))
      return Error{ErrorCode::usage, "this is no name of a tenant",
                   "--tenant takes the organisation's domain, or its id"};
  }
  const auto fill = [&](std::string& member, std::string_view url) {
    if (member.empty()) member = with_tenant(url, place);
  };
  fill(profile.token_url, preset.token_url);
  fill(profile.device_url, preset.device_url);
  fill(profile.authorize_url, preset.authorize_url);
  fill(profile.scope, scope);
  profile.redirect_host = preset.redirect_host;
  return ok();
}

}  // namespace mboxferry::auth
