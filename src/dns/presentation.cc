// SPDX-License-Identifier: Apache-2.0
// Words, quotes and escapes.
#include "dns/presentation.h"

#include <fmt/format.h>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {

std::optional<char> take_octet(std::string_view& text) {
  const char first = text.front();
  text.remove_prefix(1);
  if (first != '\\') return first;
  if (text.empty()) return std::nullopt;
  if (!is_digit(text.front())) {
    const char escaped = text.front();
    text.remove_prefix(1);
    return escaped;
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (value > 255) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(value);
}

std::optional<std::string> octets_of(std::string_view word) {
  std::string octets;
  while (!word.empty()) {
    const auto octet = take_octet(word);
    if (!octet) return std::nullopt;
    octets += *octet;
  }
  return octets;
}

std::string in_double_quotes(std::string_view octets) {
  std::string text = "\"";
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      text += {'\\', c};
    else if (octet < ' ' || octet >= 0x7f)
      text += fmt::format("\\{:03}", octet);
    else
      text += c;
  }
  return text + "\"";
}

Result<std::vector<std::string>> words_of(std::string_view text) {
  const auto wrong = [](const char* why) {
    return Error{ErrorCode::usage, why, "write it as in a zone file, on one line"};
  };
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    const bool quotes = text[i] == '"';
    if (quotes) ++i;
    std::string word;
    bool closed = false;
    for (; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\n' || c == '\r' || c == '\0') return wrong("a record has a line end");
      if (quotes && c == '"') {
        closed = true;
        break;
      }
      if (!quotes && (c == ' ' || c == '\t')) break;
      if (!quotes && (c == ';' || c == '(' || c == ')' || c == '"'))
        return wrong("; ( ) and \" have to be in quotes");
      word += c;
      if (c == '\\' && i + 1 < text.size()) word += text[++i];
    }
    if (quotes && !closed) return wrong("a quote is not closed");
    if (quotes) ++i;
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace mboxferry::dns
