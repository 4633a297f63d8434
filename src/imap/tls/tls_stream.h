// SPDX-License-Identifier: Apache-2.0
// The bytes to and from a server: plain TCP first, TLS 1.2 or later from then on.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "imap/tls/byte_stream.h"
#include "imap/tls/certificate.h"
#include "imap/tls/socket_bio.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// Which protocols a handshake offers.
enum class TlsFloor {
  secure,        ///< TLS 1.2 and later, certificate verified
  legacy_probe,  ///< TLS 1.0 and 1.1 only, nothing verified: to name what a server offers
  any_probe,     ///< whatever there is, nothing verified: to see whether it is TLS at all
};

/// While a write waits for the peer, what the peer sends is taken in (at most 1 MiB), so that two
/// full pipes never wait for each other.
class TlsStream final : public ByteStream {
 public:
  /// Until opened() is called, all that happens on it shares kOpeningTime, or the timeout where
  /// that is shorter.
  static Result<std::unique_ptr<TlsStream>> connect(const Account& account,
                                                    const ConnectionOptions& options);
  static constexpr std::chrono::seconds kOpeningTime{30};
  /// The server has greeted and is secured.
  void opened() { open_by_.reset(); }
  ~TlsStream() override;

  /// Handshake. Nothing that was received before is kept: that would be an injected response.
  Result<void> start_tls(const Account& account, TlsFloor floor);
  /// After start_tls failed: the peer may know only protocols that are too old.
  [[nodiscard]] bool legacy_suspected() const { return legacy_suspected_; }
  [[nodiscard]] bool secured() const { return secured_; }
  [[nodiscard]] const std::string& place() const override { return place_; }
  /// `TLSv1.3` and so on.
  [[nodiscard]] std::string protocol() const;
  /// `TLS_AES_128_GCM_SHA256` and so on.
  [[nodiscard]] std::string cipher() const;

  Result<std::size_t> read(std::span<char> buffer) override;
  /// Several TLS records go in one system call, so that few long writes cost less than many short
  /// ones.
  Result<void> write(std::string_view bytes) override;
  bool readable_now() override;
  /// True when the server says something, or ends, within that time.
  Result<bool> readable_within(std::chrono::milliseconds patience);
  void set_timeout(std::chrono::milliseconds timeout) override { timeout_ = timeout; }
  void interrupt_when(std::function<bool()> idle) override { idle_ = std::move(idle); }

  void close() override;
  void fail(const Error& error) override;
  [[nodiscard]] const std::optional<Error>& failure() const override { return failure_; }
  [[nodiscard]] WireUsage usage() const override;
  [[nodiscard]] std::optional<Secret> tls_exporter() const override;

 private:
  enum class Step { done, wants_read, wants_write, failed };

  using Deadline = std::chrono::steady_clock::time_point;

  TlsStream(FileDescriptor fd, std::string place, const ConnectionOptions& options,
            Deadline open_by);
  Error lost(const std::string& doing);
  Error handshake_error(int reason);
  Step after(int result);
  Step try_read(std::span<char> buffer, std::size_t& count);
  Step try_write(std::string_view bytes, std::size_t& count);
  Result<void> flush();
  /// Takes in what the peer says, and waits until writing can go on.
  Result<void> wait_to_write(Step step);
  /// Takes in what is there without waiting, until `enough` bytes wait to be read; false when the
  /// connection failed.
  bool take_in(std::size_t enough);
  [[nodiscard]] Deadline deadline() const {
    return open_by_.value_or(std::chrono::steady_clock::now() + timeout_);
  }
  Result<void> wait(short events, Deadline deadline);

  FileDescriptor fd_;
  std::string place_;
  std::chrono::milliseconds timeout_;
  const Cancellation* interrupt_;  ///< may be null
  std::function<bool()> idle_;     ///< an interrupt may end a wait
  std::optional<Deadline> open_by_;
  std::shared_ptr<TrustStores> trust_;
  SocketEnd end_;
  BioMethod bio_method_;
  CertificateCheck check_;
  Handle<SSL_CTX, SSL_CTX_free> context_;
  Handle<SSL, SSL_free> ssl_;
  bool secured_ = false;
  bool legacy_suspected_ = false;
  std::string pending_;  ///< received, not yet read
  std::size_t pending_used_ = 0;
  std::chrono::steady_clock::duration waited_{};
  std::optional<Error> failure_;
};

}  // namespace mboxferry::imap
