// SPDX-License-Identifier: Apache-2.0
// Decides whether a server's certificate is to be trusted, and says why not.
#include "imap/tls/certificate.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <array>

#include "imap/tls/errors.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kNamesShown = 6;
// OpenSSL's security level 2 rounds: it takes keys of somewhat fewer bits.
constexpr int kLeastRsaBits = 2048;

using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using Bio = Handle<BIO, BIO_free>;

std::string text_of(const ASN1_STRING* value) {
  if (value == nullptr) return {};
  const auto* bytes = ASN1_STRING_get0_data(value);
  return printable(
      {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(ASN1_STRING_length(value))});
}

/// 0 for keys of other kinds.
int rsa_bits(X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return 0;
  const int kind = EVP_PKEY_get_base_id(key);
  return kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS ? EVP_PKEY_get_bits(key) : 0;
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string name_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return text_of(name.d.dNSName);
  if (name.type != GEN_IPADD) return {};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  const int family = ASN1_STRING_length(name.d.iPAddress) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(name.d.iPAddress) != 16) return {};
  ::inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), shown.data(), shown.size());
  return shown.data();
}

std::string names_of(X509* certificate) {
  std::string all;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    if (static_cast<std::size_t>(i) == kNamesShown) return all + ", ...";
    const std::string name = name_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) all += (all.empty() ? "" : ", ") + name;
  }
  return all;
}

std::string date_of(const ASN1_TIME* time) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || ASN1_TIME_print(bio.get(), time) != 1) return "an unreadable date";
  std::array<char, 64> text{};
  const int length = BIO_read(bio.get(), text.data(), static_cast<int>(text.size()));
  return {text.data(), static_cast<std::size_t>(length > 0 ? length : 0)};
}

/// What is wrong with a certificate whose issuer does not matter: X509_V_ERR_*, or X509_V_OK.
int trouble_beside_chain(X509* leaf, const std::string& host) {
  if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0) return X509_V_ERR_CERT_NOT_YET_VALID;
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0) return X509_V_ERR_CERT_HAS_EXPIRED;
  constexpr unsigned kFlags =
      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  if (is_ip_address(host)) {
    return X509_check_ip_asc(leaf, host.c_str(), 0) == 1 ? X509_V_OK
                                                         : X509_V_ERR_IP_ADDRESS_MISMATCH;
  }
  const bool named = X509_check_host(leaf, host.data(), host.size(), kFlags, nullptr) == 1;
  return named ? X509_V_OK : X509_V_ERR_HOSTNAME_MISMATCH;
}

}  // namespace

