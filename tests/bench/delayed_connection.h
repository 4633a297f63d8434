// SPDX-License-Identifier: Apache-2.0
// One TCP connection through the delay line.
#pragma once

#include <poll.h>

#include <cstdint>
#include <vector>

#include "bench/line_direction.h"
#include "mboxferry/base/file.h"

namespace mboxferry::bench {

/// The kernel's receive buffers at both ends of the line, bytes: small, since a line has none.
constexpr int kSocketBuffer = 1 << 17;

/// Both directions of the line; the connections share them.
struct Line {
  LineDirection up;    ///< from the client to the server
  LineDirection down;  ///< back
};

/// Passes bytes between a client and the server, each when its time has come. One thread.
class DelayedConnection {
 public:
  /// `opens_at`: when the client would know that it is connected; nothing is read before.
  /// `capacity`: bytes on their way in each direction.
  DelayedConnection(FileDescriptor client, std::uint16_t server_port, Clock::time_point opens_at,
                    std::size_t capacity);

  /// Moves what can be moved now. False when the connection is over.
  bool move(Clock::time_point now, Line& line);
  /// Appends what it waits for, and brings `wake_at` forward.
  void await(Clock::time_point now, const Line& line, std::vector<pollfd>& descriptors,
             Clock::time_point& wake_at) const;

 private:
  struct Way {
    DelayedBytes bytes;
    bool ended = false;          ///< the sender has said its last
    Clock::time_point end_at{};  ///< when that arrives
    bool told = false;           ///< the receiver knows it
    bool blocked = false;        ///< the receiver takes nothing now
  };

  bool open_server();
  static bool receive(int from, Way& way, LineDirection& direction, Clock::time_point now);
  static bool deliver(int to, Way& way, Clock::time_point now);

  FileDescriptor client_;
  FileDescriptor server_;
  std::uint16_t server_port_;
  Clock::time_point opens_at_;
  Way up_;
  Way down_;
};

}  // namespace mboxferry::bench
