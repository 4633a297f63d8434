// SPDX-License-Identifier: Apache-2.0
// SCRAM.
#include "sasl/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

#include "mboxferry/base/base64.h"
#include "mboxferry/base/words.h"

namespace mboxferry::sasl {
namespace {

constexpr std::size_t kMostMessage = 4096;  // of what the server says

const EVP_MD* digest_of(ScramHash hash) {
  return hash == ScramHash::sha1 ? EVP_sha1() : EVP_sha256();
}

// Another way to log in would show the password to whoever plays the server.
Error scram_error(const std::string& why) {
  return {ErrorCode::protocol, "the server's part of SCRAM is wrong: " + why,
          "someone may be playing the server: check host, port and certificate"};
}

/// The value of the attribute that `rest` begins with, which is taken off; none when it is another.
std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  return take_word(rest, ',').substr(2);
}

/// Bytes that are wiped at the end.
class Wiped {
 public:
  explicit Wiped(std::string bytes) : bytes_(std::move(bytes)) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string keyed(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), raw(text), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  out.resize(size);
  return out;
}

std::string digest_bytes(const EVP_MD* digest, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, digest,
             nullptr);
  out.resize(size);
  return out;
}

/// Hi() of RFC 5802 section 2.2.
std::string salted(const EVP_MD* digest, std::string_view password, std::string_view salt,
                   std::uint64_t iterations) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                    static_cast<int>(salt.size()), static_cast<int>(iterations), digest,
                    static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

}  // namespace

std::string sasl_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '=') {
      text += "=3D";
    } else if (c == ',') {
      text += "=2C";
    } else {
      text += c;
    }
  }
  return text;
}

ScramClient::ScramClient(ScramHash hash, std::string_view authorisation, std::string_view user,
                         Secret password, ScramBinding binding, std::string nonce)
    : hash_(hash),
      password_(std::move(password)),
      binding_(std::move(binding)),
      nonce_(std::move(nonce)) {
  if (binding_.tls_exporter) {
    header_ = "p=tls-exporter,";
  } else {
    header_ = binding_.server_offers_none ? "y," : "n,";
  }
  if (!authorisation.empty()) header_ += "a=" + sasl_name(authorisation);
  header_ += ',';
  first_bare_ = "n=" + sasl_name(user) + ",r=" + nonce_;
}

std::string ScramClient::first() const { return header_ + first_bare_; }

Result<std::string> ScramClient::final_for(std::string_view server_first) {
  if (server_first.size() > kMostMessage) return scram_error("it is too long");
  std::string_view rest = server_first;
  const auto nonce = take_attribute(rest, 'r');
  const auto salt_text = nonce ? take_attribute(rest, 's') : std::nullopt;
  const auto iterations_text = salt_text ? take_attribute(rest, 'i') : std::nullopt;
  if (!iterations_text) return scram_error("it lacks nonce, salt or iteration count");
  if (nonce_.empty() || !nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
    return scram_error("its nonce is not one for this login");
  const auto salt = from_base64(*salt_text);
  if (!salt || salt->empty()) return scram_error("its salt is no base64");
  const auto iterations = parse_number(*iterations_text);
  if (!iterations || *iterations < kFewestIterations || *iterations > kMostIterations) {
    return scram_error("its iteration count is " + printable(iterations_text->substr(0, 24)) +
                       ", and not between 4096 and 2000000");
  }
  std::string bound = header_;
  if (binding_.tls_exporter) bound += binding_.tls_exporter->reveal();
  std::string final_text = "c=" + base64(bound) + ",r=" + std::string(*nonce);
  const std::string whole = first_bare_ + "," + std::string(server_first) + "," + final_text;

  const EVP_MD* const digest = digest_of(hash_);
  const Wiped salted_password(salted(digest, password_.reveal(), *salt, *iterations));
  const Wiped client_key(keyed(digest, salted_password.bytes(), "Client Key"));
  const Wiped stored_key(digest_bytes(digest, client_key.bytes()));
  std::string proof = keyed(digest, stored_key.bytes(), whole);
  for (std::size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<char>(proof[i] ^ client_key.bytes()[i]);
  const Wiped server_key(keyed(digest, salted_password.bytes(), "Server Key"));
  signature_ = keyed(digest, server_key.bytes(), whole);
  return final_text + ",p=" + base64(proof);
}

Result<void> ScramClient::check(std::string_view server_final) const {
  std::string_view rest = server_final.substr(0, kMostMessage);
  const auto proof = take_attribute(rest, 'v');
  const auto bytes = proof ? from_base64(*proof) : std::nullopt;
  if (signature_.empty() || !bytes || bytes->size() != signature_.size() ||
      CRYPTO_memcmp(bytes->data(), signature_.data(), signature_.size()) != 0) {
    return scram_error("it does not prove that it knows the password");
  }
  return ok();
}

}  // namespace mboxferry::sasl
