// SPDX-License-Identifier: Apache-2.0
// A TCP connection to the first address of a host that answers.
#include "imap/tcp_connect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "imap/errors.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::imap {
namespace {

using Clock = std::chrono::steady_clock;

void tune(int fd) {
  // Best effort: a connection without these works, only slower.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/// The errno of connecting to one address, 0 when it answered.
int connect_one(const addrinfo& address, std::chrono::milliseconds timeout, FileDescriptor& out) {
  FileDescriptor fd(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             address.ai_protocol));
  if (!fd.valid()) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    const auto ready = wait_ready(fd.get(), POLLOUT, timeout);
    if (!ready) return EIO;
    if (!*ready) return ETIMEDOUT;
    int failure = 0;
    socklen_t length = sizeof failure;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &length) != 0) return errno;
    if (failure != 0) return failure;
  }
  tune(fd.get());
  out = std::move(fd);
  return 0;
}

}  // namespace

void acknowledge_now(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

Result<bool> wait_ready(int fd, short events, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{fd, events, 0};
    const int wait =
        static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
    const int count = ::poll(&entry, 1, wait);
    if (count > 0) return true;
    if (count == 0) return false;
    if (errno != EINTR)
      return connection_error("cannot wait for the network: " + errno_text(errno));
  }
}

Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout) {
  const std::string place = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure == EAI_NONAME || failure == EAI_ADDRFAMILY) {
    // A machine with nothing but loopback has no "configured" address for localhost.
    hints.ai_flags = AI_NUMERICSERV;
    failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  }
  const Handle<addrinfo, ::freeaddrinfo> addresses(failure == 0 ? found : nullptr);
  if (!addresses) {
    const bool unknown = failure == EAI_NONAME || failure == EAI_NODATA;
    Error error{ErrorCode::unavailable,
                place + ": " + (unknown ? "no such host" : "cannot look up the host") + ": " +
                    ::gai_strerror(failure),
                "check the server's name", ErrorScope::session};
    if (failure == EAI_AGAIN) error.retry.when = Retry::When::later;
    return error;
  }
  int last = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    FileDescriptor fd;
    last = connect_one(*address, timeout, fd);
    if (last == 0) return fd;
  }
  Error error = connection_error(place + ": cannot connect: " + errno_text(last),
                                 "check host and port, and that no firewall is between");
  error.retry.when = Retry::When::later;
  return error;
}

}  // namespace mboxferry::imap
