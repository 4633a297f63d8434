// SPDX-License-Identifier: Apache-2.0
// Certificates and keys by OpenSSL; Google's key files.
#include "mboxferry/auth/key_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>

#include "auth/json_values.h"
#include "auth/private_key.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/base64.h"

namespace mboxferry::auth {
namespace {

using Bio = Handle<BIO, BIO_free>;

constexpr int kFewestBits = 2048;

/// OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Bio reading(const Secret& pem) {
  const std::string_view text = pem.reveal();
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Error no_key_file(const std::string& why) {
  return {ErrorCode::configuration, "this is no service account's key file: " + why,
          "use the JSON file that the console gave when the key was made"};
}

}  // namespace

Result<PrivateKey> read_private_key(const Secret& pem) {
  const Bio bio = reading(pem);
  PrivateKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                     : nullptr);
  ERR_clear_error();
  if (key && EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) >= kFewestBits)
    return key;
  return Error{ErrorCode::configuration,
               key ? "the private key is no RSA key of 2048 bits or more"
                   : "there is no private key in PEM, without a passphrase, to sign with",
               "a key in PEM begins with -----BEGIN PRIVATE KEY-----"};
}

Result<void> take_client_certificate(const Secret& pem, Profile& profile) {
  MBOXFERRY_ASSIGN(const PrivateKey key, read_private_key(pem));
  const Bio bio = reading(pem);
  const Handle<X509, X509_free> certificate(
      bio ? PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1) {
    return Error{ErrorCode::configuration, "there is no certificate in PEM beside the private key",
                 "put both into one file: cat certificate.pem key.pem"};
  }
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits)
    return Error{ErrorCode::configuration, "the certificate is of another key than the private key",
                 "put the two that belong together into one file"};
  profile.private_key = pem;
  profile.certificate_digest = base64url({reinterpret_cast<const char*>(digest.data()), size});
  return ok();
}

Result<void> take_service_account(const Secret& json, Profile& profile) {
  const std::string_view text = json.reveal();
  auto document = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return no_key_file("it is no JSON object");
  const Secret key = take_secret(document, "private_key");
  const std::string address = text_of(document, "client_email");
  const std::string key_id = text_of(document, "private_key_id");
  const std::string token_url = text_of(document, "token_uri");
  for (const std::string* value : {&address, &key_id, &token_url}) {
    if (!all_visible(*value)) return no_key_file("it holds characters that are none of an address");
  }
  if (address.empty()) return no_key_file("it has no client_email");
  if (!read_private_key(key)) return no_key_file("it has no private_key that can sign");
  profile.client_id = address;
  profile.private_key = key;
  profile.key_id = key_id;
  if (profile.token_url.empty()) profile.token_url = token_url;
  return ok();
}

}  // namespace mboxferry::auth
