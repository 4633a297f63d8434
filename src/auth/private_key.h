// SPDX-License-Identifier: Apache-2.0
// Private keys in memory.
#pragma once

#include <openssl/evp.h>

#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::auth {

using PrivateKey = Handle<EVP_PKEY, EVP_PKEY_free>;

/// Error `configuration` unless it is an RSA key of 2048 bits or more in PEM, without a passphrase.
Result<PrivateKey> read_private_key(const Secret& pem);

}  // namespace mboxferry::auth
