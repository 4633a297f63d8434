// SPDX-License-Identifier: Apache-2.0
// Quota, reserve and need.
#include "transfer/plan/quota_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace mboxferry::transfer {
namespace {

std::uint64_t messages_kept_free(const imap::Quota& quota, const QuotaReserve& reserve) {
  if (reserve.bytes) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(quota.most_messages) * reserve.share);
}

std::uint64_t kept_free(const imap::Quota& quota, const QuotaReserve& reserve) {
  const double share = static_cast<double>(quota.limit) * reserve.share;
  return std::min(reserve.bytes.value_or(static_cast<std::uint64_t>(share)), quota.limit);
}

}  // namespace

std::uint64_t room_in(const imap::Quota& quota, const QuotaReserve& reserve) {
  if (quota.limit == imap::Quota::kUnlimited) return imap::Quota::kUnlimited;
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

std::uint64_t message_room_in(const imap::Quota& quota, const QuotaReserve& reserve) {
  if (quota.most_messages == imap::Quota::kUnlimited) return imap::Quota::kUnlimited;
  const std::uint64_t most = quota.most_messages - messages_kept_free(quota, reserve);
  return most - std::min(most, quota.messages);
}

std::optional<std::string> too_little_room(const imap::Quota& quota, const journal::Count& needed,
                                           const QuotaReserve& reserve) {
  if (auto why = too_little_room(quota, needed.bytes, reserve)) return why;
  if (reserve.ignore_quota || needed.messages == 0 ||
      needed.messages <= message_room_in(quota, reserve))
    return std::nullopt;
  std::string text = fmt::format("the quota holds {} messages, {} are there and {} are needed",
                                 quota.most_messages, quota.messages, needed.messages);
  if (const std::uint64_t kept = messages_kept_free(quota, reserve); kept > 0)
    text += fmt::format("; {} are kept free", kept);
  return text;
}

}  // namespace mboxferry::transfer
