// SPDX-License-Identifier: Apache-2.0
// The header fields in which mail programs keep flags and keywords.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mboxferry/message/metadata.h"

namespace mboxferry::message {

/// More keywords or labels than this are not kept.
inline constexpr std::size_t kMostKeywords = 256;

/// Adds a keyword that is not there yet, as long as there is room.
void add_keyword(HeaderFacts& facts, std::string_view keyword);

// Each reads the value of one field into `facts`; what it cannot read changes nothing.
void read_status(std::string_view value, HeaderFacts& facts);           // mail, Pine, Dovecot
void read_x_status(std::string_view value, HeaderFacts& facts);         // Pine, mutt, Dovecot
void read_mozilla_status(std::string_view value, HeaderFacts& facts);   // Mozilla, 4 hex digits
void read_mozilla_status2(std::string_view value, HeaderFacts& facts);  // Mozilla, 8 hex digits
void read_keywords(std::string_view value, HeaderFacts& facts);         // separated by blanks
void read_evolution(std::string_view value, HeaderFacts& facts);        // uid-flags, both hex

/// Sets the flags that Gmail's labels in `facts` imply; call it once, when there are labels.
void apply_gmail_labels(HeaderFacts& facts);

}  // namespace mboxferry::message
