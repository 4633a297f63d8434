// SPDX-License-Identifier: Apache-2.0
// Fuzz target: X-Gmail-Labels from bytes to mailbox names, and encoded words against a second, slow
// way to read them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "imap/reply/mailbox_name.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/message/gmail_labels.h"
#include "mboxferry/plan/labels.h"
#include "mboxferry/plan/mapping.h"
#include "message/labels.h"

namespace {

using namespace mboxferry;

constexpr std::size_t kMostLabels = 64;
constexpr std::size_t kLongestForRegex = 256;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A piece of a field: an encoded word, or one character of other text.
struct Token {
  std::string charset;  // empty: other text
  std::string bytes;
};

std::optional<std::string> slow_b(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string digits = text;
  while (!digits.empty() && digits.back() == '=') digits.pop_back();
  std::string bits;
  for (const char digit : digits) {
    const std::size_t value = alphabet.find(digit);
    if (value == std::string::npos) return std::nullopt;
    for (unsigned bit = 6; bit-- > 0;) bits += (value >> bit & 1U) != 0 ? '1' : '0';
  }
  std::string bytes;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8)
    bytes += static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2));
  return bytes;
}

std::string slow_q(const std::string& text) {
  static const std::regex escape("=[0-9A-Fa-f]{2}");
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string three = text.substr(at, 3);
    if (text[at] == '=' && std::regex_match(three, escape)) {
      bytes += static_cast<char>(std::stoi(three.substr(1), nullptr, 16));
      at += 2;
    } else {
      bytes += text[at] == '_' ? ' ' : text[at];
    }
  }
  return bytes;
}

std::optional<Token> slow_word(const std::smatch& match) {
  static const std::regex charset("(utf-8|utf8|us-ascii|ascii)(\\*[^?]*)?", std::regex::icase);
  const std::string name = match[1];
  std::smatch parts;
  if (!std::regex_match(name, parts, charset)) return std::nullopt;
  const bool is_b = match[2] == "b" || match[2] == "B";
  const auto bytes = is_b ? slow_b(match[3]) : std::optional(slow_q(match[3]));
  if (!bytes) return std::nullopt;
  std::string lower = parts[1];
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return Token{lower, *bytes};
}

std::vector<Token> slow_tokens(const std::string& text) {
  static const std::regex word("=\\?([^?]*)\\?([bBqQ])\\?([^]*?)\\?=");
  std::vector<Token> tokens;
  for (auto at = text.begin(); at != text.end();) {
    std::smatch match;
    const bool found = *at == '=' && std::regex_search(at, text.end(), match, word,
                                                       std::regex_constants::match_continuous);
    const auto token = found ? slow_word(match) : std::nullopt;
    tokens.push_back(token ? *token : Token{"", std::string(1, *at)});
    at += token ? match.length() : 1;
  }
  return tokens;
}

std::string slow_decode(const std::string& text) {
  std::vector<Token> tokens;
  std::size_t blanks = 0;  // at the end of `tokens`, behind a word
  bool behind_word = false;
  for (const Token& token : slow_tokens(text)) {
    const bool is_word = !token.charset.empty();
    const bool is_blank = !is_word && std::string(" \t\r\n").find(token.bytes) != std::string::npos;
    if (is_word && behind_word) tokens.resize(tokens.size() - blanks);
    behind_word = is_word || (behind_word && is_blank);
    blanks = is_blank && behind_word ? blanks + 1 : 0;
    tokens.push_back(token);
  }
  std::string decoded;
  for (std::size_t first = 0; first < tokens.size();) {
    std::string run;
    std::size_t last = first;
    for (; last < tokens.size() && tokens[last].charset == tokens[first].charset; ++last)
      run += tokens[last].bytes;
    decoded += to_utf8(run);
    first = last;
  }
  return decoded;
}

// Charsets other than UTF-8 are left to the C library, which is not what is tested.
bool is_comparable(const std::string& text) {
  static const std::regex other("=\\?(iso|latin|windows|cp|koi|tis|gb|big|shift|euc|ks)",
                                std::regex::icase);
  return text.size() <= kLongestForRegex && !std::regex_search(text, other);
}

void check_mailbox(const plan::Mapper& mapper, const std::string& label) {
  for (const plan::MappedName& mapped :
       {mapper.map_label(label), mapper.map_folder({label, label}, true)}) {
    require(imap::encode_mailbox_name(mapped.name, imap::NameForm::utf8).has_value());
    require(imap::encode_mailbox_name(mapped.name, imap::NameForm::modified_utf7).has_value());
    require(mapped.name.find_first_of("%*") == std::string::npos);
    require(mapped.renamed_from.empty() == mapped.why.empty());
  }
}

const std::vector<plan::Mapper>& mappers() {
  static const std::vector<plan::Mapper> made = [] {
    std::vector<plan::Mapper> list;
    plan::MappingRules below;
    below.subfolder = "Import";
    const plan::KnownMailbox sent{"Gesendet", "\\Sent", true};
    list.push_back(*plan::Mapper::create({}, {"", '/', {sent}}));
    list.push_back(*plan::Mapper::create({}, {"INBOX.", '.', {}}));
    list.push_back(*plan::Mapper::create(below, {"", '\0', {sent}}));
    return list;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string decoded = message::decode_encoded_words(text);
  require(is_utf8(decoded));
  if (is_comparable(text)) require(decoded == slow_decode(text));
  const auto labels = message::split_labels(decoded, kMostLabels);
  require(labels.size() <= kMostLabels);
  for (const std::string& label : labels) {
    require(!label.empty() && label.front() != ' ' && label.back() != ' ');
    for (const plan::Mapper& mapper : mappers()) check_mailbox(mapper, label);
  }
  for (const auto policy :
       {plan::LabelPolicy::none, plan::LabelPolicy::first, plan::LabelPolicy::all}) {
    const plan::LabelChoice choice = plan::choose_labels(labels, policy);
    const std::size_t most = policy == plan::LabelPolicy::none    ? 0
                             : policy == plan::LabelPolicy::first ? 1
                                                                  : labels.size();
    require(choice.mailboxes.size() <= most);
    require(choice.keywords.size() <= labels.size());
  }
  return 0;
}
