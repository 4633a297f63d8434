// SPDX-License-Identifier: Apache-2.0
// SHA-256 that can be asked for at any point.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

class RunningDigest {
 public:
  RunningDigest();

  void add(std::string_view bytes);
  /// Of all that was added so far: 32 bytes.
  [[nodiscard]] Result<std::string> value() const;

 private:
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
  bool good_ = false;
};

/// Adds what `bytes` gives until `size` bytes are done in all, `done` of them before; how many
/// there were.
Result<std::uint64_t> digest_up_to(InputStream& bytes, std::uint64_t size, std::uint64_t done,
                                   RunningDigest& digest);

}  // namespace mboxferry::archive
