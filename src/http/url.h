// SPDX-License-Identifier: Apache-2.0
// Which URLs are asked at all.
#pragma once

#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::http {

/// Where a request goes.
struct Origin {
  std::string host;  ///< in small letters
  std::string port;
  bool operator==(const Origin&) const = default;
};

/// Fails with `usage` unless it is an https URL of a host, without a user's name or password.
Result<Origin> origin_of(const std::string& url);

}  // namespace mboxferry::http
