// SPDX-License-Identifier: Apache-2.0
// Mechanisms by name.
#include "mboxferry/sasl/mechanism.h"

#include <array>
#include <utility>

namespace mboxferry::sasl {
namespace {

constexpr std::array<std::pair<std::string_view, Mechanism>, 7> kMechanisms{
    {{"auto", Mechanism::automatic},
     {"plain", Mechanism::plain},
     {"login", Mechanism::login},
     {"scram-sha-1", Mechanism::scram_sha_1},
     {"scram-sha-256", Mechanism::scram_sha_256},
     {"oauthbearer", Mechanism::oauthbearer},
     {"xoauth2", Mechanism::xoauth2}}};

}  // namespace

std::optional<Mechanism> mechanism_from_name(std::string_view name) {
  for (const auto& [known, mechanism] : kMechanisms) {
    if (known == name) return mechanism;
  }
  return {};
}

std::string_view mechanism_name(Mechanism wanted) {
  for (const auto& [name, mechanism] : kMechanisms) {
    if (mechanism == wanted) return name;
  }
  return "auto";
}

bool takes_token(Mechanism mechanism) {
  return mechanism == Mechanism::oauthbearer || mechanism == Mechanism::xoauth2;
}

}  // namespace mboxferry::sasl
