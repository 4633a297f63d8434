// SPDX-License-Identifier: Apache-2.0
// Random bytes by OpenSSL.
#include "auth/random_text.h"

#include <openssl/rand.h>

#include "mboxferry/base/base64.h"

namespace mboxferry::auth {

Result<std::string> random_text(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1)
    return Error{ErrorCode::internal, "OpenSSL gives no random bytes", ""};
  return base64url(random);
}

}  // namespace mboxferry::auth
