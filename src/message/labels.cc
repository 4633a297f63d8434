// SPDX-License-Identifier: Apache-2.0
// RFC 2047 and comma-separated names, as far as Gmail's label field needs them.
#include "message/labels.h"

#include <array>
#include <cstdint>
#include <optional>

#include "mboxferry/base/utf8.h"
#include "message/ascii.h"

namespace mboxferry::message {
namespace {

constexpr std::array<std::string_view, 3> kUtf8Names{"utf-8", "utf8", "us-ascii"};
constexpr std::array<std::string_view, 3> kLatin1Names{"iso-8859-1", "iso8859-1", "latin1"};

bool is_one_of(std::string_view name, const std::array<std::string_view, 3>& names) {
  for (const std::string_view known : names) {
    if (equals_ignoring_case(name, known)) return true;
  }
  return false;
}

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      bytes += ' ';
    } else if (text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
               hex_value(text[i + 2]) >= 0) {
      bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<std::string> decode_b(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return bytes;
}

struct EncodedWord {
  std::string decoded;
  std::size_t length;
};

// `text` begins with "=?".
std::optional<EncodedWord> read_encoded_word(std::string_view text) {
  const auto charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const auto begin = charset_end + 3;
  const auto end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 section 5: a language
  const bool latin1 = is_one_of(charset, kLatin1Names);
  if (!latin1 && !is_one_of(charset, kUtf8Names)) return std::nullopt;
  const std::string_view content = text.substr(begin, end - begin);
  const char encoding = to_lower(text[charset_end + 1]);
  std::optional<std::string> bytes;
  if (encoding == 'q') bytes = decode_q(content);
  if (encoding == 'b') bytes = decode_b(content);
  if (!bytes) return std::nullopt;
  return EncodedWord{latin1 ? latin1_to_utf8(*bytes) : std::move(*bytes), end + 2};
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  std::string decoded;
  std::size_t blanks_after_word = 0;  // how much of the end of `decoded` they are
  bool behind_word = false;
  while (!text.empty()) {
    if (text.substr(0, 2) == "=?") {
      if (const auto word = read_encoded_word(text)) {
        if (behind_word) decoded.resize(decoded.size() - blanks_after_word);
        decoded += word->decoded;
        text.remove_prefix(word->length);
        behind_word = true;
        blanks_after_word = 0;
        continue;
      }
    }
    if (is_blank(text.front())) {
      ++blanks_after_word;
    } else {
      behind_word = false;
    }
    decoded += text.front();
    text.remove_prefix(1);
  }
  return to_utf8(decoded);
}

std::vector<std::string> split_labels(std::string_view text, std::size_t most) {
  std::vector<std::string> labels;
  std::string label;
  bool quoted = false;
  const auto end_label = [&] {
    if (const auto name = trim(label); !name.empty()) labels.emplace_back(name);
    label.clear();
  };
  for (std::size_t i = 0; i < text.size() && labels.size() < most; ++i) {
    const char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        label += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      end_label();
    } else {
      label += c;
    }
  }
  if (labels.size() < most) end_label();
  return labels;
}

}  // namespace mboxferry::message
