// SPDX-License-Identifier: Apache-2.0
// The bytes to and from a server. OpenSSL runs on a non-blocking socket; the waiting is done here.
#include "imap/tls/tls_stream.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "imap/tls/errors.h"
#include "imap/tls/tcp_connect.h"
#include "imap/tls/tcp_times.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kPendingLimit = std::size_t{1} << 20U;
constexpr std::size_t kTlsRecord = std::size_t{16} << 10U;

/// A TLS record begins with its type: 20 to 23 (RFC 8446 section 5.1).
bool looks_like_tls(std::string_view beginning) {
  return beginning.empty() || (beginning[0] >= 20 && beginning[0] <= 23);
}

/// Of the suites of TLS 1.3 that the system allows, the one that costs both sides least goes first:
/// AES-128-GCM, which every TLS 1.3 has (RFC 8446 section 9.1). The server has the last word.
constexpr int kSecurityLevel = 2;

bool prefer_cheap_suite(SSL_CTX* context) {
  constexpr std::string_view kCheap = "TLS_AES_128_GCM_SHA256";
  const STACK_OF(SSL_CIPHER)* allowed = SSL_CTX_get_ciphers(context);
  std::string first;
  std::string others;
  for (int i = 0; i < sk_SSL_CIPHER_num(allowed); ++i) {
    const std::string_view name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(allowed, i));
    if (!name.starts_with("TLS_")) continue;
    std::string& list = name == kCheap ? first : others;
    list += ":";
    list += name;
  }
  if (first.empty()) return true;
  return SSL_CTX_set_ciphersuites(context, (first + others).substr(1).c_str()) == 1;
}

bool configure(SSL_CTX* context, TlsFloor floor) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (floor == TlsFloor::secure) {
    // Level 2 asks for RSA keys of 2048 bits; the system's configuration may say less.
    if (SSL_CTX_get_security_level(context) < kSecurityLevel)
      SSL_CTX_set_security_level(context, kSecurityLevel);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, 0) == 1 && prefer_cheap_suite(context);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  return SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") == 1 &&
         SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context,
                                       floor == TlsFloor::legacy_probe ? TLS1_1_VERSION : 0) == 1;
}

}  // namespace

Result<std::unique_ptr<TlsStream>> TlsStream::connect(const Account& account,
                                                      const ConnectionOptions& options) {
  const std::chrono::milliseconds patience =
      std::min<std::chrono::milliseconds>(options.timeout, kOpeningTime);
  const Deadline open_by = std::chrono::steady_clock::now() + patience;
  MBOXFERRY_ASSIGN(FileDescriptor fd,
                   tcp_connect(account.host, account.port, patience, options.interrupt));
  return std::unique_ptr<TlsStream>(new TlsStream(
      std::move(fd), account.host + ":" + std::to_string(account.port), options, open_by));
}

TlsStream::TlsStream(FileDescriptor fd, std::string place, const ConnectionOptions& options,
                     Deadline open_by)
    : fd_(std::move(fd)),
      place_(std::move(place)),
      timeout_(options.timeout),
      interrupt_(options.interrupt),
      open_by_(open_by),
      trust_(options.trust ? options.trust : make_trust_stores()),
      bio_method_(socket_bio_method()) {
  end_.fd = fd_.get();
  end_.collected.reserve(SocketEnd::kMostCollected);
}

TlsStream::~TlsStream() { close(); }

void TlsStream::close() { fail(connection_error(place_ + ": the connection is closed")); }

void TlsStream::fail(const Error& error) {
  if (!failure_) failure_ = error;
  if (!fd_.valid()) return;
  ERR_clear_error();
  // Says goodbye at most; a socket that would block is closed without, and so is one in the middle
  // of a record.
  end_.collecting = false;
  if (ssl_ && secured_ && !end_.ended && end_.collected.empty()) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  fd_.reset();
  end_.fd = -1;
}

std::string TlsStream::protocol() const { return ssl_ ? SSL_get_version(ssl_.get()) : ""; }

std::optional<Secret> TlsStream::tls_exporter() const {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  if (!secured_ || SSL_version(ssl_.get()) < TLS1_3_VERSION) return {};
  std::string bytes(32, '\0');
  const int done =
      SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                 bytes.size(), kLabel.data(), kLabel.size(), nullptr, 0, 0);
  if (done != 1) return {};
  return Secret(std::move(bytes));
}

