// SPDX-License-Identifier: Apache-2.0
// Which ways to log in a server offers, and which of them are tried.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/sasl/mechanism.h"

namespace mboxferry::sasl {

/// One way each, strongest first within those for passwords and those for tokens.
enum class LoginWay : std::uint8_t {
  scram_sha_256_plus,
  scram_sha_1_plus,
  scram_sha_256,
  scram_sha_1,
  plain,
  sasl_login,
  login_command,
  oauthbearer,
  xoauth2,
};
/// As AUTHENTICATE names it: `SCRAM-SHA-256-PLUS`. For login_command: `LOGIN`.
std::string_view way_name(LoginWay way);
bool is_scram(LoginWay way);
bool is_channel_bound(LoginWay way);

/// The mechanisms of a capability list.
class MechanismOffer {
 public:
  /// `name` is what follows `AUTH=`.
  void add(std::string_view name);
  [[nodiscard]] bool has(LoginWay way) const {
    return (bits_ >> static_cast<unsigned>(way) & 1U) != 0;
  }
  [[nodiscard]] bool has_channel_bound() const;
  /// All names, known or not, separated by spaces; bounded.
  [[nodiscard]] const std::string& names() const { return names_; }

 private:
  std::uint16_t bits_ = 0;
  std::string names_;
};

/// What the choice depends on besides the offer.
struct LoginNeeds {
  Mechanism wanted = Mechanism::automatic;
  bool token = false;             ///< an access token and not a password
  bool channel_binding = false;   ///< this TLS connection has one
  bool may_scram = true;          ///< names and password have one form only
  bool another_identity = false;  ///< the password is not that of the mailbox's user
  bool login_disabled = false;    ///< LOGINDISABLED
};

/// The ways to try, in this order; empty: none is possible.
std::vector<LoginWay> ways_to_log_in(const MechanismOffer& offer, const LoginNeeds& needs);

}  // namespace mboxferry::sasl
