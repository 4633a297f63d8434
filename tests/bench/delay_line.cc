// SPDX-License-Identifier: Apache-2.0
// A TCP proxy on loopback that stands for a long line: delay in each direction, and a cap.
//
// What it models: every byte arrives a fixed time after it was sent; a connection can be used one
// round trip after it was asked for; with a cap, all connections share the bandwidth of a direction
// and a queue of 1 MiB in front of it, and a full queue or line holds the sender up. A connection
// holds at most what a line of 1 Gbit/s holds, so that memory is bounded.
//
// What it does not: no loss, no slow start and no congestion window, no packet headers. Pieces are
// acknowledged at once, so that Nagle's algorithm costs a client nothing, where it would wait for a
// round trip. A full queue holds senders up evenly where a router would drop packets. So a real
// line is at best as fast as this one, and the more connections, the less.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <list>

#include "bench/delayed_connection.h"

namespace mboxferry::bench {
namespace {

namespace po = boost::program_options;

constexpr double kLargestLine = 1e9 / 8;  // bytes a second
constexpr std::size_t kSmallestRing = std::size_t{1} << 18U;

struct Settings {
  std::uint16_t server_port = 0;
  Clock::duration delay{};
  double bits_per_second = 0;
};

/// Bytes on their way in one direction of one connection.
std::size_t ring_size(const Settings& settings) {
  const double seconds = std::chrono::duration<double>(settings.delay).count();
  const double queue = settings.bits_per_second > 0 ? 1 << 20U : 0;
  return kSmallestRing + static_cast<std::size_t>(seconds * kLargestLine + queue);
}

/// Listens on a free port of 127.0.0.1, which it prints.
FileDescriptor listen_somewhere() {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);
  if (bind(fd.get(), general, length) != 0 || listen(fd.get(), 64) != 0 ||
      getsockname(fd.get(), general, &length) != 0)
    return {};
  fmt::print("{}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

void wait(std::vector<pollfd>& descriptors, Clock::time_point now, Clock::time_point wake_at) {
  const auto left = std::max(wake_at - now, Clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec time{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
  ppoll(descriptors.data(), descriptors.size(),
        wake_at == Clock::time_point::max() ? nullptr : &time, nullptr);
}

/// Until standard input ends, which happens at the latest when whoever started it does.
void serve(const Settings& settings, int listener) {
  Line line{{settings.delay, settings.bits_per_second}, {settings.delay, settings.bits_per_second}};
  std::list<DelayedConnection> connections;
  std::vector<pollfd> descriptors;
  for (;;) {
    Clock::time_point now = Clock::now();
    for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
      connections.emplace_back(FileDescriptor(fd), settings.server_port, now + 2 * settings.delay,
                               ring_size(settings));
    std::erase_if(connections, [&](DelayedConnection& one) { return !one.move(now, line); });
    // Who was first is last the next time, so that nobody gets more of the queue.
    if (connections.size() > 1)
      connections.splice(connections.end(), connections, connections.begin());
    descriptors.assign({{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}});
    Clock::time_point wake_at = Clock::time_point::max();
    for (const DelayedConnection& one : connections) one.await(now, line, descriptors, wake_at);
    now = Clock::now();
    wait(descriptors, now, wake_at);
    char ignored;
    if (descriptors[1].revents != 0 && read(STDIN_FILENO, &ignored, 1) <= 0) return;
  }
}

int run(int argc, const char* const* argv) {
  Settings settings;
  double milliseconds = 0;
  po::options_description options("delay_line --server-port PORT [--one-way-ms N] [--cap BITS]");
  options.add_options()                                                              //
      ("server-port", po::value(&settings.server_port)->required(), "on 127.0.0.1")  //
      ("one-way-ms", po::value(&milliseconds)->default_value(0),
       "delay of each direction; a round trip is twice that")  //
      ("cap", po::value(&settings.bits_per_second)->default_value(0),
       "bits a second of each direction, shared by all connections; 0: none");
  po::variables_map values;
  try {
    po::store(po::parse_command_line(argc, argv, options), values);
    po::notify(values);
  } catch (const po::error& error) {
    std::cerr << error.what() << "\n" << options;
    return 64;
  }
  settings.delay = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(milliseconds));
  const FileDescriptor listener = listen_somewhere();
  if (!listener.valid()) return 1;
  serve(settings, listener.get());
  return 0;
}

}  // namespace
}  // namespace mboxferry::bench

int main(int argc, char** argv) { return mboxferry::bench::run(argc, argv); }
