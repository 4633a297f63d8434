// SPDX-License-Identifier: Apache-2.0
// RFC 2047 and comma-separated names, as far as Gmail's label field needs them.
#include "message/labels.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "mboxferry/base/utf8.h"
#include "mboxferry/message/charset.h"
#include "message/ascii.h"

namespace mboxferry::message {
namespace {

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
  const std::size_t padding = std::min(text.find('='), text.size());
  if (text.find_first_not_of('=', padding) != std::string_view::npos) return std::nullopt;
  text = text.substr(0, padding);
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
  std::string_view charset;
  std::string bytes;
  std::size_t end;  ///< in the field
};

/// Finds encoded words in a field, from left to right.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  // The word that begins at `at`; no `at` is less than the one before.
  std::optional<EncodedWord> read(std::size_t at) {
    if (text_.substr(at, 2) != "=?") return std::nullopt;
    const auto charset_end = text_.find('?', at + 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= text_.size() ||
        text_[charset_end + 2] != '?') {
      return std::nullopt;
    }
    const auto begin = charset_end + 3;
    // Looked for once for all that may begin before it, or time would be the square of the length.
    if (end_ < begin) end_ = text_.find("?=", begin);
    if (end_ == std::string_view::npos) return std::nullopt;
    std::string_view charset = text_.substr(at + 2, charset_end - at - 2);
    charset = charset.substr(0, charset.find('*'));  // RFC 2231 section 5: a language
    if (!is_known_charset(charset)) return std::nullopt;
    const std::string_view content = text_.substr(begin, end_ - begin);
    const char encoding = to_lower(text_[charset_end + 1]);
    std::optional<std::string> bytes;
    if (encoding == 'q') bytes = decode_q(content);
    if (encoding == 'b') bytes = decode_b(content);
    if (!bytes) return std::nullopt;
    return EncodedWord{charset, *std::move(bytes), end_ + 2};
  }

 private:
  std::string_view text_;
  std::size_t end_ = 0;  ///< a "?="
};

/// Puts the pieces of a field together.
class Decoder {
 public:
  void add_word(const EncodedWord& word) {
    blanks_.clear();
    if (!equals_ignoring_case(word.charset, charset_)) end_words();
    end_plain();
    charset_ = word.charset;
    bytes_ += word.bytes;
    behind_word_ = true;
  }

  void add_plain(char c) {
    if (behind_word_ && is_blank(c)) {
      blanks_ += c;
      return;
    }
    end_words();
    plain_ += c;
  }

  std::string finish() {
    end_words();
    end_plain();
    return std::move(decoded_);
  }

 private:
  void end_words() {
    if (!behind_word_) return;
    if (!bytes_.empty()) decoded_ += charset_to_utf8(bytes_, charset_);
    bytes_.clear();
    plain_ += std::exchange(blanks_, {});
    behind_word_ = false;
  }
  void end_plain() {
    decoded_ += to_utf8(plain_);
    plain_.clear();
  }

  std::string decoded_;
  std::string plain_;
  std::string_view charset_;  ///< of `bytes_`
  std::string bytes_;         ///< of adjacent words: a character may be split between two
  std::string blanks_;        ///< behind the last word; they go if another word follows
  bool behind_word_ = false;
};

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  WordReader reader(text);
  Decoder decoder;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto word = reader.read(at)) {
      decoder.add_word(*word);
      at = word->end;
    } else {
      decoder.add_plain(text[at]);
      ++at;
    }
  }
  return decoder.finish();
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
