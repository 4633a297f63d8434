// SPDX-License-Identifier: Apache-2.0
// The digest that stays the same when a server drops or changes mbox status fields, or NULs.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "mboxferry/message/gmac.h"
#include "mboxferry/message/wire_form.h"
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

/// Keyed digest of wire bytes without the fields that mail programs write into them. NUL counts as
/// 0x80: IMAP has no NUL in a literal (RFC 3501 section 4.3), and Dovecot, which stores it, shows
/// it as 0x80.
class ContentDigest {
 public:
  explicit ContentDigest(const ContentKey& key)
      : options_{false, false, true, key.without_marks}, encoder_(options_), mac_(key.mac) {}

  void update(std::string_view wire) {
    encoder_.feed(wire, [this](std::string_view bytes) { add(bytes); });
  }
  /// Bytes that another WireEncoder gave: the lines of a body need no second look, so this is
  /// much faster. A message comes through one of the two only.
  void update_encoded(std::string_view wire) {
    if (!encoder_.in_plain_body()) return update(wire);
    complete_ = true;
    add(wire);
  }
  message::Mac finish() {
    if (!complete_) encoder_.finish([this](std::string_view bytes) { add(bytes); });
    encoder_ = message::WireEncoder(options_);
    complete_ = false;
    return mac_.finish();
  }

 private:
  void add(std::string_view bytes) {
    const bool plain = bytes.empty() || std::memchr(bytes.data(), 0, bytes.size()) == nullptr;
    if (plain) return mac_.update(bytes);
    std::array<char, 4096> shown;
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), shown.size());
      std::replace_copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count),
                        shown.begin(), '\0', '\x80');
      mac_.update({shown.data(), count});
      bytes.remove_prefix(count);
    }
  }

  message::WireOptions options_;
  message::WireEncoder encoder_;
  message::Gmac mac_;
  bool complete_ = false;  ///< the encoder has not seen the end, and need not
};

}  // namespace mboxferry::transfer
