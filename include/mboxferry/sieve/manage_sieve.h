// SPDX-License-Identifier: Apache-2.0
// A client of ManageSieve (RFC 5804).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/base/secret_mask.h"
#include "mboxferry/sasl/exchange.h"
#include "mboxferry/sieve/channel.h"

namespace mboxferry::sieve {

class ReplyReader;
struct Reply;

/// Whom to log in, and how.
struct Login {
  sasl::LoginNames names;
  Secret secret;  ///< the password, or the access token
  bool is_token = false;
  sasl::Mechanism mechanism = sasl::Mechanism::automatic;
  std::string host;        ///< the server's, as OAUTHBEARER says it
  std::uint16_t port = 0;  ///< likewise
};

/// What the server can do, as it said last.
struct ServerAbilities {
  std::string implementation;
  std::set<std::string, std::less<>> sieve;  ///< extensions, in small letters
  std::set<std::string, std::less<>> sasl;   ///< mechanisms, in capitals
  bool starttls = false;
  bool checks = false;  ///< has CHECKSCRIPT and NOOP (VERSION)
};

struct ScriptName {
  std::string name;
  bool active = false;
};

/// A session. Nothing but the greeting and STARTTLS is ever said in plain text, and nothing that
/// the server said in plain text counts. Errors name the server and its words. One thread at a
/// time.
class ManageSieve {
 public:
  /// `starttls`: the server greets in plain text; else TLS comes first. `trace` gets protocol lines
  /// without credentials and scripts. Errors: `tls`, `protocol`, `unavailable`.
  static Result<std::unique_ptr<ManageSieve>> open(
      std::unique_ptr<Channel> channel, bool starttls,
      std::function<void(std::string_view line)> trace = {});
  ~ManageSieve();

  /// By the strongest way that the server offers, and reads again what it can. Errors:
  /// `login_refused`, and `configuration` when the server offers none that fits.
  Result<void> log_in(const Login& login);
  [[nodiscard]] const ServerAbilities& abilities() const { return abilities_; }
  [[nodiscard]] const std::string& place() const;

  Result<std::vector<ScriptName>> list();
  Result<std::string> get(const std::string& name);
  /// What is said about a script or a name that the server does not take.
  struct Refusal {
    std::string code;  ///< such as `QUOTA/MAXSIZE`
    std::string text;
    [[nodiscard]] bool is_quota() const { return code.starts_with("QUOTA"); }
    [[nodiscard]] bool too_long() const { return code == "QUOTA/MAXSIZE"; }
  };
  /// Nothing: there is room for a script of so many bytes.
  Result<std::optional<Refusal>> have_space(const std::string& name, std::size_t bytes);
  /// Finds out with a harmless script whether the server takes scripts in the form that they are
  /// sent in. Fails with `protocol` where it does not.
  Result<void> try_literals();
  /// Nothing: the script has no mistakes, or the server cannot check.
  Result<std::optional<Refusal>> check(const std::string& script);
  Result<std::optional<Refusal>> put(const std::string& name, const std::string& script);
  /// An empty name: no script is active.
  Result<void> set_active(const std::string& name);
  Result<void> remove(const std::string& name);
  void log_out();

 private:
  ManageSieve(std::unique_ptr<Channel> channel, std::function<void(std::string_view line)> trace);
  Result<Reply> read(std::size_t most_text, bool in_login = false);
  Result<Reply> command(std::string_view line, std::string_view shown = {});
  Result<Reply> command_with_script(const std::string& head, const std::string& script);
  struct Attempt;
  Result<Attempt> authenticate(sasl::LoginWay way, const Login& login, bool bound_offered);
  Result<void> say_secret(std::string_view head, const Secret& message, std::string_view shown);
  Error cancelled(Error error);
  Result<void> greet(bool starttls);
  Result<void> synchronize();
  Result<void> ask_abilities();
  Result<void> take_abilities(const Reply& reply);
  [[nodiscard]] Error refused(std::string_view doing, const Reply& reply) const;
  void show(std::string_view line) const;

  std::unique_ptr<Channel> channel_;
  std::function<void(std::string_view line)> trace_;
  std::unique_ptr<ReplyReader> reader_;
  ServerAbilities abilities_;
  SecretMask secrets_;  ///< what the login says
};

/// `text` as a string of the protocol.
std::string protocol_string(std::string_view text);

}  // namespace mboxferry::sieve
