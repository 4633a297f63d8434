// SPDX-License-Identifier: Apache-2.0
// Non-blocking sockets on both sides of two rings.
#include "bench/delayed_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace mboxferry::bench {
namespace {

bool would_block() { return errno == EAGAIN || errno == EINTR; }

/// Non-blocking, without Nagle's delay.
void prepare(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

/// A sender with Nagle's algorithm waits for this before its next small piece, up to 40 ms.
void acknowledge(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

DelayedConnection::DelayedConnection(FileDescriptor client, std::uint16_t server_port,
                                     Clock::time_point opens_at, std::size_t capacity)
    : client_(std::move(client)),
      server_port_(server_port),
      opens_at_(opens_at),
      up_{DelayedBytes(capacity)},
      down_{DelayedBytes(capacity)} {
  prepare(client_.get());
}

bool DelayedConnection::open_server() {
  server_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int size = kSocketBuffer;
  setsockopt(server_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (connect(server_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;
  prepare(server_.get());
  return true;
}

bool DelayedConnection::move(Clock::time_point now, Line& line) {
  if (now < opens_at_) return true;
  if (!server_.valid() && !open_server()) return false;
  const bool fine = receive(client_.get(), up_, line.up, now) &&
                    receive(server_.get(), down_, line.down, now) &&
                    deliver(server_.get(), up_, now) && deliver(client_.get(), down_, now);
  return fine && !(up_.told && down_.told);
}

/// Takes in what the sender has written, as far as the line has room. False on an error.
bool DelayedConnection::receive(int from, Way& way, LineDirection& direction,
                                Clock::time_point now) {
  while (!way.ended && !way.bytes.full()) {
    const std::size_t most = direction.room(now);
    if (most == 0) return true;
    const std::span<char> room = way.bytes.room();
    const std::size_t wanted = std::min(room.size(), most);
    const ssize_t count = recv(from, room.data(), wanted, 0);
    if (count < 0) return would_block();
    acknowledge(from);
    if (count == 0) {
      way.ended = true;
      way.end_at = direction.arrival(now, 0);
      return true;
    }
    way.bytes.put(static_cast<std::size_t>(count),
                  direction.arrival(now, static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) < wanted || direction.is_shared()) return true;
  }
  return true;
}

/// Hands the receiver what has arrived. False on an error.
bool DelayedConnection::deliver(int to, Way& way, Clock::time_point now) {
  way.blocked = false;
  for (auto bytes = way.bytes.arrived(now); !bytes.empty(); bytes = way.bytes.arrived(now)) {
    const ssize_t count = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      way.blocked = true;
      return would_block();
    }
    way.bytes.take(static_cast<std::size_t>(count));
  }
  if (way.ended && !way.told && way.bytes.empty() && way.end_at <= now) {
    shutdown(to, SHUT_WR);
    way.told = true;
  }
  return true;
}

void DelayedConnection::await(Clock::time_point now, const Line& line,
                              std::vector<pollfd>& descriptors, Clock::time_point& wake_at) const {
  if (!server_.valid()) {
    wake_at = std::min(wake_at, opens_at_);
    return;
  }
  const auto events = [&](const Way& in, const LineDirection& direction, const Way& out) {
    short wanted = 0;
    if (!in.ended && !in.bytes.full()) {
      if (direction.room(now) > 0)
        wanted |= POLLIN;
      else
        wake_at = std::min(wake_at, direction.ready_at());
    }
    if (out.blocked) wanted |= POLLOUT;
    return wanted;
  };
  for (const Way* way : {&up_, &down_}) {
    if (const auto due = way->bytes.next_due()) wake_at = std::min(wake_at, *due);
    if (way->ended && way->end_at > now) wake_at = std::min(wake_at, way->end_at);
  }
  // A socket that nothing is wanted of is left out, since poll always tells of its end.
  if (const short wanted = events(up_, line.up, down_); wanted != 0)
    descriptors.push_back({client_.get(), wanted, 0});
  if (const short wanted = events(down_, line.down, up_); wanted != 0)
    descriptors.push_back({server_.get(), wanted, 0});
}

}  // namespace mboxferry::bench
