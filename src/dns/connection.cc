// SPDX-License-Identifier: Apache-2.0
// Sockets that never wait for longer than they may.
#include "dns/connection.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mboxferry/base/handle.h"

namespace mboxferry::dns {
namespace {

using Steady = std::chrono::steady_clock;

/// Between two looks at whether the user has interrupted.
constexpr std::chrono::milliseconds kLook{100};
constexpr std::size_t kLongestMessage = 65'535;
constexpr std::size_t kLengthOctets = 2;

Error no_answer(const std::string& place, const std::string& why) {
  return {ErrorCode::unavailable, fmt::format("the name server {} {}", place, why),
          "check the server's name and port, and that it answers over TCP"};
}

Result<void> wait_for(int fd, short events, Steady::time_point deadline, const Patience& patience,
                      const std::string& place) {
  for (;;) {
    if (patience.interrupt != nullptr && patience.interrupt->requested())
      return interrupted("interrupted while waiting for " + place);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
    if (left.count() <= 0)
      return no_answer(
          place, fmt::format("did not answer within {} s",
                             std::chrono::ceil<std::chrono::seconds>(patience.timeout).count()));
    pollfd entry{fd, events, 0};
    const int count = ::poll(&entry, 1, static_cast<int>(std::min(left, kLook).count()));
    if (count > 0) return ok();
    if (count < 0 && errno != EINTR) return no_answer(place, errno_text(errno));
  }
}

/// One address of the host; the errno in the error's text.
Result<FileDescriptor> connect_to(const addrinfo& address, Steady::time_point deadline,
                                  const Patience& patience, const std::string& place) {
  FileDescriptor socket(::socket(
      address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket.valid()) return no_answer(place, "cannot be reached: " + errno_text(errno));
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS && errno != EINTR)
    return no_answer(place, "cannot be reached: " + errno_text(errno));
  MBOXFERRY_TRY(wait_for(socket.get(), POLLOUT, deadline, patience, place));
  int failure = 0;
  socklen_t length = sizeof failure;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &length) != 0) failure = errno;
  if (failure != 0) return no_answer(place, "cannot be reached: " + errno_text(failure));
  return socket;
}

}  // namespace

Result<Connection> Connection::open(const Server& server, const Patience& patience) {
  const std::string place = server.text();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int looked =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (looked != 0)
    return no_answer(place, fmt::format("cannot be found: {}", ::gai_strerror(looked)));
  const Handle<addrinfo, ::freeaddrinfo> addresses(found);
  const auto deadline = Steady::now() + patience.timeout;
  Error last = no_answer(place, "has no address");
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    auto socket = connect_to(*one, deadline, patience, place);
    if (socket) return Connection(*std::move(socket), place, patience);
    last = std::move(socket).error();
    if (last.code == ErrorCode::interrupted) break;
  }
  return last;
}

Result<void> Connection::wait_until(short events, Steady::time_point deadline) const {
  return wait_for(socket_.get(), events, deadline, patience_, place_);
}

Result<void> Connection::send(std::string_view message) {
  if (message.size() > kLongestMessage)
    return Error{ErrorCode::usage, "the change is too large for one DNS message",
                 "make two plans of it"};
  std::string framed{static_cast<char>(message.size() >> 8U),
                     static_cast<char>(message.size() & 0xffU)};
  framed += message;
  const auto deadline = Steady::now() + patience_.timeout;
  for (std::size_t sent = 0; sent < framed.size();) {
    const ssize_t count =
        ::send(socket_.get(), framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EINTR) {
      MBOXFERRY_TRY(wait_until(POLLOUT, deadline));
    } else {
      return no_answer(place_, "closed the connection: " + errno_text(errno));
    }
  }
  return ok();
}

Result<std::string> Connection::receive_octets(std::size_t count, Steady::time_point deadline) {
  std::string octets(count, '\0');
  for (std::size_t got = 0; got < count;) {
    const ssize_t one = ::recv(socket_.get(), octets.data() + got, count - got, 0);
    if (one > 0) {
      got += static_cast<std::size_t>(one);
    } else if (one == 0) {
      return no_answer(place_, "closed the connection without an answer");
    } else if (errno == EAGAIN || errno == EINTR) {
      MBOXFERRY_TRY(wait_until(POLLIN, deadline));
    } else {
      return no_answer(place_, "closed the connection: " + errno_text(errno));
    }
  }
  return octets;
}

Result<std::string> Connection::receive() {
  const auto deadline = Steady::now() + patience_.timeout;
  MBOXFERRY_ASSIGN(const std::string length, receive_octets(kLengthOctets, deadline));
  std::size_t size = 0;
  for (const char octet : length) size = size * 256 + static_cast<unsigned char>(octet);
  return receive_octets(size, deadline);
}

}  // namespace mboxferry::dns
