// SPDX-License-Identifier: Apache-2.0
// Sends rendered commands and counts the replies.
#include "bench/replay_connection.h"

#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "imap/tls/tcp_connect.h"

namespace mboxferry::bench {
namespace {

constexpr std::chrono::milliseconds kPatience{120'000};
constexpr std::size_t kRecord = std::size_t{16} << 10U;  // what one call of SSL_write sends

}  // namespace

Error ReplayConnection::lost(std::string_view doing) const {
  return {ErrorCode::unavailable, place_ + ": connection lost while " + std::string(doing), ""};
}

Result<ReplayConnection> ReplayConnection::open(const Server& server) {
  ReplayConnection connection(server.host + ":" + std::to_string(server.port));
  MBOXFERRY_ASSIGN(connection.fd_, imap::tcp_connect(server.host, server.port, kPatience));
  MBOXFERRY_TRY(connection.secure(server));
  while (connection.lines_ == 0) MBOXFERRY_TRY(connection.wait(false));
  MBOXFERRY_TRY(connection.command("LOGIN \"" + server.user + "\" \"" + server.password + "\""));
  return connection;
}

Result<void> ReplayConnection::secure(const Server& server) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context_.get(), server.ca_file.c_str()) != 1)
    return Error{ErrorCode::tls, server.ca_file + " holds no certificate", ""};
  ssl_.reset(SSL_new(context_.get()));
  if (SSL_set1_host(ssl_.get(), server.host.c_str()) != 1 || SSL_set_fd(ssl_.get(), fd_.get()) != 1)
    return Error{ErrorCode::internal, "OpenSSL cannot be set up", ""};
  for (;;) {
    const int done = SSL_connect(ssl_.get());
    if (done == 1) return ok();
    const int why = SSL_get_error(ssl_.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
      return Error{ErrorCode::tls, place_ + ": no TLS 1.3", ""};
    MBOXFERRY_ASSIGN(
        const bool ready,
        imap::wait_ready(fd_.get(), why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, kPatience));
    if (!ready) return lost("securing it");
  }
}

Result<void> ReplayConnection::command(const std::string& words, bool may_fail) {
  const std::string line = "C " + words + "\r\n";
  const std::size_t before = answered_;
  std::size_t written = 0;
  while (written < line.size()) {
    MBOXFERRY_ASSIGN(const bool moved, write_some(line, written));
    if (!moved) MBOXFERRY_TRY(wait(true));
  }
  while (answered_ == before) MBOXFERRY_TRY(wait(false));
  if (may_fail) failed_.clear();
  return checked();
}

Result<void> ReplayConnection::replay(const std::vector<MailboxCommands*>& mailboxes,
                                      std::size_t window, bool select) {
  for (MailboxCommands* mailbox : mailboxes) {
    if (select && mailbox != mailboxes.front())
      MBOXFERRY_TRY(command("SELECT \"" + mailbox->mailbox() + "\""));
    MBOXFERRY_TRY(send_all(*mailbox, window));
  }
  return ok();
}

Result<void> ReplayConnection::send_all(MailboxCommands& commands, std::size_t window) {
  const std::string_view text = commands.text();
  const std::size_t answered_before = answered_;
  std::size_t taken = 0;
  std::size_t at = 0;
  std::size_t end = 0;  // of what may be sent: commands one behind the other go as one
  std::deque<std::size_t> stops;
  const Command* next = commands.take();
  for (;;) {
    while (next != nullptr && taken - (answered_ - answered_before) < window &&
           (at == end || next->begin == end)) {
      if (at == end) at = next->begin;
      end = next->end;
      stops.insert(stops.end(), next->stops.begin(), next->stops.end());
      ++taken;
      next = commands.take();
    }
    if (!stops.empty() && at == stops.front() && go_ahead_ > 0) {
      --go_ahead_;
      stops.pop_front();
    }
    const std::size_t limit = stops.empty() ? end : stops.front();
    if (at < limit) {
      MBOXFERRY_ASSIGN(const bool moved, write_some(text.substr(0, limit), at));
      if (!moved) MBOXFERRY_TRY(wait(true));
    } else if (taken - (answered_ - answered_before) > 0) {
      MBOXFERRY_TRY(wait(false));
    } else if (next == nullptr) {
      return ok();
    }
    MBOXFERRY_TRY(checked());
  }
}

/// Writes from `at` on and moves it. False when the socket takes nothing now.
Result<bool> ReplayConnection::write_some(std::string_view bytes, std::size_t& at) {
  ERR_clear_error();
  const std::size_t count = std::min(bytes.size() - at, kRecord);
  std::size_t written = 0;
  const int done = SSL_write_ex(ssl_.get(), bytes.data() + at, count, &written);
  if (done == 1) {
    at += written;
    return true;
  }
  const int why = SSL_get_error(ssl_.get(), done);
  if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) return false;
  return lost("writing");
}

Result<void> ReplayConnection::wait(bool writing) {
  const auto events = static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN);
  MBOXFERRY_ASSIGN(const bool ready, imap::wait_ready(fd_.get(), events, kPatience));
  if (!ready) return lost("waiting");
  return take_replies();
}

Result<void> ReplayConnection::take_replies() {
  for (;;) {
    ERR_clear_error();
    std::size_t count = 0;
    const int done = SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &count);
    if (done != 1) {
      const int why = SSL_get_error(ssl_.get(), done);
      if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return ok();
      return lost("reading");
    }
    std::string_view bytes(buffer_.data(), count);
    for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
      partial_line_ += bytes.substr(0, end + 1);
      take_line(partial_line_);
      partial_line_.clear();
      bytes.remove_prefix(end + 1);
    }
    partial_line_ += bytes;
  }
}

void ReplayConnection::take_line(std::string_view line) {
  ++lines_;
  if (line.starts_with('*')) return;
  if (line.starts_with('+')) {
    ++go_ahead_;
    return;
  }
  ++answered_;
  const std::size_t space = line.find(' ');
  const bool good = space != std::string_view::npos && line.substr(space + 1).starts_with("OK");
  if (!good && failed_.empty()) failed_ = line.substr(0, line.find_last_not_of("\r\n") + 1);
}

Result<void> ReplayConnection::checked() const {
  if (failed_.empty()) return ok();
  return Error{ErrorCode::refused, place_ + ": " + failed_, ""};
}

}  // namespace mboxferry::bench
