// SPDX-License-Identifier: Apache-2.0
// What Gmail's own labels mean, in whatever language the account is.
#pragma once

#include <cstdint>
#include <string_view>

namespace mboxferry::message {

enum class LabelMeaning : std::uint8_t {
  user,  ///< none of Gmail's own
  inbox,
  sent,
  drafts,
  spam,
  trash,
  archived,
  starred,
  important,
  opened,
  unread,
  chat,
  muted,
  category,  ///< Promotions, Social and so on
  keyword,   ///< a keyword that a mail program set: kKeywordPrefix and its name
};

inline constexpr std::string_view kKeywordPrefix = "IMAP_";

/// The meaning of a decoded label of X-Gmail-Labels. White space around it and ASCII case do not
/// count. All languages are asked, so a label of the user's own that is one of Gmail's in another
/// language is taken for that.
LabelMeaning label_meaning(std::string_view label);

}  // namespace mboxferry::message
