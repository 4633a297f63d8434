// SPDX-License-Identifier: Apache-2.0
// Whether mail fits into a quota.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// How many bytes may still be stored so that the reserve stays free.
std::uint64_t room_in(const imap::Quota& quota, const QuotaReserve& reserve);

/// Why `needed` bytes do not fit; nothing when they do, or when that does not matter.
std::optional<std::string> too_little_room(const imap::Quota& quota, std::uint64_t needed,
                                           const QuotaReserve& reserve);

/// How many messages may still be stored; a reserve of bytes is none of messages.
std::uint64_t message_room_in(const imap::Quota& quota, const QuotaReserve& reserve);

/// The same for bytes and messages: what there is too little room for, bytes first.
std::optional<std::string> too_little_room(const imap::Quota& quota, const journal::Count& needed,
                                           const QuotaReserve& reserve);

/// What the user can do about it.
inline constexpr const char* kMakeRoom =
    "make room there or have the quota raised, and run the same command again; --quota-reserve "
    "sets "
    "how much stays free, --ignore-quota sends all the same";

}  // namespace mboxferry::transfer
