// SPDX-License-Identifier: Apache-2.0
// The parser of --to.
#include "cli/target_url.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "mboxferry/base/percent.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::cli {
namespace {

constexpr std::string_view kScheme = "imaps://";
constexpr const char* kForm = "write imaps://USER@HOST:PORT/MAILBOX, special characters as %XX";

Error bad_url(const char* why) {
  return {ErrorCode::usage, std::string("--to cannot be understood: ") + why, kForm};
}

Result<std::string> percent_decode(std::string_view text) {
  auto decoded = percent_decoded(text);
  if (!decoded) return bad_url("a % is not followed by two hex digits");
  if (decoded->find('\0') != std::string::npos) return bad_url("it holds %00");
  return *std::move(decoded);
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return bad_url("the port is no number from 1 to 65535");
  }
  return port;
}

/// Host and port (RFC 3986 section 3.2.2 and 3.2.3).
Result<void> parse_place(std::string_view place, TargetUrl& url) {
  std::string_view port;
  if (place.starts_with('[')) {
    const std::size_t bracket = place.find(']');
    if (bracket == std::string_view::npos) return bad_url("a [ has no ]");
    url.host = place.substr(1, bracket - 1);
    port = place.substr(bracket + 1);
    if (!port.empty() && !port.starts_with(':')) return bad_url("something follows the ]");
  } else {
    const std::size_t colon = std::min(place.find(':'), place.size());
    MBOXFERRY_ASSIGN(url.host, percent_decode(place.substr(0, colon)));
    port = place.substr(colon);
  }
  if (url.host.empty()) return bad_url("there is no host in it");
  if (port.size() > 1) {
    MBOXFERRY_ASSIGN(url.port, parse_port(port.substr(1)));
  }
  return ok();
}

}  // namespace

Result<TargetUrl> parse_target_url(std::string_view url) {
  const auto same_letter = [](char a, char b) { return (a | 0x20) == b || a == b; };
  if (url.size() < kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), url.begin(),
                  [&](char expected, char given) { return same_letter(given, expected); })) {
    return bad_url("it does not start with imaps://");
  }
  url.remove_prefix(kScheme.size());
  const std::size_t first_slash = url.find('/');
  const std::string_view authority = url.substr(0, first_slash);
  const std::size_t user_end = authority.rfind('@');
  TargetUrl parsed;
  if (user_end != std::string_view::npos) {
    if (authority.substr(0, user_end).find(':') != std::string_view::npos) {
      return Error{ErrorCode::usage,
                   "--to seems to hold a password, which every user of this machine could read",
                   "take it out and use --password-file, --password-env or --password-command"};
    }
    MBOXFERRY_ASSIGN(parsed.user, percent_decode(authority.substr(0, user_end)));
    if (!is_utf8(parsed.user)) return bad_url("the user is no UTF-8");
  }
  MBOXFERRY_TRY(parse_place(
      user_end == std::string_view::npos ? authority : authority.substr(user_end + 1), parsed));
  if (first_slash != std::string_view::npos && first_slash + 1 < url.size()) {
    MBOXFERRY_ASSIGN(parsed.mailbox, percent_decode(url.substr(first_slash + 1)));
    if (!is_utf8(*parsed.mailbox)) return bad_url("the mailbox is no UTF-8");
  }
  return parsed;
}

}  // namespace mboxferry::cli
