// SPDX-License-Identifier: Apache-2.0
// A TLS connection of the sink, read by lines and by counts of bytes.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/handle.h"

namespace mboxferry::bench {

/// Blocking; what is said goes out when more is waited for.
class SinkStream {
 public:
  /// Takes over `socket`. Not good when the handshake failed.
  SinkStream(SSL_CTX* context, int socket);
  ~SinkStream();
  SinkStream(const SinkStream&) = delete;
  SinkStream& operator=(const SinkStream&) = delete;

  [[nodiscard]] bool good() const { return good_; }
  /// The next line without its end, or nothing when the peer is gone.
  std::optional<std::string> line();
  /// The next `count` bytes, good until the next call; shorter when the peer is gone.
  std::string_view bytes(std::size_t count);
  void say(std::string_view text) { out_ += text; }
  bool flush();

 private:
  bool fill();

  Handle<SSL, SSL_free> ssl_;
  int socket_;
  bool good_ = false;
  std::vector<char> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string out_;
};

}  // namespace mboxferry::bench
