// SPDX-License-Identifier: Apache-2.0
// Decides whether a server's certificate is to be trusted, and says why not.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>

#include "imap/tls/trust_store.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::imap {

/// `sha256:HEX` (colons between the bytes allowed) as a digest.
Result<message::Sha256> parse_pin(const std::string& pin);

/// True for an IPv4 or IPv6 address.
bool is_ip_address(const std::string& host);

/// Server name indication (RFC 6066 section 3).
bool set_server_name(SSL* ssl, std::string host);

/// The check of one handshake. Attach it before, ask it afterwards; it stays in place meanwhile.
class CertificateCheck {
 public:
  /// Takes `ca_file` or the system's certificates, host and pin into `context` and `ssl`.
  Result<void> attach(SSL_CTX* context, SSL* ssl, const Account& account, TrustStores& trust);

  /// True once the peer's certificate was looked at and taken.
  [[nodiscard]] bool accepted() const { return accepted_; }
  /// True once it was looked at and refused; then error() says why.
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] Error error() const;

 private:
  static int verify(X509_STORE_CTX* store, void* self) noexcept;
  bool decide(X509_STORE_CTX* store);

  std::string host_;
  std::string place_;
  std::optional<message::Sha256> pin_;
  bool pin_only_ = false;
  bool has_ca_file_ = false;
  bool accepted_ = false;
  bool refused_ = false;
  bool pin_differs_ = false;
  int cause_ = 0;      ///< X509_V_ERR_*
  int small_key_ = 0;  ///< bits of the RSA key that is too short
  std::string names_;  ///< what the certificate is for
  std::string issuer_;
  std::string not_before_;
  std::string not_after_;
  std::string fingerprint_;  ///< `sha256:HEX`
};

}  // namespace mboxferry::imap
