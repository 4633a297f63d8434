// SPDX-License-Identifier: Apache-2.0
// The mailboxes that have a purpose (RFC 6154), by attribute and by what programs call them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/plan/mapping.h"

namespace mboxferry::plan {

enum class SpecialUse : std::uint8_t { inbox, sent, drafts, junk, trash, archive };

/// "INBOX", "\Sent" and so on.
std::string_view attribute_of(SpecialUse use);

/// What a folder of this name is for, by the table of names that mail programs give such folders
/// in English, French, German, Italian, Spanish, Dutch and Portuguese. Case and accents do not
/// count.
std::optional<SpecialUse> special_use_named(std::string_view name);

/// The server's mailbox for a use: the one that it marks so, else one with a name out of the table,
/// `own` (a whole mailbox name) before all others. Nothing when the server has none.
std::optional<std::string> special_mailbox(SpecialUse use, const std::string& own,
                                           const ServerNames& server);

/// The use that the server itself gives the mailbox of this name.
std::optional<SpecialUse> special_use_marked(const std::string& mailbox, const ServerNames& server);

}  // namespace mboxferry::plan
