// SPDX-License-Identifier: Apache-2.0
// A TCP connection to the first address of a host that answers.
#include "imap/tls/tcp_connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "imap/tls/errors.h"
#include "imap/tls/name_lookup.h"

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

/// How long an address has for itself before the next one is tried as well (RFC 8305 section 5).
constexpr std::chrono::milliseconds kBetweenAddresses{250};
/// A name server may list more addresses than there are file descriptors.
constexpr std::size_t kMostAtOnce = 16;

/// Connects to addresses that are begun one after the other; the first that answers wins. Those
/// that do not answer cost the others nothing: a host may have a dead address.
class AddressRace {
 public:
  explicit AddressRace(const addrinfo* first) : next_(first) {}

  /// True while some address has neither answered nor failed.
  [[nodiscard]] bool is_open() const { return next_ != nullptr || !begun_.empty(); }
  /// The errno of the last address that failed; 0: none did.
  [[nodiscard]] int failure() const { return failure_; }

  /// Begins with further addresses when it is time to.
  void begin(Clock::time_point now) {
    while (next_ != nullptr && begun_.size() < kMostAtOnce && (begun_.empty() || now >= turn_)) {
      const addrinfo& address = *std::exchange(next_, next_->ai_next);
      turn_ = {};
      FileDescriptor fd(::socket(address.ai_family,
                                 address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                 address.ai_protocol));
      const bool asked =
          fd.valid() && (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0 ||
                         errno == EINPROGRESS || errno == EINTR);
      if (!asked) {
        failure_ = errno;
        continue;
      }
      begun_.push_back(std::move(fd));
      turn_ = now + kBetweenAddresses;
    }
  }

  /// Waits for an answer until `until` at most, and not past the next address's turn. The
  /// connection that answered, if one did.
  std::optional<FileDescriptor> wait(Clock::time_point until) {
    if (next_ != nullptr && begun_.size() < kMostAtOnce) until = std::min(until, turn_);
    std::vector<pollfd> entries;
    for (const FileDescriptor& fd : begun_) entries.push_back({fd.get(), POLLOUT, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const auto wait = std::clamp<std::int64_t>(left.count(), 0, kInterruptLook.count());
    if (::poll(entries.data(), entries.size(), static_cast<int>(wait)) <= 0) return std::nullopt;
    for (std::size_t i = entries.size(); i-- > 0;) {
      if (entries[i].revents == 0) continue;
      int failure = 0;
      socklen_t length = sizeof failure;
      if (::getsockopt(entries[i].fd, SOL_SOCKET, SO_ERROR, &failure, &length) != 0)
        failure = errno;
      if (failure == 0) return std::move(begun_[i]);
      failure_ = failure;
      begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(i));
      turn_ = {};
    }
    return std::nullopt;
  }

 private:
  const addrinfo* next_;
  std::vector<FileDescriptor> begun_;
  Clock::time_point turn_{};  ///< when `next_` is begun
  int failure_ = 0;
};

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
  AddressRace race(addresses.get());
  while (race.is_open() && Clock::now() < deadline) {
    if (interrupt != nullptr && interrupt->requested()) return interrupted_error(place);
    race.begin(Clock::now());
    if (auto fd = race.wait(deadline)) {
      tune(fd->get());
      return std::move(*fd);
    }
  }
  // One that refuses may take connections later; it says more than one that is silent.
  const int last = race.failure() != 0 ? race.failure() : ETIMEDOUT;
  if (last == ETIMEDOUT) return silence_error(place + ": cannot connect: " + errno_text(last));
  Error error = connection_error(place + ": cannot connect: " + errno_text(last),
                                 "check host and port, and that no firewall is between");
  error.retry.when = Retry::When::later;
  return error;
}

}  // namespace mboxferry::imap
