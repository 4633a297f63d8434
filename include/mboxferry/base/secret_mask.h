// SPDX-License-Identifier: Apache-2.0
// Secrets that others repeat in their texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/secret.h"

namespace mboxferry {

/// Replaces secrets in texts of others, in the spellings that servers, proxies and their logs give
/// what they were told: as it is, as %XX of URLs and forms or =XX, with the backslashes of JSON, C
/// and IMAP, in hexadecimal, and in Base64 of both alphabets, also where more stands before and
/// behind it in the same encoding. Other spellings are not known. Not thread-safe.
class SecretMask {
 public:
  /// Nothing that is empty.
  void hide(const Secret& secret);

  /// The first `most` bytes of `text`, with `***` for every secret that begins there.
  [[nodiscard]] std::string masked(std::string_view text,
                                   std::size_t most = std::string_view::npos) const;

  /// Bytes that the longest of all spellings takes; 0 without secrets.
  [[nodiscard]] std::size_t longest_spelling() const { return longest_; }

 private:
  struct Hidden {
    Secret plain;
    Secret hexadecimal;
    std::vector<Secret> base64;  ///< what stands for it wherever it begins in a group of three
  };

  std::vector<Hidden> hidden_;
  std::size_t longest_ = 0;
};

}  // namespace mboxferry
