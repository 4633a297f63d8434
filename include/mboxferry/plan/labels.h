// SPDX-License-Identifier: Apache-2.0
// Which mailboxes and keywords the Gmail labels of one message become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::plan {

/// How many mailboxes a message goes into because of its labels (--labels).
enum class LabelPolicy : std::uint8_t {
  none,   ///< none: where its folder goes
  first,  ///< the first label's; the others become keywords
  all,    ///< every label's
};

std::string_view label_policy_name(LabelPolicy policy);  ///< "none", "first", "all"
std::optional<LabelPolicy> label_policy_from_name(std::string_view name);

struct LabelChoice {
  std::vector<std::string> mailboxes;  ///< labels for Mapper::map_label(); empty: its folder's
  std::vector<std::string> keywords;   ///< as labels are written, and `$Important` (RFC 8457)
};

/// A message in Spam or Trash goes only there. Else it goes where the labels that name a mailbox
/// say, in their order: the user's own, Inbox, Sent, Drafts and chats. One that has none of these
/// and is archived goes to the archive. Starred, opened and unread are flags and none of this.
/// Labels of the user's own for which there is no mailbox, categories and Muted become keywords,
/// and so do the keywords that Gmail was given over IMAP (`IMAP_$Forwarded`).
LabelChoice choose_labels(const std::vector<std::string>& labels, LabelPolicy policy);

}  // namespace mboxferry::plan
