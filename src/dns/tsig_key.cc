// SPDX-License-Identifier: Apache-2.0
// The words of a key file.
#include "mboxferry/dns/tsig_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {
namespace {

// RFC 8945 section 6; HMAC-MD5 is left out, which must not be used.
constexpr std::array<std::string_view, 5> kAlgorithms{"hmac-sha256", "hmac-sha512", "hmac-sha384",
                                                      "hmac-sha224", "hmac-sha1"};

constexpr std::size_t kMostWords = 16;

/// Words, quoted ones without their quotes, and `{ } ;` as words of their own. Views into `text`.
std::vector<std::string_view> key_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty() && words.size() <= kMostWords) {
    const char c = text.front();
    if (text.starts_with("//") || c == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      text.remove_prefix(1);
    } else if (c == '"') {
      const std::size_t end = std::min(text.find('"', 1), text.size());
      words.push_back(text.substr(1, end - 1));
      text.remove_prefix(std::min(end + 1, text.size()));
    } else {
      const std::size_t end = c == '{' || c == '}' || c == ';'
                                  ? 1
                                  : std::min(text.find_first_of(" \t\r\n{};\""), text.size());
      words.push_back(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  return words;
}

bool is_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return !text.empty() && text.size() % 4 == 0 && text.size() <= 4096 &&
         std::all_of(text.begin(), text.end() - static_cast<std::ptrdiff_t>(padding),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '/'; });
}

}  // namespace

Result<TsigKey> parse_tsig_key(std::string_view text, const std::string& path) {
  const auto wrong = [&](const char* why) {
    return Error{ErrorCode::configuration,
                 fmt::format("the TSIG key file {} cannot be used: {}", path, why),
                 "write it as tsig-keygen does: key \"NAME\" { algorithm hmac-sha256; secret "
                 "\"BASE64\"; };"};
  };
  const auto words = key_words(text);
  if (words.size() < 5 || words[0] != "key" || words[2] != "{")
    return wrong("it does not begin with key \"NAME\" {");
  TsigKey key;
  auto name = Name::parse(words[1]);
  if (!name || name->is_root()) return wrong("the key's name is no domain name");
  key.name = *std::move(name);
  std::string_view secret;
  std::size_t i = 3;
  for (; i + 2 < words.size() && words[i] != "}"; i += 3) {
    if (words[i + 2] != ";") return wrong("a semicolon is missing");
    if (words[i] == "algorithm")
      key.algorithm = std::string(words[i + 1]);
    else if (words[i] == "secret")
      secret = words[i + 1];
    else
      return wrong("it has something else than an algorithm and a secret");
  }
  if (i >= words.size() || words[i] != "}") return wrong("it does not end with }");
  if (i + 2 < words.size()) return wrong("it holds more than one key");
  std::transform(key.algorithm.begin(), key.algorithm.end(), key.algorithm.begin(), to_lower);
  if (std::find(kAlgorithms.begin(), kAlgorithms.end(), key.algorithm) == kAlgorithms.end())
    return wrong("the algorithm is not one of hmac-sha256, -sha512, -sha384, -sha224 and -sha1");
  key.algorithm += '.';
  if (!is_base64(secret)) return wrong("the secret is not Base64");
  key.secret = Secret(std::string(secret));
  return key;
}

}  // namespace mboxferry::dns