std::string TlsStream::cipher() const { return ssl_ ? SSL_get_cipher_name(ssl_.get()) : ""; }

Error TlsStream::lost(const std::string& doing) {
  const std::string why =
      end_.error_number != 0 ? errno_text(end_.error_number) : "the server closed the connection";
  Error error = connection_error(place_ + ": connection lost while " + doing + ": " + why);
  fail(error);
  return *failure_;
}

Result<void> TlsStream::wait(short events, Deadline deadline) {
  const auto began = std::chrono::steady_clock::now();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - began);
  // What is in flight is finished first.
  const Cancellation* const interrupt = !idle_ || idle_() ? interrupt_ : nullptr;
  const auto ready =
      wait_ready(fd_.get(), events, std::max(left, std::chrono::milliseconds::zero()), interrupt);
  waited_ += std::chrono::steady_clock::now() - began;
  if (!ready) {
    fail(ready.error());
    return *failure_;
  }
  if (!*ready && interrupt != nullptr && interrupt->requested()) {
    fail(interrupted_error(place_));
    return *failure_;
  }
  if (!*ready) {
    const auto patience =
        open_by_ ? std::min<std::chrono::milliseconds>(timeout_, kOpeningTime) : timeout_;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
    std::string what =
        place_ + ": the server has not moved for " + std::to_string(seconds) + " seconds";
    fail(open_by_ ? silence_error(std::move(what)) : connection_error(std::move(what)));
    return *failure_;
  }
  return ok();
}

WireUsage TlsStream::usage() const {
  WireUsage usage;
  usage.waited = std::chrono::duration_cast<std::chrono::microseconds>(waited_);
  if (const auto times = tcp_times(fd_.get())) {
    usage.busy = times->busy;
    usage.window_shut = times->window_shut;
  }
  return usage;
}

TlsStream::Step TlsStream::after(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::done;
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    default:
      return Step::failed;
  }
}

Result<void> TlsStream::start_tls(const Account& account, TlsFloor floor) {
  if (failure_) return *failure_;
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (context_ && configure(context_.get(), floor)) ssl_.reset(SSL_new(context_.get()));
  BIO* bio = ssl_ && bio_method_ ? make_socket_bio(bio_method_.get(), end_) : nullptr;
  if (bio == nullptr) {
    fail(Error{ErrorCode::internal, place_ + ": OpenSSL cannot be set up", ""});
    return *failure_;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  if (floor == TlsFloor::secure) {
    const auto attached = check_.attach(context_.get(), ssl_.get(), account, *trust_);
    if (!attached) {
      fail(attached.error());
      return *failure_;
    }
  } else if (!is_ip_address(account.host)) {
    set_server_name(ssl_.get(), account.host);
  }
  end_.first_count = 0;
  // Of the whole: a byte now and then is no handshake.
  const Deadline end = deadline();
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    const Step step = after(result);
    if (step == Step::done) break;
    if (step == Step::failed) {
      fail(handshake_error(ERR_GET_REASON(ERR_peek_error())));
      return *failure_;
    }
    MBOXFERRY_TRY(wait(step == Step::wants_read ? POLLIN : POLLOUT, end));
  }
  // A cipher without certificate would have passed by the check.
  if (floor == TlsFloor::secure && !check_.accepted()) {
    fail(tls_error(place_ + ": the server showed no certificate"));
    return *failure_;
  }
  secured_ = true;
  return ok();
}

Error TlsStream::handshake_error(int reason) {
  if (check_.refused()) return check_.error();
  if (!looks_like_tls(end_.beginning())) {
    const bool imap = end_.beginning().starts_with("* ");
    return tls_error(
        place_ + ": the server does not speak TLS on this port" +
            (imap ? ", it greets in plain IMAP" : ""),
        imap ? "use port 993, or --tls starttls on this port" : "check the port: 993 is usual");
  }
  legacy_suspected_ = true;
  std::string why = "the server closed the connection";
  if (reason != 0) {
    const char* text = ERR_reason_error_string(ERR_peek_error());
    why = text != nullptr ? text : "unknown reason";
  } else if (end_.error_number != 0) {
    why = errno_text(end_.error_number);
  }
  const std::string what = place_ + ": the TLS handshake failed: " + why;
  // A server that is starting or stopping hangs up; who refuses for good says so.
  const bool hung_up = end_.ended && (reason == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  return hung_up ? connection_error(what, "check host and port")
                 : tls_error(what, "check host and port");
}

TlsStream::Step TlsStream::try_read(std::span<char> buffer, std::size_t& count) {
  count = 0;
  if (!ssl_) {
    const ssize_t received = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (received > 0) {
      count = static_cast<std::size_t>(received);
      return Step::done;
    }
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
      return Step::wants_read;
    }
    end_.ended = true;
    end_.error_number = received < 0 ? errno : 0;
    return Step::failed;
  }
  ERR_clear_error();
  return after(SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count));
}

