// SPDX-License-Identifier: Apache-2.0
// A TCP connection to the first address of a host that answers.
#include "imap/tcp_connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "imap/errors.h"
#include "imap/name_lookup.h"

namespace mboxferry::imap {
namespace {

using Clock = std::chrono::steady_clock;

void tune(int fd) {
  // Best effort: a connection without these works, only slower.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

/// Between two looks at whether the user has interrupted: a signal may wake another thread.
constexpr std::chrono::milliseconds kInterruptLook{50};

/// The errno of connecting to one address, 0 when it answered.
int connect_one(const addrinfo& address, std::chrono::milliseconds timeout,
                const Cancellation* interrupt, FileDescriptor& out) {
  FileDescriptor fd(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             address.ai_protocol));
  if (!fd.valid()) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    const auto ready = wait_ready(fd.get(), POLLOUT, timeout, interrupt);
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

Result<bool> wait_ready(int fd, short events, std::chrono::milliseconds timeout,
                        const Cancellation* interrupt) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (interrupt != nullptr) {
      if (interrupt->requested()) return false;
      left = std::min(left, kInterruptLook);
    }
    pollfd entry{fd, events, 0};
    const int wait = static_cast<int>(
        std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
    const int count = ::poll(&entry, 1, wait);
    if (count > 0) return true;
    if (count < 0 && errno != EINTR)
      return connection_error("cannot wait for the network: " + errno_text(errno));
    if (Clock::now() >= deadline) return false;
  }
}

Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout,
                                   const Cancellation* interrupt) {
  const std::string place = host + ":" + std::to_string(port);
  const auto deadline = Clock::now() + timeout;
  MBOXFERRY_ASSIGN(const Addresses addresses, look_up(host, port, timeout, interrupt));
  int count = 0;
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) ++count;
  int last = 0;
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    FileDescriptor fd;
    last = connect_one(*address, left / count--, interrupt, fd);
    if (last == 0) return fd;
    if (interrupt != nullptr && interrupt->requested()) return interrupted_error(place);
  }
  if (last == ETIMEDOUT) return silence_error(place + ": cannot connect: " + errno_text(last));
  Error error = connection_error(place + ": cannot connect: " + errno_text(last),
                                 "check host and port, and that no firewall is between");
  error.retry.when = Retry::When::later;
  return error;
}

}  // namespace mboxferry::imap
