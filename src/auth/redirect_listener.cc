// SPDX-License-Identifier: Apache-2.0
// A listener for one request that counts.
#include "auth/redirect_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace mboxferry::auth {
namespace {

using std::chrono::milliseconds;
using RealClock = std::chrono::steady_clock;

constexpr std::chrono::minutes kLongestLogin{10};
constexpr int kMostRequests = 100;
constexpr milliseconds kForARequest{2000};
constexpr milliseconds kBetweenLooks{100};
constexpr std::size_t kLongestRequest = std::size_t{32} << 10U;

bool is_ready(int socket, short event, milliseconds time) {
  pollfd wanted{socket, event, 0};
  return ::poll(&wanted, 1, static_cast<int>(time.count())) == 1;
}

/// As much as comes in time; only the first line counts.
std::string read_request(int socket) {
  std::string request;
  const auto until = RealClock::now() + kForARequest;
  std::array<char, 4096> buffer{};
  request.reserve(kLongestRequest + buffer.size());  // no reallocation leaves a copy behind
  while (request.size() < kLongestRequest && request.find("\r\n\r\n") == std::string::npos) {
    const auto left = std::chrono::ceil<milliseconds>(until - RealClock::now());
    if (left.count() <= 0 || !is_ready(socket, POLLIN, left)) break;
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return request;
}

/// The code has not been exchanged yet, so the page says no more than what is known.
void answer(int socket, std::string_view status, std::string_view text) {
  const std::string page = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{}",
      status, text.size(), text);
  // A few hundred bytes fit in what the kernel buffers.
  static_cast<void>(::send(socket, page.data(), page.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

Result<RedirectListener> RedirectListener::open() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (!socket.valid() || ::bind(socket.get(), any, size) != 0 || ::listen(socket.get(), 8) != 0 ||
      ::getsockname(socket.get(), any, &size) != 0) {
    return Error{ErrorCode::unavailable,
                 "cannot listen on this machine for the browser: " + errno_text(errno),
                 "use --flow device where the service has it"};
  }
  return RedirectListener(std::move(socket), ntohs(address.sin_port));
}

Result<Redirect> RedirectListener::wait(std::string_view path, std::string_view state,
                                        const TokenService& service) const {
  const auto until = RealClock::now() + kLongestLogin;
  for (int requests = 0; requests < kMostRequests && RealClock::now() < until;) {
    if (service.interrupt().requested())
      return interrupted("interrupted while waiting for the login in the browser");
    if (!is_ready(socket_.get(), POLLIN, kBetweenLooks)) continue;
    const FileDescriptor browser(
        ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!browser.valid()) continue;
    ++requests;
    // The request holds the code.
    const Secret request(read_request(browser.get()));
    auto redirect = read_redirect(request.reveal(), path, state);
    if (!redirect) {
      answer(browser.get(), "404 Not Found", "This is not what mboxferry waits for.\n");
      continue;
    }
    answer(browser.get(), "200 OK",
           redirect->error.empty()
               ? "mboxferry goes on in the terminal. This window can be closed.\n"
               : "The login was refused; the terminal says more. This window can be closed.\n");
    return *std::move(redirect);
  }
  return Error{ErrorCode::login_refused, "nobody logged in with the browser in time", ""};
}

}  // namespace mboxferry::auth
