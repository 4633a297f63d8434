// SPDX-License-Identifier: Apache-2.0
// Digests of messages that the server holds, many in one round trip.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/content_key.h"
#include "transfer/check/withheld_bodies.h"

namespace mboxferry::transfer {

struct BodyDigests {
  journal::Digest content{};
  journal::Digest masked{};  ///< MaskedDigest
  std::uint64_t size = 0;    ///< what came, in bytes
};

/// Reads messages of the selected mailbox and calls `visit` for each, in the order of `bodies`; one
/// that is gone, or that the server does not give, is passed over, and so is an empty one whose
/// size says otherwise. Small ones share round trips. `visit` may use the target. What is among
/// `withheld`, where that is not null, is not asked for.
using DigestVisitor = std::function<Result<void>(imap::Uid, const BodyDigests&)>;
Result<void> digest_bodies(std::span<const imap::WantedBody> bodies, const ContentKey& key,
                           imap::ReadOnlyTarget& target, const DigestVisitor& visit,
                           const Cancellation& interrupt, const WithheldBodies* withheld = nullptr);

/// Those that the selected mailbox holds no more.
Result<std::set<imap::Uid>> gone_of(const std::set<imap::Uid>& uids, imap::ReadOnlyTarget& target);

/// The smallest of them, in their order: as many as `most_messages` and `most_bytes` allow, and
/// `least` whatever their size.
struct SampleBounds {
  std::size_t least = 0;
  std::size_t most_messages = 0;
  std::uint64_t most_bytes = 0;
};
std::vector<imap::WantedBody> smallest_of(std::vector<imap::WantedBody> bodies,
                                          const SampleBounds& bounds);

}  // namespace mboxferry::transfer
