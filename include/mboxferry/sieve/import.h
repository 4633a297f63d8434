// SPDX-License-Identifier: Apache-2.0
// Sender lists out of Sieve scripts.
#pragma once

#include <string_view>

#include "mboxferry/policy/import.h"

namespace mboxferry::sieve {

/// Takes the senders of rules at the top of a script whose only question is who the sender is
/// (address, envelope and header tests of From), and that discard, reject or file into a junk
/// mailbox (block), or keep (allow). Every other command is named. The order of rules is not kept.
void import_script(std::string_view text, policy::ImportResult& result);

}  // namespace mboxferry::sieve
