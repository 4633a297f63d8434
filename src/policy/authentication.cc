// SPDX-License-Identifier: Apache-2.0
// RFC 8601 section 2.2: authserv-id [version] *( ";" method [ "/" version ] "=" result [reason]
// *( ptype "." property "=" value ) ), with comments and white space nearly everywhere.
#include "policy/authentication.h"

#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::policy {
namespace {

constexpr bool is_results_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
constexpr bool joins(char c) { return c == '=' || c == '/' || c == '.'; }

/// `value` without comments and quotes, with one blank between words and none around `=`, `/` and
/// `.`. What a quoted word holds cannot be taken for anything else. Empty when a comment or quote
/// does not end.
std::string plain_results(std::string_view value) {
  std::string plain;
  std::size_t depth = 0;
  bool quoted = false;
  bool blank = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    const bool escaped = c == '\\' && (depth > 0 || quoted) && i + 1 < value.size();
    if (escaped) c = value[++i];
    if (depth > 0) {
      if (!escaped && c == '(') ++depth;
      if (!escaped && c == ')') --depth;
      blank = true;
    } else if (!escaped && c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      const bool harmless = is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '@';
      plain += harmless ? c : '\x01';
    } else if (c == '(') {
      depth = 1;
    } else if (is_results_blank(c)) {
      blank = true;
    } else {
      if (blank && !joins(c) && !plain.empty() && !joins(plain.back())) plain += ' ';
      blank = false;
      plain += c;
    }
  }
  return depth > 0 || quoted ? std::string() : plain;
}

/// Takes off what is before the first `end`, without blanks around it.
std::string_view take_part(std::string_view& rest, char end) {
  const std::size_t size = std::min(rest.find(end), rest.size());
  std::string_view part = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  while (part.starts_with(' ')) part.remove_prefix(1);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

/// The domain of a result `dmarc=pass ... header.from=domain`; nothing else has one.
std::string domain_of_result(std::string_view words) {
  std::string domain;
  while (!words.empty()) {
    const std::string_view word = take_part(words, ' ');
    constexpr std::string_view kFrom = "header.from=";
    if (!equals_ignoring_case(word.substr(0, kFrom.size()), kFrom)) continue;
    const std::string_view value = word.substr(kFrom.size());
    const std::size_t at = value.rfind('@');
    domain.clear();
    append_compared_domain(domain, at == std::string_view::npos ? value : value.substr(at + 1));
  }
  return domain;
}

std::string domain_of_field(std::string_view results) {
  std::string domain;
  while (!results.empty()) {
    std::string_view words = take_part(results, ';');
    std::string_view result = take_part(words, ' ');
    const std::string_view method = take_part(result, '=');
    if (!equals_ignoring_case(method.substr(0, method.find('/')), "dmarc")) continue;
    const std::string found =
        equals_ignoring_case(result, "pass") ? domain_of_result(words) : std::string();
    // Two results that differ prove nothing.
    if (found.empty() || (!domain.empty() && found != domain)) return {};
    domain = found;
  }
  return domain;
}

}  // namespace

std::string authenticated_domain(std::string_view fields, std::string_view authserv_id) {
  while (!fields.empty()) {
    const std::string plain = plain_results(take_part(fields, '\n'));
    std::string_view rest = plain;
    std::string_view head = take_part(rest, ';');
    if (equals_ignoring_case(take_part(head, ' '), authserv_id)) return domain_of_field(rest);
  }
  return {};
}

}  // namespace mboxferry::policy
