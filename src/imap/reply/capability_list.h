// SPDX-License-Identifier: Apache-2.0
// What a CAPABILITY list says.
#pragma once

#include <string_view>

#include "mboxferry/imap/target.h"
#include "mboxferry/sasl/ways_to_log_in.h"

namespace mboxferry::imap {

/// The capabilities that the rest of the program asks for, and those that only logging in needs.
struct CapabilityList {
  Capabilities shared;
  bool starttls = false;
  bool sasl_ir = false;  ///< RFC 4959
  sasl::MechanismOffer mechanisms;
  bool login_disabled = false;  ///< RFC 3501 section 6.2.3
  bool list_extended = false;   ///< RFC 5258
  bool enable = false;          ///< RFC 5161
  bool id = false;              ///< RFC 2971
  bool utf8 = false;            ///< UTF8=ACCEPT or UTF8=ONLY (RFC 6855, RFC 9755)
};

/// `words` is what follows `CAPABILITY`, separated by spaces.
CapabilityList parse_capabilities(std::string_view words);

}  // namespace mboxferry::imap
