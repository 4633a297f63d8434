// SPDX-License-Identifier: Apache-2.0
// An OpenSSL BIO over a socket that never raises SIGPIPE, can collect records, and remembers how
// the peer began.
#pragma once

#include <openssl/bio.h>

#include <array>
#include <string_view>
#include <vector>

#include "mboxferry/base/handle.h"

namespace mboxferry::imap {

/// What the BIO needs; outlives it. The socket is not owned.
struct SocketEnd {
  /// Bytes that may be collected.
  static constexpr std::size_t kMostCollected = std::size_t{160} << 10U;

  int fd = -1;
  std::array<char, 16> first_bytes{};  ///< what the peer sent first
  std::size_t first_count = 0;
  bool ended = false;  ///< the peer closed or the socket failed
  int error_number = 0;
  /// Records are kept in `collected`, for one system call instead of one each, while there is room;
  /// send_collected() is then due. What is written meanwhile goes behind them in any case.
  bool collecting = false;
  std::vector<char> collected;
  std::size_t collected_sent = 0;

  [[nodiscard]] std::string_view beginning() const { return {first_bytes.data(), first_count}; }
};

/// Sends what was collected. False when the socket would block or has failed (see `ended`).
bool send_collected(SocketEnd& end);

using BioMethod = Handle<BIO_METHOD, BIO_meth_free>;

/// The method for make_socket_bio(); null when memory is out.
BioMethod socket_bio_method();
/// A BIO over `end`; `method` and `end` outlive it. Null when memory is out.
BIO* make_socket_bio(const BIO_METHOD* method, SocketEnd& end);

}  // namespace mboxferry::imap
