// SPDX-License-Identifier: Apache-2.0
// MIME structure (RFC 2045, RFC 2046), forgiving: reporters leave out and misspell fields.
#include "dmarc/mail_parts.h"

#include <algorithm>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

constexpr unsigned kMostLevels = 8;
constexpr unsigned kMostParts = 1000;
constexpr std::size_t kLongestField = 4 * 1024;

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), to_lower);
  return small;
}

std::string_view stripped(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

std::string_view take_line_of(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The value of a parameter such as boundary in `value`; without its quotes.
std::string parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos && ++at < value.size()) {
    const std::size_t equals = value.find('=', at);
    if (equals == std::string_view::npos) return {};
    const std::string_view found = stripped(value.substr(at, equals - at));
    std::string_view rest = value.substr(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::string content;
    if (rest.starts_with('"')) {
      std::size_t i = 1;
      for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        content += rest[i];
      }
      rest.remove_prefix(std::min(i + 1, rest.size()));
    } else {
      content = stripped(rest.substr(0, rest.find(';')));
    }
    if (equals_ignoring_case(found, name)) return content;
    at = rest.find(';');
    if (at != std::string_view::npos) at += value.size() - rest.size();
  }
  return {};
}

/// The fields of a part's header, and the body behind it.
struct PartHeader {
  std::string type;
  std::string disposition;
  std::string encoding;
  std::string_view body;
};

PartHeader read_part_header(std::string_view entity) {
  PartHeader header;
  std::string* open = nullptr;
  std::string_view rest = entity;
  while (!rest.empty()) {
    const std::string_view line = take_line_of(rest);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (open != nullptr && open->size() + line.size() < kLongestField) *open += line;
      continue;
    }
    open = nullptr;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = stripped(line.substr(0, colon));
    const std::string_view value = stripped(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-type") || equals_ignoring_case(name, "contenttype"))
      open = &header.type;
    else if (equals_ignoring_case(name, "content-disposition"))
      open = &header.disposition;
    else if (equals_ignoring_case(name, "content-transfer-encoding"))
      open = &header.encoding;
    if (open != nullptr) *open = value.substr(0, kLongestField);
  }
  header.body = rest;
  return header;
}

class PartWalk {
 public:
  explicit PartWalk(const std::function<bool(const MailPart&)>& visit) : visit_(visit) {}

  /// False: the visitor has seen enough.
  bool walk(std::string_view entity, unsigned level) {
    const PartHeader header = read_part_header(entity);
    MailPart part;
    part.type = lower(stripped(std::string_view(header.type).substr(0, header.type.find(';'))));
    const bool nests = level < kMostLevels;
    if (!nests && (part.type.starts_with("multipart/") || part.type == "message/rfc822"))
      is_complete_ = false;
    if (nests && part.type.starts_with("multipart/")) {
      const std::string boundary = parameter(header.type, "boundary");
      if (!boundary.empty()) return walk_multipart(header.body, "--" + boundary, level);
    }
    part.encoding = lower(stripped(header.encoding));
    const bool plain = part.encoding != "base64" && part.encoding != "quoted-printable";
    if (nests && plain && part.type == "message/rfc822") {
      MailPart whole = part;
      whole.body = header.body;
      return give(whole) && walk(header.body, level + 1);
    }
    part.name = parameter(header.disposition, "filename");
    if (part.name.empty()) part.name = parameter(header.type, "name");
    part.body = header.body;
    return give(part);
  }

  [[nodiscard]] bool is_complete() const { return is_complete_; }

 private:
  bool give(const MailPart& part) {
    if (++parts_ <= kMostParts) return visit_(part);
    is_complete_ = false;
    return false;
  }

  bool walk_multipart(std::string_view body, const std::string& delimiter, unsigned level) {
    std::size_t begin = std::string_view::npos;  // of the part that is open
    std::size_t at = 0;
    while ((at = body.find(delimiter, at)) != std::string_view::npos) {
      const bool starts_line = at == 0 || body[at - 1] == '\n';
      const std::size_t behind = at + delimiter.size();
      const bool ends_all = body.substr(behind).starts_with("--");
      const char next = behind < body.size() ? body[behind] : '\n';
      const bool is_delimiter =
          starts_line && (ends_all || next == '\r' || next == '\n' || next == ' ' || next == '\t');
      if (!is_delimiter) {
        at = behind;
        continue;
      }
      if (begin != std::string_view::npos && !walk(body.substr(begin, at - begin), level + 1))
        return false;
      if (ends_all) return true;
      const std::size_t line_end = body.find('\n', behind);
      if (line_end == std::string_view::npos) return true;
      begin = at = line_end + 1;
    }
    // A mail that was cut off still has its last part.
    return begin == std::string_view::npos || walk(body.substr(begin), level + 1);
  }

  const std::function<bool(const MailPart&)>& visit_;
  unsigned parts_ = 0;
  bool is_complete_ = true;
};

}  // namespace

std::string field_value(std::string_view text, std::string_view name) {
  std::string value;
  bool open = false;
  while (!text.empty()) {
    const std::string_view line = take_line_of(text);
    if (line.empty()) break;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && open && value.size() + line.size() < kLongestField) value += line;
    if (folded) continue;
    if (open) break;
    const std::size_t colon = line.find(':');
    open = colon != std::string_view::npos &&
           equals_ignoring_case(stripped(line.substr(0, colon)), name);
    if (open) value = stripped(line.substr(colon + 1, kLongestField));
  }
  return std::string(stripped(value));
}

bool looks_like_mail(std::string_view text) {
  const std::string_view line = take_line_of(text);
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 && colon < 80 &&
         std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool walk_parts(std::string_view mail, const std::function<bool(const MailPart&)>& visit) {
  PartWalk walk(visit);
  walk.walk(mail, 0);
  return walk.is_complete();
}

}  // namespace mboxferry::dmarc