Result<message::Sha256> parse_pin(const std::string& pin) {
  constexpr std::string_view kPrefix = "sha256:";
  message::Sha256 digest{};
  std::size_t nibbles = 0;
  bool good = starts_with_word(pin, kPrefix);
  for (std::size_t i = kPrefix.size(); good && i < pin.size(); ++i) {
    const int value = hex_value(pin[i]);
    if (pin[i] == ':' && nibbles % 2 == 0) continue;
    good = value >= 0 && nibbles < digest.size() * 2;
    if (!good) break;
    digest[nibbles / 2] = static_cast<std::uint8_t>(digest[nibbles / 2] * 16 + value);
    ++nibbles;
  }
  if (!good || nibbles != digest.size() * 2) {
    return Error{ErrorCode::configuration, "the TLS pin \"" + printable(pin) + "\" is no pin",
                 "write sha256: and the 64 hex digits of the certificate's SHA-256"};
  }
  return digest;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool set_server_name(SSL* ssl, std::string host) {
  // OpenSSL copies it; the macro for this casts in the old style.
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

Result<void> CertificateCheck::attach(SSL_CTX* context, SSL* ssl, const Account& account,
                                      TrustStores& trust) {
  host_ = account.host;
  place_ = account.host + ":" + std::to_string(account.port);
  pin_only_ = account.tls_pin_only;
  has_ca_file_ = !account.ca_file.empty();
  if (!account.tls_pin.empty()) {
    MBOXFERRY_ASSIGN(pin_, parse_pin(account.tls_pin));
  }
  if (has_ca_file_ || !pin_) {
    MBOXFERRY_ASSIGN(const TrustStore store, trust.of(account.ca_file));
    SSL_CTX_set1_cert_store(context, store.get());
  }
  SSL_CTX_set_cert_verify_callback(context, &CertificateCheck::verify, this);
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  // RFC 9525 section 2: the common name is no identity, also where there are no other names.
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool named = is_ip_address(host_)
                         ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host_.c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(parameters, host_.c_str(), 0) == 1 &&
                               set_server_name(ssl, host_);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  if (!named) return tls_error(place_ + ": this host name cannot be verified");
  return ok();
}

int CertificateCheck::verify(X509_STORE_CTX* store, void* self) noexcept {
  auto& check = *static_cast<CertificateCheck*>(self);
  try {
    check.accepted_ = check.decide(store);
  } catch (...) {
    check.accepted_ = false;
    check.cause_ = X509_V_ERR_OUT_OF_MEM;
  }
  check.refused_ = !check.accepted_;
  return check.accepted_ ? 1 : 0;
}

bool CertificateCheck::decide(X509_STORE_CTX* store) {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  message::Sha256 digest{};
  unsigned length = 0;
  if (leaf == nullptr || X509_digest(leaf, EVP_sha256(), digest.data(), &length) != 1 ||
      length != digest.size()) {
    cause_ = X509_V_ERR_UNSPECIFIED;
    return false;
  }
  names_ = names_of(leaf);
  issuer_ = common_name(X509_get_issuer_name(leaf));
  not_before_ = date_of(X509_get0_notBefore(leaf));
  not_after_ = date_of(X509_get0_notAfter(leaf));
  fingerprint_ = "sha256:" + message::to_hex(digest);
  if (const int bits = rsa_bits(leaf); bits > 0 && bits < kLeastRsaBits) {
    small_key_ = bits;
    cause_ = X509_V_ERR_EE_KEY_TOO_SMALL;
    X509_STORE_CTX_set_error(store, cause_);
    return false;
  }
  if (pin_) {
    pin_differs_ = digest != *pin_;
    if (pin_differs_) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    if (pin_differs_ || pin_only_) return !pin_differs_;
    if (!has_ca_file_) {
      cause_ = trouble_beside_chain(leaf, host_);
      if (cause_ != X509_V_OK) X509_STORE_CTX_set_error(store, cause_);
      return cause_ == X509_V_OK;
    }
  }
  if (X509_verify_cert(store) != 1) {
    cause_ = X509_STORE_CTX_get_error(store);
    return false;
  }
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(store);
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    const int bits = rsa_bits(sk_X509_value(chain, i));
    if (bits == 0 || bits >= kLeastRsaBits) continue;
    small_key_ = bits;
    cause_ = X509_V_ERR_CA_KEY_TOO_SMALL;
    X509_STORE_CTX_set_error(store, cause_);
    return false;
  }
  return true;
}

Error CertificateCheck::error() const {
  const std::string subject = place_ + ": the server's certificate ";
  const std::string pin_hint =
      "; or, once its operator has confirmed it, --tls-pin " + fingerprint_;
  const std::string pin_only_hint = "; --tls-pin-only makes the pin stand for this check, too";
  // A pin that is given stands for the issuer unless there is a CA file.
  const std::string issuer_pin_hint =
      "the pin fits; give its issuer's certificate with --ca-file, or leave that option out";
  if (pin_differs_) {
    return tls_error(subject + "is not the pinned one: it is " + fingerprint_,
                     "if the operator has confirmed the new certificate, change the pin");
  }
  switch (cause_) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return tls_error(subject + "expired on " + not_after_,
                       "the operator must renew it" + (pin_ ? pin_only_hint : std::string()));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return tls_error(subject + "is not valid before " + not_before_,
                       "check this machine's clock");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return tls_error(subject + "is self-signed",
                       pin_ ? issuer_pin_hint : "give it with --ca-file" + pin_hint);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return tls_error(
          subject + (names_.empty()
                         ? "names no host, as a common name does not count: it is not for " + host_
                         : "is for " + names_ + ", not for " + host_),
          (names_.empty() ? "the operator must renew it with subject alternative names"
                          : "connect to a name that the certificate holds") +
              (pin_ ? pin_only_hint : pin_hint + " and --tls-pin-only"));
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return tls_error(
          subject + (cause_ == X509_V_ERR_EE_KEY_TOO_SMALL ? "has" : "comes from") +
              (small_key_ > 0 ? fmt::format(" an RSA key of {} bits", small_key_) : " a weak key") +
              "; the least is RSA with 2048",
          "the operator must renew it with a longer key");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return tls_error(
          subject + "comes from an unknown issuer" + (issuer_.empty() ? "" : ", " + issuer_),
          pin_ ? issuer_pin_hint : "give the issuer's certificate with --ca-file" + pin_hint);
    default:
      return tls_error(subject + "is refused: " + X509_verify_cert_error_string(cause_));
  }
}

}  // namespace mboxferry::imap
