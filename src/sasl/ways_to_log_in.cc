// SPDX-License-Identifier: Apache-2.0
// Which ways to log in a server offers, and which of them are tried.
#include "mboxferry/sasl/ways_to_log_in.h"

#include <algorithm>
#include <array>

#include "mboxferry/base/words.h"

namespace mboxferry::sasl {
namespace {

struct WayFacts {
  LoginWay way;
  std::string_view name;
  Mechanism mechanism;
};

// The order of LoginWay.
constexpr std::array<WayFacts, 9> kWays{{
    {LoginWay::scram_sha_256_plus, "SCRAM-SHA-256-PLUS", Mechanism::scram_sha_256},
    {LoginWay::scram_sha_1_plus, "SCRAM-SHA-1-PLUS", Mechanism::scram_sha_1},
    {LoginWay::scram_sha_256, "SCRAM-SHA-256", Mechanism::scram_sha_256},
    {LoginWay::scram_sha_1, "SCRAM-SHA-1", Mechanism::scram_sha_1},
    {LoginWay::plain, "PLAIN", Mechanism::plain},
    {LoginWay::sasl_login, "LOGIN", Mechanism::login},
    {LoginWay::login_command, "LOGIN", Mechanism::login},
    {LoginWay::oauthbearer, "OAUTHBEARER", Mechanism::oauthbearer},
    {LoginWay::xoauth2, "XOAUTH2", Mechanism::xoauth2},
}};

constexpr std::size_t kMostNames = 300;

bool carries_another_identity(LoginWay way) { return is_scram(way) || way == LoginWay::plain; }

}  // namespace

std::string_view way_name(LoginWay way) { return kWays[static_cast<std::size_t>(way)].name; }

bool is_scram(LoginWay way) { return way <= LoginWay::scram_sha_1; }

bool is_channel_bound(LoginWay way) { return way <= LoginWay::scram_sha_1_plus; }

void MechanismOffer::add(std::string_view name) {
  for (const WayFacts& known : kWays) {
    if (known.way != LoginWay::login_command && same_word(name, known.name))
      bits_ = static_cast<std::uint16_t>(bits_ | 1U << static_cast<unsigned>(known.way));
  }
  if (names_.size() + name.size() >= kMostNames) return;
  if (!names_.empty()) names_ += ' ';
  names_ += name;
}

bool MechanismOffer::has_channel_bound() const {
  return has(LoginWay::scram_sha_256_plus) || has(LoginWay::scram_sha_1_plus);
}

std::vector<LoginWay> ways_to_log_in(const MechanismOffer& offer, const LoginNeeds& needs) {
  const bool automatic = needs.wanted == Mechanism::automatic;
  std::vector<LoginWay> ways;
  for (const WayFacts& known : kWays) {
    if (!automatic && known.mechanism != needs.wanted) continue;
    if (takes_token(known.mechanism) != needs.token) continue;
    if (is_scram(known.way) && automatic && !needs.may_scram) continue;
    if (is_channel_bound(known.way) && !needs.channel_binding) continue;
    if (needs.another_identity && !carries_another_identity(known.way)) continue;
    // RFC 3501 section 6.2.3: it may be sent wherever it is not disabled.
    const bool offered =
        known.way == LoginWay::login_command ? !needs.login_disabled : offer.has(known.way);
    if (offered) ways.push_back(known.way);
  }
  return ways;
}

}  // namespace mboxferry::sasl
