// SPDX-License-Identifier: Apache-2.0
// Digests that stay the same when a server drops or changes mbox status fields, or NULs, or 8-bit
// bytes of a header.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
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
