// SPDX-License-Identifier: Apache-2.0
// What a browser asks of the loopback listener after a login (RFC 6749 section 4.1.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/secret.h"

namespace mboxferry::auth {

/// The end of a login in the browser: a code, or an error with the service's words.
struct Redirect {
  Secret code;
  std::string error;        ///< a code of RFC 6749 section 4.1.2.1; empty: granted
  std::string description;  ///< may be empty
};

/// Reads the first line of a request for `path`. Nothing when it is another request, or does not
/// have `state`, so that whoever sent it did not get it from this login.
std::optional<Redirect> read_redirect(std::string_view request, std::string_view path,
                                      std::string_view state);

}  // namespace mboxferry::auth
