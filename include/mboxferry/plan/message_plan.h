// SPDX-License-Identifier: Apache-2.0
// What is known about a message's fate before it is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::plan {

/// Why a message is not sent: a short stable code and a sentence.
struct Refusal {
  std::string code;
  std::string text;
};

/// A message that no server or not this one can take: of zero bytes, or longer than its limit
/// (RFC 7889); or that is longer than the user `wanted` (0: any).
std::optional<Refusal> refuse_beforehand(std::uint64_t wire_size,
                                         std::optional<std::uint64_t> append_limit,
                                         std::uint64_t wanted = 0);

/// Says that a read receipt was sent (RFC 3503): servers and mail programs send no other.
inline constexpr const char* kMdnSent = "$MDNSent";

/// Which flags a mailbox keeps (RFC 3501 section 7.1).
struct FlagLimits {
  std::uint8_t system = 0xff;
  bool any_keyword = false;
  std::vector<std::string> keywords;
};

struct KeptFlags {
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;
  bool lost = false;  ///< some flag or keyword cannot be kept
};

/// Keeps what the limits allow; keywords compare case-insensitively. `keywords` is separated by
/// spaces.
KeptFlags keep_flags(std::uint8_t flags, std::string_view keywords, const FlagLimits& limits);

}  // namespace mboxferry::plan