TlsStream::Step TlsStream::try_write(std::string_view bytes, std::size_t& count) {
  count = 0;
  if (!ssl_) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      count = static_cast<std::size_t>(sent);
      return Step::done;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Step::wants_write;
    end_.ended = true;
    end_.error_number = errno;
    return Step::failed;
  }
  ERR_clear_error();
  return after(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count));
}

bool TlsStream::take_in(std::size_t enough) {
  if (failure_) return false;
  while (pending_.size() - pending_used_ < enough) {
    std::array<char, kTlsRecord> piece;
    std::size_t count = 0;
    const Step step = try_read(piece, count);
    if (step == Step::wants_read || step == Step::wants_write) return true;
    if (step == Step::failed) {
      failure_ = lost("reading");
      return false;
    }
    if (pending_used_ > 0) pending_.erase(0, std::exchange(pending_used_, 0));
    if (pending_.size() + count > kPendingLimit) {
      fail(protocol_error(place_, "it sends without end and does not read"));
      return false;
    }
    pending_.append(piece.data(), count);
  }
  return true;
}

Result<bool> TlsStream::readable_within(std::chrono::milliseconds patience) {
  return wait_ready(fd_.get(), POLLIN, patience, interrupt_);
}

bool TlsStream::readable_now() {
  if (pending_used_ < pending_.size() || failure_) return true;
  // A failure is found by the read that follows.
  return !take_in(1) || pending_used_ < pending_.size();
}

Result<std::size_t> TlsStream::read(std::span<char> buffer) {
  // Parts of a TLS record are no progress: nobody can read them.
  std::optional<Deadline> end;
  for (;;) {
    if (pending_used_ < pending_.size()) {
      const std::size_t count = std::min(buffer.size(), pending_.size() - pending_used_);
      std::copy_n(pending_.data() + pending_used_, count, buffer.data());
      pending_used_ += count;
      if (pending_used_ == pending_.size()) {
        pending_.clear();
        pending_used_ = 0;
      }
      return count;
    }
    if (failure_) return *failure_;
    std::size_t count = 0;
    const Step step = try_read(buffer, count);
    if (step == Step::done && count > 0) return count;
    if (step == Step::failed) return lost("reading");
    // A server that leaves Nagle's algorithm on (Cyrus) holds its next small reply, such as "+"
    // behind "OK", until the one before is acknowledged; a delayed acknowledgement takes 40 ms.
    if (step != Step::wants_write) acknowledge_now(fd_.get());
    if (!end) end = deadline();
    MBOXFERRY_TRY(wait(step == Step::wants_write ? POLLOUT : POLLIN, *end));
  }
}

Result<void> TlsStream::write(std::string_view bytes) {
  end_.collecting = secured_;
  while (!bytes.empty()) {
    if (failure_) return *failure_;
    std::size_t count = 0;
    const Step step = try_write(bytes.substr(0, kTlsRecord), count);
    if (step == Step::done) {
      bytes.remove_prefix(count);
      continue;
    }
    MBOXFERRY_TRY(wait_to_write(step));
  }
  return flush();
}

Result<void> TlsStream::flush() {
  end_.collecting = false;
  while (!failure_ && !send_collected(end_)) {
    MBOXFERRY_TRY(wait_to_write(end_.ended ? Step::failed : Step::wants_write));
  }
  return failure_ ? Result<void>(*failure_) : ok();
}

Result<void> TlsStream::wait_to_write(Step step) {
  // What the server said last may explain why it went.
  const bool alive = take_in(kPendingLimit + 1);
  if (step == Step::failed) return lost("writing");
  if (!alive) return *failure_;
  return wait(step == Step::wants_write ? POLLIN | POLLOUT : POLLIN, deadline());
}

}  // namespace mboxferry::imap
