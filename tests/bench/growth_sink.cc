// SPDX-License-Identifier: Apache-2.0
// An IMAP server on loopback that takes all mail, keeps of it what a comparison asks for, and is
// never the limit: nothing is written to a disk, and nobody waits for anybody but for a moment.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "bench/sink_session.h"

namespace mboxferry::bench {
namespace {

using Context = Handle<SSL_CTX, SSL_CTX_free>;

Context make_context(const char* certificate, const char* key) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key, SSL_FILETYPE_PEM) != 1)
    return {};
  return context;
}

/// Listens on a free port of 127.0.0.1, which it prints; -1 when it cannot.
int listen_somewhere() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, general, length) != 0 || ::listen(fd, 256) != 0 ||
      ::getsockname(fd, general, &length) != 0)
    return -1;
  fmt::print("{}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

/// Until standard input ends, which happens at the latest when whoever started it does.
int serve(const char* certificate, const char* key) {
  std::signal(SIGPIPE, SIG_IGN);  // a client may go while it is answered
  const Context context = make_context(certificate, key);
  const int listener = context ? listen_somewhere() : -1;
  if (listener < 0) {
    std::cerr << "the sink cannot begin\n";
    return 1;
  }
  SinkStore store;
  std::thread([&] {
    for (;;) {
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      std::thread([&, socket] {
        SinkStream stream(context.get(), socket);
        if (stream.good()) SinkSession(store, stream).serve();
      }).detach();
    }
  }).detach();
  char ignored = 0;
  while (::read(STDIN_FILENO, &ignored, 1) > 0) continue;
  std::fflush(stdout);
  std::_Exit(0);  // threads still use what would be destroyed
}

}  // namespace
}  // namespace mboxferry::bench

int main(int argc, char** argv) {
  if (argc == 3) return mboxferry::bench::serve(argv[1], argv[2]);
  std::cerr << "growth_sink CERTIFICATE KEY\n";
  return 64;
}
