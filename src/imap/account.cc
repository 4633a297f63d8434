// SPDX-License-Identifier: Apache-2.0
// Accounts: their labels, and wiping secrets.
#include "mboxferry/imap/account.h"

#include <openssl/crypto.h>

namespace mboxferry::imap {

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string Account::label() const { return user + "@" + host + ":" + std::to_string(port); }

std::optional<Compression> compression_from_name(std::string_view name) {
  if (name == "auto") return Compression::automatic;
  if (name == "on") return Compression::on;
  if (name == "off") return Compression::off;
  return {};
}

}  // namespace mboxferry::imap
