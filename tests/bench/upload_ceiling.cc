// SPDX-License-Identifier: Apache-2.0
// The yardstick of uploads: renders every APPEND before the clock starts, then only sends and
// reads.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/program_options.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <latch>
#include <thread>

#include "bench/replay_connection.h"

namespace mboxferry::bench {
namespace {

namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

struct Settings {
  Server server;
  std::vector<std::string> archives;
  std::vector<std::string> mailboxes;
  std::vector<std::string> users;
  std::size_t per_command = 32;
  std::size_t window = 4;
  std::size_t connections = 1;
  Literals literals = Literals::plus;
  bool select = true;
};

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// User and system time of the whole process.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The mailboxes of one connection: one, which it may share, or an even part when there are more
/// mailboxes than connections.
std::vector<MailboxCommands*> share_of(std::vector<MailboxCommands>& all, std::size_t connection,
                                       std::size_t connections) {
  std::vector<MailboxCommands*> share;
  std::size_t index = connection % std::min(all.size(), connections);
  for (; index < all.size(); index += connections) share.push_back(&all[index]);
  return share;
}

Result<ReplayConnection> prepare(const Settings& settings, std::size_t number,
                                 const std::vector<MailboxCommands*>& mailboxes) {
  Server server = settings.server;
  server.user = settings.users[number % settings.users.size()];
  MBOXFERRY_ASSIGN(ReplayConnection connection, ReplayConnection::open(server));
  for (const MailboxCommands* one : mailboxes) {
    const bool may_be_there = true;  // made by a connection that shares it, or INBOX
    MBOXFERRY_TRY(connection.command("CREATE \"" + one->mailbox() + "\"", may_be_there));
  }
  if (settings.select)
    MBOXFERRY_TRY(connection.command("SELECT \"" + mailboxes.front()->mailbox() + "\""));
  return connection;
}

/// Runs all connections at once and prints what they took.
Result<void> measure(const Settings& settings, std::vector<MailboxCommands>& mailboxes) {
  std::vector<Result<void>> outcomes(settings.connections);
  std::latch prepared(static_cast<std::ptrdiff_t>(settings.connections) + 1);
  std::latch go(1);
  std::vector<std::jthread> threads;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < settings.connections; ++i) {
    threads.emplace_back([&, i] {
      const auto share = share_of(mailboxes, i, settings.connections);
      auto connection = prepare(settings, i, share);
      prepared.count_down();
      go.wait();
      outcomes[i] = connection ? connection->replay(share, settings.window, settings.select)
                               : Result<void>(connection.error());
    });
  }
  prepared.arrive_and_wait();
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  go.count_down();
  threads.clear();
  const auto end = Clock::now();
  const double cpu = cpu_seconds() - cpu_before;

  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  for (const MailboxCommands& one : mailboxes) {
    messages += one.messages();
    bytes += one.text().size();
  }
  for (Result<void>& outcome : outcomes) MBOXFERRY_TRY(std::move(outcome));
  fmt::print(R"({{"seconds":{:.6f},"seconds_with_login":{:.6f},"messages":{},"bytes":{},)"
             R"("cpu_seconds":{:.6f}}})"
             "\n",
             seconds_between(start, end), seconds_between(begin, end), messages, bytes, cpu);
  return ok();
}

Result<Settings> read_settings(int argc, const char* const* argv) {
  Settings settings;
  std::string password_file;
  std::string literals;
  po::options_description options("upload_ceiling [OPTION]... ARCHIVE...");
  options.add_options()  //
      ("host", po::value(&settings.server.host)->default_value("localhost"),
       "must be a name of the certificate")                                       //
      ("port", po::value(&settings.server.port)->required(), "of IMAP over TLS")  //
      ("ca-file", po::value(&settings.server.ca_file)->required(), "PEM")         //
      ("user", po::value(&settings.users)->required(),
       "several: connections take them in turn, mailboxes of the same names in each")  //
      ("password-file", po::value(&password_file)->required(), "of all users")         //
      ("mailbox", po::value(&settings.mailboxes)->required(), "one for each ARCHIVE")  //
      ("per-command", po::value(&settings.per_command)->default_value(32),
       "messages of a MULTIAPPEND; 1: plain APPENDs")                                   //
      ("window", po::value(&settings.window)->default_value(4), "commands unanswered")  //
      ("connections", po::value(&settings.connections)->default_value(1),
       "each with mailboxes of its own, or sharing them when there are fewer")                   //
      ("literals", po::value(&literals)->default_value("plus"), "plus, minus or synchronizing")  //
      ("no-select", "appends to mailboxes that are not selected")                                //
      ("archive", po::value(&settings.archives)->required(), "mbox files");
  po::positional_options_description positional;
  positional.add("archive", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(options).positional(positional).run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    std::cerr << options;
    return Error{ErrorCode::usage, error.what(), ""};
  }
  settings.select = values.count("no-select") == 0;
  if (literals != "plus" && literals != "minus" && literals != "synchronizing")
    return Error{ErrorCode::usage, "--literals is plus, minus or synchronizing", ""};
  if (literals != "plus")
    settings.literals = literals == "minus" ? Literals::minus : Literals::synchronizing;
  if (settings.archives.size() != settings.mailboxes.size() || settings.per_command == 0 ||
      settings.window == 0 || settings.connections == 0)
    return Error{ErrorCode::usage, "a mailbox for each archive, and no number may be 0", ""};
  std::ifstream file(password_file);
  if (!std::getline(file, settings.server.password))
    return Error{ErrorCode::usage, password_file + " has no password", ""};
  return settings;
}

Result<void> run(int argc, const char* const* argv) {
  MBOXFERRY_ASSIGN(const Settings settings, read_settings(argc, argv));
  std::vector<MailboxCommands> mailboxes;
  for (std::size_t i = 0; i < settings.archives.size(); ++i) {
    MBOXFERRY_ASSIGN(MailboxCommands commands,
                     MailboxCommands::render(settings.archives[i], settings.mailboxes[i],
                                             settings.per_command, settings.literals));
    mailboxes.push_back(std::move(commands));
  }
  return measure(settings, mailboxes);
}

}  // namespace
}  // namespace mboxferry::bench

int main(int argc, char** argv) {
  const auto done = mboxferry::bench::run(argc, argv);
  if (done) return 0;
  std::cerr << "upload_ceiling: " << mboxferry::describe(done.error()) << "\n";
  return done.error().code == mboxferry::ErrorCode::usage ? 64 : 1;
}
