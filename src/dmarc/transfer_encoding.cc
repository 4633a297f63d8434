// SPDX-License-Identifier: Apache-2.0
// Base64 and quoted-printable (RFC 2045 section 6), with what does not belong there passed over.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "dmarc/mail_parts.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::uint8_t kNoDigit = 64;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<unsigned char>(kAlphabet[i])] = i;
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

void decode_base64(std::string_view text, std::size_t most, std::string& out) {
  out.resize(std::min(text.size() / 4 * 3 + 3, most + 3));
  char* to = out.data();
  const char* const last = out.data() + std::min(out.size() - 3, most);
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = from + text.size();
  std::uint32_t bits = 0;
  unsigned count = 0;
  while (from < end && to <= last) {
    if (count == 0 && end - from >= 4) {
      const std::uint8_t a = kDigits[from[0]];
      const std::uint8_t b = kDigits[from[1]];
      const std::uint8_t c = kDigits[from[2]];
      const std::uint8_t d = kDigits[from[3]];
      if (((a | b | c | d) & kNoDigit) == 0) {
        const std::uint32_t group = static_cast<std::uint32_t>(a) << 18 |
                                    static_cast<std::uint32_t>(b) << 12 |
                                    static_cast<std::uint32_t>(c) << 6 | d;
        *to++ = static_cast<char>(group >> 16);
        *to++ = static_cast<char>(group >> 8);
        *to++ = static_cast<char>(group);
        from += 4;
        continue;
      }
    }
    const std::uint8_t digit = kDigits[*from++];
    if (digit == kNoDigit) continue;
    bits = bits << 6 | digit;
    if (++count < 4) continue;
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
    bits = 0;
    count = 0;
  }
  if (to <= last && count == 2) *to++ = static_cast<char>(bits >> 4);
  if (to <= last && count == 3) {
    *to++ = static_cast<char>(bits >> 10);
    *to++ = static_cast<char>(bits >> 2);
  }
  out.resize(std::min(static_cast<std::size_t>(to - out.data()), most));
}

void decode_quoted(std::string_view text, std::size_t most, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size() && out.size() < most; ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view rest = text.substr(i + 1);
    if (rest.starts_with("\r\n")) {
      i += 2;
    } else if (rest.starts_with('\n')) {
      i += 1;
    } else if (rest.size() >= 2 && rest[0] != '-' &&
               std::from_chars(rest.data(), rest.data() + 2, byte, 16).ptr == rest.data() + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += '=';
    }
  }
}

}  // namespace

std::string_view decoded(const MailPart& part, std::size_t most, std::string& buffer) {
  // The first bytes of gzip and zip in Base64: some mails do not say that it is.
  const bool unsaid = part.body.starts_with("H4sI") || part.body.starts_with("UEsDB");
  if (part.encoding == "base64" || unsaid) {
    decode_base64(part.body, most, buffer);
    return buffer;
  }
  if (part.encoding == "quoted-printable") {
    decode_quoted(part.body, most, buffer);
    return buffer;
  }
  return part.body.substr(0, most);
}

}  // namespace mboxferry::dmarc
