// SPDX-License-Identifier: Apache-2.0
// The table of response codes (RFC 3501, 5530, 9208, 7889) and phrases that servers are known for.
#include "imap/response_codes.h"

#include <algorithm>
#include <array>

#include "imap/text.h"

namespace mboxferry::imap {
namespace {

using When = Retry::When;

struct Row {
  std::string_view words;
  ResponseCode code;
  When when;
};

constexpr std::array kCodes{
    Row{"TRYCREATE", ResponseCode::try_create, When::now},
    Row{"NONEXISTENT", ResponseCode::try_create, When::now},
    Row{"OVERQUOTA", ResponseCode::over_quota, When::never},
    Row{"TOOBIG", ResponseCode::too_big, When::never},
    Row{"LIMIT", ResponseCode::limit, When::later},
    Row{"THROTTLED", ResponseCode::limit, When::later},
    Row{"UNAVAILABLE", ResponseCode::unavailable, When::later},
    Row{"INUSE", ResponseCode::in_use, When::later},
    Row{"SERVERBUG", ResponseCode::server_bug, When::later},
    Row{"NOPERM", ResponseCode::no_permission, When::never},
    Row{"AUTHENTICATIONFAILED", ResponseCode::authentication_failed, When::never},
    Row{"AUTHORIZATIONFAILED", ResponseCode::authentication_failed, When::never},
    Row{"EXPIRED", ResponseCode::authentication_failed, When::never},
};

// Order matters: the first phrase that occurs decides.
constexpr std::array kPhrases{
    Row{"zero byte", ResponseCode::none, When::never},
    Row{"suggested backoff time", ResponseCode::limit, When::later},
    Row{"request is throttled", ResponseCode::limit, When::later},
    Row{"too many connections", ResponseCode::limit, When::later},
    Row{"too many simultaneous", ResponseCode::limit, When::later},
    Row{"maximum number of connections", ResponseCode::limit, When::later},
    Row{"bandwidth limit", ResponseCode::limit, When::later},
    Row{"try again later", ResponseCode::unavailable, When::later},
    Row{"quota", ResponseCode::over_quota, When::never},
    Row{"too large", ResponseCode::too_big, When::never},
    Row{"maximum message size", ResponseCode::too_big, When::never},
};

/// Exchange: "Suggested Backoff Time: 299961 milliseconds".
std::chrono::milliseconds suggested_wait(std::string_view text) {
  constexpr std::string_view kPhrase = "suggested backoff time:";
  constexpr std::uint64_t kLongest = 24ULL * 3600 * 1000;
  const std::size_t at = find_phrase(text, kPhrase);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + kPhrase.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  const auto number = parse_number(digits);
  return std::chrono::milliseconds(number ? std::min(*number, kLongest) : 0);
}

}  // namespace

Meaning meaning_of(std::string_view code, std::string_view text) {
  const std::chrono::milliseconds wait = suggested_wait(text);
  for (const Row& row : kCodes) {
    if (same_word(code, row.words)) return {row.code, {row.when, wait}};
  }
  for (const Row& row : kPhrases) {
    if (find_phrase(text, row.words) != std::string_view::npos) return {row.code, {row.when, wait}};
  }
  return {};
}

}  // namespace mboxferry::imap
