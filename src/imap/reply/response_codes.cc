// SPDX-License-Identifier: Apache-2.0
// The table of response codes (RFC 3501, 5530, 9208, 7889) and phrases that servers are known for.
#include "imap/reply/response_codes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using When = Retry::When;

struct Row {
  std::string_view words;
  ResponseCode code;
  When when;
  Fault fault = Fault::unknown;
};

constexpr std::array kCodes{
    Row{"TRYCREATE", ResponseCode::try_create, When::now},
    Row{"NONEXISTENT", ResponseCode::try_create, When::now},
    Row{"OVERQUOTA", ResponseCode::over_quota, When::never, Fault::mailbox},
    Row{"TOOBIG", ResponseCode::too_big, When::never, Fault::message},
    Row{"LIMIT", ResponseCode::limit, When::later},
    Row{"THROTTLED", ResponseCode::limit, When::later},
    Row{"UNAVAILABLE", ResponseCode::unavailable, When::later},
    Row{"INUSE", ResponseCode::in_use, When::later},
    Row{"SERVERBUG", ResponseCode::server_bug, When::later},
    Row{"NOPERM", ResponseCode::no_permission, When::never, Fault::mailbox},
    Row{"AUTHENTICATIONFAILED", ResponseCode::authentication_failed, When::never},
    Row{"AUTHORIZATIONFAILED", ResponseCode::authentication_failed, When::never},
    Row{"EXPIRED", ResponseCode::authentication_failed, When::never},
};

// Of the message itself, whatever the code: Dovecot's quota_max_mail_size says LIMIT, Exchange and
// Gmail say BAD.
constexpr std::array kFaultsOfMessages{
    Row{"zero byte", ResponseCode::none, When::never, Fault::message},
    Row{"contains nul", ResponseCode::none, When::never, Fault::message},
    Row{"nul character", ResponseCode::none, When::never, Fault::message},
    Row{"null character", ResponseCode::none, When::never, Fault::message},
    Row{"nul byte", ResponseCode::none, When::never, Fault::message},
    Row{"null byte", ResponseCode::none, When::never, Fault::message},
    Row{"nul octet", ResponseCode::none, When::never, Fault::message},
    Row{"mail size is larger than the maximum", ResponseCode::too_big, When::never, Fault::message},
    Row{"maximum size of appendable message", ResponseCode::too_big, When::never, Fault::message},
    Row{"maximum message size", ResponseCode::too_big, When::never, Fault::message},
    Row{"message too large", ResponseCode::too_big, When::never, Fault::message},
    Row{"message is too large", ResponseCode::too_big, When::never, Fault::message},
    Row{"message size exceeds", ResponseCode::too_big, When::never, Fault::message},
};

// Cyrus: a limit that no time changes, and the keywords may be left out.
constexpr std::array kAboutKeywords{
    Row{"user flags", ResponseCode::limit, When::never},
    Row{"too many flags", ResponseCode::limit, When::never},
    Row{"keyword", ResponseCode::limit, When::never},
};

// Order matters: the first phrase that occurs decides.
constexpr std::array kPhrases{
    Row{"suggested backoff time", ResponseCode::limit, When::later},
    Row{"throttled", ResponseCode::limit, When::later},
    Row{"rate limit", ResponseCode::limit, When::later},
    Row{"rate-limit", ResponseCode::limit, When::later},
    Row{"ratelimit", ResponseCode::limit, When::later},
    Row{"slow down", ResponseCode::limit, When::later},
    Row{"too many commands", ResponseCode::limit, When::later},
    Row{"too many requests", ResponseCode::limit, When::later},
    Row{"too many operations", ResponseCode::limit, When::later},
    Row{"too many connections", ResponseCode::limit, When::later},
    Row{"too many simultaneous", ResponseCode::limit, When::later},
    Row{"maximum number of connections", ResponseCode::limit, When::later},
    Row{"bandwidth limit", ResponseCode::limit, When::later},
    Row{"try again", ResponseCode::unavailable, When::later},
    Row{"try later", ResponseCode::unavailable, When::later},
    Row{"retry later", ResponseCode::unavailable, When::later},
    Row{"please wait", ResponseCode::unavailable, When::later},
    Row{"temporary unavailable", ResponseCode::unavailable, When::later},
    Row{"temporarily", ResponseCode::unavailable, When::later},
    Row{"temporary failure", ResponseCode::unavailable, When::later},
    Row{"temporary error", ResponseCode::unavailable, When::later},
    Row{"temporary problem", ResponseCode::unavailable, When::later},
    Row{"server unavailable", ResponseCode::unavailable, When::later},
    Row{"service unavailable", ResponseCode::unavailable, When::later},
    Row{"service not available", ResponseCode::unavailable, When::later},
    Row{"server busy", ResponseCode::unavailable, When::later},
    Row{"server is busy", ResponseCode::unavailable, When::later},
    Row{"overloaded", ResponseCode::unavailable, When::later},
    Row{"authenticated but not connected", ResponseCode::unavailable, When::later},
    Row{"quota", ResponseCode::over_quota, When::never, Fault::mailbox},
    Row{"storage limit", ResponseCode::over_quota, When::never, Fault::mailbox},
    Row{"mailbox is full", ResponseCode::over_quota, When::never, Fault::mailbox},
    Row{"mailbox full", ResponseCode::over_quota, When::never, Fault::mailbox},
    Row{"too large", ResponseCode::too_big, When::never},
    // Courier says NO to what it cannot parse.
    Row{"error in imap command", ResponseCode::bad, When::never},
    Row{"syntax error", ResponseCode::bad, When::never},
};

/// The first row that `matches`.
template <std::size_t Rows, typename Matches>
const Row* find_row(const std::array<Row, Rows>& rows, const Matches& matches) {
  const auto row = std::find_if(rows.begin(), rows.end(), matches);
  return row == rows.end() ? nullptr : &*row;
}

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

/// Of codes that are no atom of printable ASCII nothing is left that could be asked for again.
std::string listed_code(std::string_view code) {
  constexpr std::size_t kLongest = 64;
  const bool is_atom = std::all_of(code.begin(), code.end(),
                                   [](char c) { return c > ' ' && c < '\x7f' && c != ','; });
  std::string name(is_atom ? code.substr(0, kLongest) : std::string_view());
  for (char& c : name) c = to_upper(c);
  return name;
}

}  // namespace

Meaning meaning_of(std::string_view code, std::string_view text) {
  const auto is_code = [&](const Row& row) { return same_word(code, row.words); };
  const auto occurs = [&](const Row& row) {
    return find_phrase(text, row.words) != std::string_view::npos;
  };
  std::string name = listed_code(code);
  const Row* row = find_row(kFaultsOfMessages, occurs);
  if (row != nullptr && row->code != ResponseCode::none) name = response_code_name(row->code);
  if (row == nullptr && same_word(code, "LIMIT")) row = find_row(kAboutKeywords, occurs);
  if (row == nullptr) row = find_row(kCodes, is_code);
  if (row == nullptr || row->code == ResponseCode::over_quota) {
    // Gmail says OVERQUOTA of a rate.
    const Row* const phrase = find_row(kPhrases, occurs);
    if (row == nullptr || (phrase != nullptr && phrase->code == ResponseCode::limit)) row = phrase;
  }
  if (row == nullptr) return {ResponseCode::none, {}, Fault::unknown, std::move(name)};
  if (name.empty()) name = response_code_name(row->code);
  return {row->code, {row->when, suggested_wait(text)}, row->fault, std::move(name)};
}

}  // namespace mboxferry::imap
