// SPDX-License-Identifier: Apache-2.0
// The digest that stays the same when a server replaces 8-bit bytes of a header.
#pragma once

#include <string>
#include <string_view>

#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {

/// ContentDigest with each byte of the header that is not ASCII, or NUL, counted as `X`: so Cyrus
/// stores it by default (imapd.conf, munge8bit).
class MaskedDigest {
 public:
  explicit MaskedDigest(const ContentKey& key) : content_(key) {}

  void update(std::string_view wire) {
    std::string masked;
    while (in_header_ && !wire.empty()) {
      masked.clear();
      while (in_header_ && !wire.empty() && masked.size() < kPiece) {
        masked += mask(wire.front());
        wire.remove_prefix(1);
      }
      content_.update(masked);
    }
    content_.update(wire);
  }
  message::Mac finish() {
    in_header_ = true;
    line_empty_ = true;
    return content_.finish();
  }

 private:
  static constexpr std::size_t kPiece = 4096;

  char mask(char c) {
    if (c == '\n') {
      in_header_ = !line_empty_;
      line_empty_ = true;
    } else if (c != '\r') {
      line_empty_ = false;
    }
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0 || byte >= 0x80 ? 'X' : c;
  }

  ContentDigest content_;
  bool in_header_ = true;
  bool line_empty_ = true;
};

}  // namespace mboxferry::transfer
