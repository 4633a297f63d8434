// SPDX-License-Identifier: Apache-2.0
// Accounts: their labels, and wiping secrets.
#include "mboxferry/imap/account.h"

#include <openssl/crypto.h>

namespace mboxferry::imap {

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string Account::label() const { return user + "@" + host + ":" + std::to_string(port); }

}  // namespace mboxferry::imap
