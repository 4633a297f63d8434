// SPDX-License-Identifier: Apache-2.0
// What the lists say about a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/message/sender_fields.h"
#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::policy {

struct JudgeOptions {
  /// Block entries, also the global ones, are asked before allow entries.
  bool block_wins = false;
  /// The address in `Sender:` counts for block entries, too.
  bool sender_field = false;
  /// Not empty: allow entries count only where this server (an authserv-id of RFC 8601) found that
  /// DMARC passes for the domain of the From address.
  std::string authserv_id;
};

/// What a message's senders mean for it.
struct Verdict {
  enum class Outcome : std::uint8_t { none, block, allow };

  Outcome outcome = Outcome::none;
  std::uint32_t entry = 0;    ///< SenderLists::entry(), unless the outcome is `none`
  std::uint32_t address = 0;  ///< SenderJudge::address(), unless the outcome is `none`
  /// No header field has an address, so that the one of the From_ line was asked.
  bool by_from_line = false;

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

std::string_view outcome_name(Verdict::Outcome outcome);  ///< "none", "block", "allow"

/// Asks the lists, which must outlive it. An address of any From mailbox, or of Return-Path, is
/// enough to block. To allow, there must be exactly one From field that can be read, and each of
/// its addresses must match. Names, comments and encoded words never count. The first list that
/// matches decides: account allow, account block, global allow, global block; of its entries the
/// first in the files is the one that is told. Keeps its memory from message to message. One
/// thread at a time.
class SenderJudge {
 public:
  SenderJudge(const SenderLists& lists, JudgeOptions options);
  SenderJudge(SenderJudge&&) noexcept;
  SenderJudge& operator=(SenderJudge&&) noexcept;
  ~SenderJudge();

  /// `from_line`: the sender in the From_ line; it counts only where there is no other.
  Verdict judge(const message::SenderFields& fields, std::string_view from_line);

  // Of the message that was judged last:
  [[nodiscard]] std::size_t address_count() const;
  /// As it is compared; those of From first.
  [[nodiscard]] std::string_view address(std::size_t index) const;
  /// True when an allow entry matched and did not count because the sender is not authenticated.
  [[nodiscard]] bool lacked_authentication() const;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::policy
