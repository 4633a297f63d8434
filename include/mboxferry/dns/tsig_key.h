// SPDX-License-Identifier: Apache-2.0
// A key for signed messages (TSIG, RFC 8945).
#pragma once

#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/dns/name.h"

namespace mboxferry::dns {

struct TsigKey {
  Name name;
  std::string algorithm;  ///< "hmac-sha256."
  Secret secret;          ///< Base64
};

/// Reads the form that `tsig-keygen` writes and `nsupdate -k` reads:
/// `key "NAME" { algorithm hmac-sha256; secret "BASE64"; };`. Error `configuration`, which repeats
/// nothing of the file; `path` names it.
Result<TsigKey> parse_tsig_key(std::string_view text, const std::string& path);

}  // namespace mboxferry::dns
