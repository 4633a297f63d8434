// SPDX-License-Identifier: Apache-2.0
// The device flow (RFC 8628): somebody types a code into a browser, which may be on another
// machine.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "mboxferry/auth/token_service.h"

namespace mboxferry::auth {

/// What a device endpoint has given.
struct DeviceCode {
  Secret device_code;
  std::string user_code;  ///< printable, for the user
  std::string page;       ///< `https://…`, where the user enters it
  std::chrono::seconds lifetime{900};
  std::chrono::seconds interval{5};  ///< between two questions
};

/// Reads the answer of a device endpoint (RFC 8628 section 3.2). Errors: as of a token endpoint.
Result<DeviceCode> read_device_answer(const http::Answer& answer, const AskedFor& asked);

/// Gets a code, has `show` tell the user what to do, and waits for the decision. Errors: as of
/// TokenService::renew(); `login_refused` when the user refuses or takes too long.
Result<Grant> log_in_by_device(const Profile& profile, const TokenService& service,
                               const std::function<void(const DeviceCode&)>& show);

}  // namespace mboxferry::auth
