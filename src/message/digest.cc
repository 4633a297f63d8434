// SPDX-License-Identifier: Apache-2.0
// SHA-256 by OpenSSL's EVP.
#include "mboxferry/message/digest.h"

#include <openssl/evp.h>

#include <new>

#include "mboxferry/base/handle.h"

namespace mboxferry::message {

struct Digest::State {
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Digest::Digest() : state_(std::make_unique<State>()) {
  // EVP fails here only for want of memory.
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Sha256 Digest::finish() {
  Sha256 digest{};
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr);
  // Without a type the context keeps the algorithm it has, which is much cheaper.
  if (EVP_DigestInit_ex(state_->context.get(), nullptr, nullptr) != 1) throw std::bad_alloc();
  return digest;
}

std::string to_hex(const Sha256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::int64_t short_hash(std::string_view text) {
  Digest digest;
  digest.update(text);
  const Sha256 bytes = digest.finish();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return static_cast<std::int64_t>(number);
}

}  // namespace mboxferry::message
