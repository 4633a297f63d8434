// SPDX-License-Identifier: Apache-2.0
// A signed update, and what a server says to it (RFC 2136, RFC 8945).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/tsig_key.h"

namespace mboxferry::dns {

/// A message with its signature's MAC, which its reply's signature covers.
struct SignedMessage {
  std::string message;
  std::uint16_t id = 0;
  std::string mac;  ///< as in the message, with its length in front
};

/// All changes in one update, each set guarded by what was there before.
Result<SignedMessage> update_message(const Name& zone, std::span<const Change> changes,
                                     const TsigKey& key);

/// A signed question for all records of a zone (AXFR).
Result<SignedMessage> listing_message(const Name& zone, const TsigKey& key);

/// TSIG errors (RFC 8945 section 3).
inline constexpr int kBadSig = 16;
inline constexpr int kBadKey = 17;
inline constexpr int kBadTime = 18;

struct UpdateReply {
  int rcode = 0;
  int tsig_error = 0;
  bool proven = false;  ///< signed by the same key
};

/// Error `protocol` when it is no reply to the message.
Result<UpdateReply> parse_update_reply(std::string_view reply, const SignedMessage& message,
                                       const TsigKey& key, const std::string& place);

}  // namespace mboxferry::dns
