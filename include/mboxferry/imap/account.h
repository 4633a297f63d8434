// SPDX-License-Identifier: Apache-2.0
// Where to connect, how to trust it, and whom to log in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/imap/credentials.h"

namespace mboxferry::imap {

using mboxferry::Secret;

enum class Security { implicit_tls, starttls };

/// One account on one server.
struct Account {
  std::string host;
  std::uint16_t port = 993;
  Security security = Security::implicit_tls;
  std::string user;
  Secret password;
  std::string ca_file;  ///< PEM; empty: the system's certificates
  std::string tls_pin;  ///< `sha256:HEX` of the server's certificate (DER); empty: none. A matching
                        ///< pin stands for the chain, unless `ca_file` is given.
  bool tls_pin_only = false;  ///< the pin stands for host name, dates and `ca_file` as well
  Mechanism mechanism = Mechanism::automatic;
  /// Empty: `user` logs in. A name: its password opens the mailboxes of `user` (RFC 4422 section
  /// 3.4.1). With a separator before it (`*admin`): it is appended to the name of the user.
  std::string login_as;
  std::shared_ptr<TokenSource> tokens;  ///< stands for the password

  /// `user@host:port`, for messages.
  [[nodiscard]] std::string label() const;
};

/// The certificates of the authorities that connections trust, each file read once. Any thread.
class TrustStores;
std::shared_ptr<TrustStores> make_trust_stores();

/// Whether what is sent and received is compressed (RFC 4978), where the server can.
enum class Compression { automatic, on, off };
std::optional<Compression> compression_from_name(std::string_view name);

/// How patient and how talkative a connection is.
struct ConnectionOptions {
  std::chrono::milliseconds timeout{120'000};  ///< without any progress
  /// Ends every wait for the server with an `interrupted` error while no message is unanswered. Not
  /// owned; outlives the connection.
  const Cancellation* interrupt = nullptr;
  /// `automatic`: not unless Target::compress() asks for it.
  Compression compression = Compression::automatic;
  /// False: mailbox names stay in modified UTF-7, as most programs say them.
  bool utf8_names = true;
  /// False: no command is sent before the one before it was answered.
  bool pipelining = true;
  /// Shared by the connections of a process; null: a connection reads its own.
  std::shared_ptr<TrustStores> trust;
  /// Called when the server seems to have lost commands that were sent behind others.
  std::function<void()> on_lost_input;
  std::function<void(std::string_view line)>
      trace;  ///< protocol lines, credentials masked, bodies left out
  std::function<void(std::string_view line)> tell;  ///< notices for the user; any thread
};

}  // namespace mboxferry::imap
