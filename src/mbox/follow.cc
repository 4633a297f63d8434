// SPDX-License-Identifier: Apache-2.0
// Tells header fields from other text.
#include "mbox/follow.h"

#include <array>
#include <charconv>

#include "mbox/from_line.h"
#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

constexpr int kQuotedFromLines = 8;
constexpr int kHeaderLines = 8;

constexpr std::array<std::string_view, 42> kKnownNames{"apparently-to",
                                                       "article",
                                                       "authentication-results",
                                                       "bcc",
                                                       "cc",
                                                       "content-length",
                                                       "content-transfer-encoding",
                                                       "content-type",
                                                       "date",
                                                       "delivered-to",
                                                       "delivery-date",
                                                       "dkim-signature",
                                                       "domainkey-signature",
                                                       "envelope-to",
                                                       "errors-to",
                                                       "from",
                                                       "in-reply-to",
                                                       "importance",
                                                       "lines",
                                                       "list-id",
                                                       "list-post",
                                                       "mail-from",
                                                       "mailing-list",
                                                       "message-id",
                                                       "mime-version",
                                                       "newsgroups",
                                                       "organization",
                                                       "path",
                                                       "precedence",
                                                       "received",
                                                       "received-spf",
                                                       "references",
                                                       "reply-to",
                                                       "resent-date",
                                                       "resent-from",
                                                       "return-path",
                                                       "sender",
                                                       "status",
                                                       "subject",
                                                       "to",
                                                       "user-agent",
                                                       "via"};

// The name of a header field, empty when the line is none. Blanks before the colon are tolerated.
std::string_view field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon > 100) return {};
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 127;
  });
  return printable ? name : std::string_view{};
}

bool is_known(std::string_view name) {
  if (name.size() > 2 && to_lower(name[0]) == 'x' && name[1] == '-') return true;
  if (name.size() > 4 && equals_ignoring_case(name.substr(0, 4), "arc-")) return true;
  return std::any_of(kKnownNames.begin(), kKnownNames.end(),
                     [&](std::string_view known) { return equals_ignoring_case(name, known); });
}

}  // namespace

Follow what_follows(std::string_view text, bool at_end, bool lone_cr) {
  for (int i = 0; i < kQuotedFromLines && text.starts_with(">From "); ++i) {
    text.remove_prefix(first_line(text, lone_cr).next);
  }
  if (text.empty()) return at_end ? Follow::end_of_file : Follow::text;
  bool first_is_field = false;
  int known = 0;
  for (int i = 0; i < kHeaderLines && !text.empty(); ++i) {
    const Line line = first_line(text, lone_cr);
    if (i == 0) {
      if (line.text.empty() && line.has_line_end) return Follow::empty_line;
      if (parse_from_line(line.text)) return Follow::from_line;
    }
    if (line.text.empty()) break;
    const std::string_view name = field_name(line.text);
    if (!name.empty()) {
      if (i == 0) first_is_field = true;
      if (is_known(name)) ++known;
    } else if (i == 0 && at_end && !line.has_line_end && text.find(' ') == std::string_view::npos) {
      first_is_field = true;  // a field name that was cut off
    }
    text.remove_prefix(line.next);
  }
  if (first_is_field) return known > 0 ? Follow::known_header : Follow::header;
  return known > 1 ? Follow::header : Follow::text;
}

bool begins_message(std::string_view text, bool lone_cr) {
  int known = 0;
  for (int i = 0; i < kHeaderLines && !text.empty(); ++i) {
    const Line line = first_line(text, lone_cr);
    const bool folded = i > 0 && !line.text.empty() && is_blank(line.text.front());
    if (!folded && !is_known(field_name(line.text))) return false;
    if (!folded && ++known == 2) return true;
    text.remove_prefix(line.next);
  }
  return false;
}

std::optional<std::uint64_t> content_length(std::string_view line) {
  constexpr std::string_view kName = "content-length";
  if (line.size() <= kName.size() || !equals_ignoring_case(field_name(line), kName)) {
    return std::nullopt;
  }
  std::string_view value = line.substr(line.find(':') + 1);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && (is_blank(value.back()) || is_line_end(value.back()))) {
    value.remove_suffix(1);
  }
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
  if (error != std::errc{} || value.empty() || end != value.data() + value.size()) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace mboxferry::mbox
