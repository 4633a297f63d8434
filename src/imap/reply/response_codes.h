// SPDX-License-Identifier: Apache-2.0
// What a server's NO or BAD means: the one table of response codes and known phrases.
#pragma once

#include <string>
#include <string_view>

#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

struct Meaning {
  ResponseCode code = ResponseCode::none;
  Retry retry;
  Fault fault = Fault::unknown;
  /// By what a refusal is listed: the server's own response code, in capitals and at most 64
  /// characters long, unless its words say that the message is too big; without one what the words
  /// mean ("OVERQUOTA"), or nothing.
  std::string name;
};

/// `code` is the response code's atom ("OVERQUOTA") or empty; `text` the words after it. Words that
/// name a fault of the message decide, because servers say LIMIT to those as well; then the code
/// when it is known, then the other words. A wait that the words name is always taken.
Meaning meaning_of(std::string_view code, std::string_view text);

}  // namespace mboxferry::imap
