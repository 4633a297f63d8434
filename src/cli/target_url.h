// SPDX-License-Identifier: Apache-2.0
// imaps://user@host:port/mailbox, as given with --to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// The parts of a target URL, percent-decoded; what it does not say is empty.
struct TargetUrl {
  std::string host;  ///< an IPv6 address without its brackets
  std::optional<std::uint16_t> port;
  std::string user;
  std::optional<std::string> mailbox;  ///< UTF-8
};

/// Parses the generic syntax of RFC 3986 section 3 with the scheme `imaps`. A URL with a password
/// is refused. No error text repeats anything of the URL, because it may hold a secret.
Result<TargetUrl> parse_target_url(std::string_view url);

}  // namespace mboxferry::cli
