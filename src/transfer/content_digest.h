// SPDX-License-Identifier: Apache-2.0
// The digest that stays the same when a server drops or changes mbox status fields, or NULs.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/wire_form.h"

namespace mboxferry::transfer {

/// SHA-256 of wire bytes without the mbox status fields. NUL counts as 0x80: IMAP has no NUL in a
/// literal (RFC 3501 section 4.3), and Dovecot, which stores it, shows it as 0x80.
class ContentDigest {
 public:
  void update(std::string_view wire) {
    encoder_.feed(wire, [this](std::string_view bytes) { add(bytes); });
  }
  message::Sha256 finish() {
    encoder_.finish([this](std::string_view bytes) { add(bytes); });
    encoder_ = message::WireEncoder(kOptions);
    return digest_.finish();
  }

 private:
  static constexpr message::WireOptions kOptions{false, false, true};

  void add(std::string_view bytes) {
    const bool plain = bytes.empty() || std::memchr(bytes.data(), 0, bytes.size()) == nullptr;
    if (plain) return digest_.update(bytes);
    std::array<char, 4096> shown;
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), shown.size());
      std::replace_copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count),
                        shown.begin(), '\0', '\x80');
      digest_.update({shown.data(), count});
      bytes.remove_prefix(count);
    }
  }

  message::WireEncoder encoder_{kOptions};
  message::Digest digest_;
};

}  // namespace mboxferry::transfer
