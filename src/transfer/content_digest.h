// SPDX-License-Identifier: Apache-2.0
// The digest that stays the same when a server drops or changes mbox status fields.
#pragma once

#include <string_view>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/wire_form.h"

namespace mboxferry::transfer {

/// SHA-256 of wire bytes without the mbox status fields.
class ContentDigest {
 public:
  void update(std::string_view wire) {
    encoder_.feed(wire, [this](std::string_view bytes) { digest_.update(bytes); });
  }
  message::Sha256 finish() {
    encoder_.finish([this](std::string_view bytes) { digest_.update(bytes); });
    encoder_ = message::WireEncoder(kOptions);
    return digest_.finish();
  }

 private:
  static constexpr message::WireOptions kOptions{false, false, true};

  message::WireEncoder encoder_{kOptions};
  message::Digest digest_;
};

}  // namespace mboxferry::transfer
