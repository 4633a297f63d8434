// SPDX-License-Identifier: Apache-2.0
// SHA-256 that can be asked for at any point.
#include "archive/running_digest.h"

#include <algorithm>
#include <array>
#include <span>

namespace mboxferry::archive {

RunningDigest::RunningDigest() : context_(EVP_MD_CTX_new()) {
  good_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
}

void RunningDigest::add(std::string_view bytes) {
  good_ = good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

Result<std::string> RunningDigest::value() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> copy(EVP_MD_CTX_new());
  const bool good = good_ && copy && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
                    EVP_DigestFinal_ex(copy.get(), digest.data(), &size) == 1;
  if (!good) return Error{ErrorCode::internal, "SHA-256 failed", ""};
  return std::string(digest.begin(), digest.begin() + size);
}

Result<std::uint64_t> digest_up_to(InputStream& bytes, std::uint64_t size, std::uint64_t done,
                                   RunningDigest& digest) {
  std::array<char, 32 * 1024> buffer{};
  while (done < size) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, buffer.size()));
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read(std::span<char>(buffer).first(most)));
    if (got == 0) break;
    digest.add({buffer.data(), got});
    done += got;
  }
  return done;
}

}  // namespace mboxferry::archive
