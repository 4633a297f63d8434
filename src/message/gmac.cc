// SPDX-License-Identifier: Apache-2.0
// GMAC by OpenSSL's EVP: AES-GCM that encrypts nothing.
#include "mboxferry/message/gmac.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

#include "mboxferry/base/handle.h"

namespace mboxferry::message {
namespace {

// EVP counts in int.
constexpr std::size_t kPiece = std::size_t{1} << 30;
constexpr std::array<std::uint8_t, 12> kNonce{};

// EVP fails here only for want of memory.
void require(int status) {
  if (status != 1) throw std::bad_alloc();
}

}  // namespace

struct Gmac::State {
  Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context{EVP_CIPHER_CTX_new()};
};

Gmac::Gmac(const MacKey& key) : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  require(EVP_EncryptInit_ex(state_->context.get(), EVP_aes_128_gcm(), nullptr, key.data(),
                             kNonce.data()));
}

Gmac::Gmac(Gmac&&) noexcept = default;
Gmac& Gmac::operator=(Gmac&&) noexcept = default;
Gmac::~Gmac() = default;

void Gmac::update(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    int taken = 0;
    require(EVP_EncryptUpdate(state_->context.get(), nullptr, &taken,
                              reinterpret_cast<const unsigned char*>(piece.data()),
                              static_cast<int>(piece.size())));
    bytes.remove_prefix(piece.size());
  }
}

Mac Gmac::finish() {
  Mac mac{};
  int none = 0;
  require(EVP_EncryptFinal_ex(state_->context.get(), nullptr, &none));
  require(EVP_CIPHER_CTX_ctrl(state_->context.get(), EVP_CTRL_AEAD_GET_TAG,
                              static_cast<int>(mac.size()), mac.data()));
  require(EVP_EncryptInit_ex(state_->context.get(), nullptr, nullptr, nullptr, kNonce.data()));
  return mac;
}

}  // namespace mboxferry::message
