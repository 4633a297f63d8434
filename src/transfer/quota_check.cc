// SPDX-License-Identifier: Apache-2.0
// Quota, reserve and need.
#include "transfer/quota_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace mboxferry::transfer {
namespace {

std::uint64_t kept_free(const imap::Quota& quota, const QuotaReserve& reserve) {
  const double share = static_cast<double>(quota.limit) * reserve.share;
  return std::min(reserve.bytes.value_or(static_cast<std::uint64_t>(share)), quota.limit);
}

}  // namespace

std::uint64_t room_in(const imap::Quota& quota, const QuotaReserve& reserve) {
  const std::uint64_t most = quota.limit - kept_free(quota, reserve);
  return most - std::min(most, quota.used);
}

std::optional<std::string> too_little_room(const imap::Quota& quota, std::uint64_t needed,
                                           const QuotaReserve& reserve) {
  if (reserve.ignore_quota || needed == 0 || needed <= room_in(quota, reserve)) return std::nullopt;
  std::string text = fmt::format("the quota holds {} bytes, {} are used and {} are needed",
                                 quota.limit, quota.used, needed);
  if (const std::uint64_t kept = kept_free(quota, reserve); kept > 0)
    text += fmt::format("; {} are kept free", kept);
  return text;
}

}  // namespace mboxferry::transfer
