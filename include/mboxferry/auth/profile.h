// SPDX-License-Identifier: Apache-2.0
// A profile: how tokens are got for a mail service, and the tokens that were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/auth/token_answer.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::auth {

/// How tokens are granted.
enum class Flow {
  device,              ///< a user allows it in a browser elsewhere (RFC 8628), once
  code,                ///< a user allows it in a browser on this machine (RFC 8252), once
  client_credentials,  ///< an application has the right by itself (RFC 6749 section 4.4)
  service_account,     ///< an account signs for each mailbox (RFC 7523 section 2.1)
};
std::optional<Flow> flow_from_name(std::string_view name);
std::string_view flow_name(Flow flow);

/// What the token store holds under one name.
struct Profile {
  std::string name;
  Flow flow = Flow::device;
  std::string token_url;
  std::string device_url;     ///< of the device flow
  std::string authorize_url;  ///< where somebody consents; may be empty, but for the code flow
  std::string redirect_host = "127.0.0.1";  ///< as the browser is to call this machine
  std::string client_id;                    ///< of a service account: its address
  std::string scope;
  std::string user;     ///< whose mailbox it is for; may be empty
  std::string ca_file;  ///< PEM, for the service; empty: the system's certificates
  Secret client_secret;
  Secret private_key;              ///< PEM, signs instead of a client secret
  std::string certificate_digest;  ///< x5t#S256 of RFC 7515, of the certificate of `private_key`
  std::string key_id;              ///< of `private_key`, as the service calls it; may be empty
  Secret refresh_token;
  Secret access_token;
  std::optional<std::int64_t> ends;  ///< of the access token, Unix seconds; nothing: not told
  std::optional<std::int64_t> renew_at;
};

/// Fails with `usage` unless it is a name for a profile: letters, digits and `-_.@+`, 64 at most,
/// and no dot in front, so that its file is in the folder of the store whatever the name is.
Result<void> check_profile_name(const std::string& name);

/// Puts granted tokens in, renewed five minutes before their end or, if they live for less than ten
/// minutes, at half of their life. A refresh token stays when there is no new one.
void take_grant(Profile& profile, const Grant& grant, std::int64_t now);

/// For texts about what `profile` asks for; what the mask `sent` hides is hidden in them as well.
AskedFor asked_for(const Profile& profile, SecretMask sent = {});

}  // namespace mboxferry::auth
