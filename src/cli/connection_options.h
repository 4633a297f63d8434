// SPDX-License-Identifier: Apache-2.0
// Options that say where to connect, how to trust it and whom to log in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::cli {

/// Where a password or an access token comes from. At most one is set.
struct CredentialSource {
  std::string file;
  std::string environment;  ///< the variable's name
  std::string command;      ///< for the shell; its standard output is the password
  std::string profile;      ///< of the token store
  std::string token_file;
  std::string token_environment;  ///< the variable's name
  std::string token_command;      ///< as `command`, and run again when its token is refused

  [[nodiscard]] bool given() const {
    return !file.empty() || !environment.empty() || !command.empty() || is_token();
  }
  [[nodiscard]] bool is_token() const {
    return !profile.empty() || !token_file.empty() || !token_environment.empty() ||
           !token_command.empty();
  }
  [[nodiscard]] bool runs_command() const { return !command.empty() || !token_command.empty(); }
  /// What is read, maybe later.
  [[nodiscard]] std::vector<std::string> files() const;
  /// A sandbox would forbid it.
  [[nodiscard]] bool runs_command_later() const { return !token_command.empty(); }
};

/// What was said about the target; all layers together.
struct ConnectionSettings {
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<std::string> user;
  std::optional<std::string> mailbox;
  std::optional<imap::Security> security;
  std::optional<std::string> ca_file;
  std::optional<std::string> tls_pin;  ///< `sha256:` and 64 lower-case hex digits
  bool tls_pin_only = false;
  CredentialSource credentials;
  imap::Mechanism mechanism = imap::Mechanism::automatic;
  std::string login_as;
  std::chrono::seconds timeout{120};
  imap::Compression compression = imap::Compression::automatic;
  std::string log_file;
  bool verbose = false;
  bool pipelining = true;
};

/// --to, --host, --port, --user, --mailbox.
void add_target_options(boost::program_options::options_description& group);
/// --tls, --ca-file, --tls-pin, --tls-pin-only, --timeout, --compress, --no-pipelining, --log-file,
/// --verbose.
void add_connection_options(boost::program_options::options_description& group);
/// --password-file, --password-env, --password-command.
void add_password_options(boost::program_options::options_description& group);
/// --auth, --login-as, --token-file, --token-command.
void add_login_options(boost::program_options::options_description& group);

Result<ConnectionSettings> read_connection_settings(const Options& options);

/// The settings as an account without its password. Fails with `usage` when host or user is
/// missing.
Result<imap::Account> make_account(const ConnectionSettings& settings);

std::string_view security_name(imap::Security security);  ///< "implicit", "starttls"
std::optional<imap::Security> security_from_name(std::string_view name);

/// Host, port and user of an account's label (`user@host:port`, where the user may hold an `@`), or
/// nothing when it is none.
std::optional<imap::Account> account_of_label(std::string_view label);

/// Timeout, compression, and the trace of trace_of().
Result<imap::ConnectionOptions> make_connection_options(const ConnectionSettings& settings);

}  // namespace mboxferry::cli
