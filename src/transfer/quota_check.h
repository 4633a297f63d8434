// SPDX-License-Identifier: Apache-2.0
// Whether mail fits into a quota.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/imap/target.h"
#include "mboxferry/transfer/job.h"

namespace mboxferry::transfer {

/// How many bytes may still be stored so that the reserve stays free.
std::uint64_t room_in(const imap::Quota& quota, const QuotaReserve& reserve);

/// Why `needed` bytes do not fit; nothing when they do, or when that does not matter.
std::optional<std::string> too_little_room(const imap::Quota& quota, std::uint64_t needed,
                                           const QuotaReserve& reserve);

/// What the user can do about it.
inline constexpr const char* kMakeRoom =
    "make room there or have the quota raised, and run the same command again; --quota-reserve "
    "sets "
    "how much stays free, --ignore-quota sends all the same";

}  // namespace mboxferry::transfer
