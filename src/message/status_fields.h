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

/// Adds a keyword that is not there yet, as long as there is room. Case makes no difference to
/// IMAP; the first spelling stays.
void add_keyword(HeaderFacts& facts, std::string_view keyword);

/// What one field says and another may overrule; settled when the header has ended.
struct StatusClaims {
  bool read = false;              ///< Status says R
  bool kmail_unread = false;      ///< KMail's X-Status says N or U; its Status always says R
  bool mozilla_expunged = false;  ///< an X-Mozilla-Status says so
  bool mozilla_kept = false;      ///< another one does not
};

// Each reads the value of one field into `facts`; what it cannot read changes nothing. A repeated
// field and one of another family add to what is known.
void read_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims);
void read_x_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims);
void read_mozilla_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims);
void read_mozilla_status2(std::string_view value, HeaderFacts& facts);
void read_keywords(std::string_view value, HeaderFacts& facts);   // separated by blanks
void read_evolution(std::string_view value, HeaderFacts& facts);  // uid-flags; flags="a,b"

/// Puts into `facts` what the fields together say about reading and expunging.
void settle(const StatusClaims& claims, HeaderFacts& facts);

/// Sets the flags that Gmail's labels in `facts` imply; call it once, when there are labels.
void apply_gmail_labels(HeaderFacts& facts);

}  // namespace mboxferry::message
