// SPDX-License-Identifier: Apache-2.0
// Magic bytes of encrypted files and of messages that a server keeps packed.
#include "archive/encrypted_kind.h"

#include <algorithm>
#include <array>

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

struct Encryption {
  std::string_view bytes;
  std::string_view name;
  std::string_view remedy;
};
constexpr Encryption kOpenPgp{""sv, "a file encrypted with OpenPGP"sv,
                              "decrypt it with gpg --decrypt"sv};
constexpr Encryption kOpenSslBase64{""sv, "a file encrypted with openssl enc"sv,
                                    "decrypt it with openssl enc -d -a"sv};
constexpr std::array<Encryption, 5> kEncryptions{{
    {"-----BEGIN PGP MESSAGE-----"sv, kOpenPgp.name, kOpenPgp.remedy},
    {"age-encryption.org/v1\n"sv, "a file encrypted with age"sv, "decrypt it with age --decrypt"sv},
    {"-----BEGIN AGE ENCRYPTED FILE-----"sv, "a file encrypted with age"sv,
     "decrypt it with age --decrypt"sv},
    {"Salted__"sv, "a file encrypted with openssl enc"sv, "decrypt it with openssl enc -d"sv},
    {"CRYPTED\x03\x07"sv, "mail encrypted by Dovecot's mail_crypt"sv,
     "let Dovecot export it, as doveadm backup does"sv},
}};

// Packets of RFC 9580 that an encrypted message begins with: 1, a session key for a public key, in
// version 3; 3, one for a passphrase, in version 4. Keys and signatures begin with others.
bool is_openpgp(std::string_view head) {
  if (head.size() < 16) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(head[at]); };
  const unsigned tag = (byte(0) & 0x40U) != 0 ? byte(0) & 0x3fU : byte(0) >> 2U & 0x0fU;
  if ((byte(0) & 0x80U) == 0 || (tag != 1 && tag != 3)) return false;
  const bool old_format = (byte(0) & 0x40U) == 0;
  const unsigned length_type = byte(0) & 3U;
  if (old_format && length_type > 1) return false;
  const bool is_long = old_format ? length_type == 1 : byte(1) >= 192;
  const std::size_t body = is_long ? 3 : 2;
  constexpr std::array<unsigned, 5> kPublicKey{1, 2, 16, 18, 25};
  constexpr unsigned kLastCipher = 13;
  if (tag == 3) {
    const unsigned cipher = byte(body + 1);
    const unsigned derivation = byte(body + 2);
    return byte(body) == 4 && cipher > 0 && cipher <= kLastCipher && derivation <= 3;
  }
  const std::size_t algorithm = body + 1 + 8;
  return byte(body) == 3 &&
         std::find(kPublicKey.begin(), kPublicKey.end(), byte(algorithm)) != kPublicKey.end();
}

// The base64 form of "Salted__" ends within a character.
bool is_base64_of_openssl(std::string_view head) {
  constexpr std::string_view kBegin = "U2FsdGVkX1";
  return head.size() > kBegin.size() && head.starts_with(kBegin) &&
         std::string_view("89+/").find(head[kBegin.size()]) != std::string_view::npos;
}

const Encryption* encryption_of(std::string_view head) {
  for (const Encryption& row : kEncryptions) {
    if (head.starts_with(row.bytes)) return &row;
  }
  if (is_base64_of_openssl(head)) return &kOpenSslBase64;
  return is_openpgp(head) ? &kOpenPgp : nullptr;
}

}  // namespace

std::string_view encrypted_name(std::string_view head) {
  const Encryption* const encryption = encryption_of(head);
  return encryption == nullptr ? std::string_view() : encryption->name;
}

std::string_view encrypted_remedy(std::string_view head) {
  const Encryption* const encryption = encryption_of(head);
  return encryption == nullptr ? std::string_view() : encryption->remedy;
}

bool is_encrypted_delivery(std::string_view head) { return head.starts_with("CRYPTED\x03\x07"); }

bool is_packed_delivery(std::string_view head) {
  constexpr std::array<std::string_view, 4> kPacked{"\x1f\x8b\x08"sv, "\xfd\x37zXZ\0"sv,
                                                    "\x28\xb5\x2f\xfd"sv, "\x04\x22\x4d\x18"sv};
  for (const std::string_view magic : kPacked) {
    if (head.starts_with(magic)) return true;
  }
  constexpr std::size_t kLevel = 3;
  if (!head.starts_with("BZh") || head.size() < 10) return false;
  const std::string_view block = head.substr(kLevel + 1, 6);
  return head[kLevel] >= '1' && head[kLevel] <= '9' &&
         (block == "\x31\x41\x59\x26\x53\x59"sv || block == "\x17\x72\x45\x38\x50\x90"sv);
}

}  // namespace mboxferry::archive
