// SPDX-License-Identifier: Apache-2.0
// Renews a profile once for all who use it.
#include "mboxferry/auth/profile_tokens.h"

#include <optional>
#include <utility>

#include "mboxferry/base/crash_point.h"

namespace mboxferry::auth {
namespace {

constexpr std::int64_t kAfterTrouble = 60;

bool can_pass(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::try_later ||
         error.code == ErrorCode::tls || error.code == ErrorCode::protocol;
}

}  // namespace

bool ProfileTokens::serves(const Profile& profile, const Secret& refused) const {
  const std::string_view token = profile.access_token.reveal();
  if (token.empty() || token == refused.reveal()) return false;
  return !profile.renew_at || service_.clock().unix_seconds() < *profile.renew_at;
}

Result<void> ProfileTokens::renew(Profile& profile) {
  // A store that cannot be written is found before the service takes the old refresh token back.
  std::optional<OutputFile> place;
  if (profile.flow != Flow::service_account) {
    MBOXFERRY_ASSIGN(OutputFile prepared, store_.prepare(name_));
    place.emplace(std::move(prepared));
  }
  MBOXFERRY_ASSIGN(const Grant grant, service_.renew(profile, user_));
  crash_point("token-answered");
  take_grant(profile, grant, service_.clock().unix_seconds());
  if (!place) return ok();
  MBOXFERRY_TRY(TokenStore::save(profile, *std::move(place)));
  crash_point("token-kept");
  return ok();
}

Result<Secret> ProfileTokens::get(const Secret& refused) {
  const std::lock_guard guard(mutex_);
  if (serves(last_, refused)) return last_.access_token;
  MBOXFERRY_ASSIGN(const TokenStore::Lock lock,
                   store_.lock(name_, service_.clock(), service_.interrupt()));
  MBOXFERRY_ASSIGN(Profile profile, store_.load(name_));
  if (profile.flow == Flow::service_account) {
    profile.access_token = last_.access_token;
    profile.ends = last_.ends;
    profile.renew_at = last_.renew_at;
  }
  if (!serves(profile, refused)) {
    if (const auto renewed = renew(profile); !renewed) {
      const std::int64_t now = service_.clock().unix_seconds();
      const bool lives = profile.ends && now < *profile.ends;
      const bool serves_still = refused.reveal().empty() && lives && can_pass(renewed.error());
      if (!serves_still) return renewed.error();
      profile.renew_at = now + kAfterTrouble;
    }
  }
  last_ = std::move(profile);
  return last_.access_token;
}

Result<Profile> ProfileTokens::renew() {
  const std::lock_guard guard(mutex_);
  MBOXFERRY_ASSIGN(const TokenStore::Lock lock,
                   store_.lock(name_, service_.clock(), service_.interrupt()));
  MBOXFERRY_ASSIGN(Profile profile, store_.load(name_));
  MBOXFERRY_TRY(renew(profile));
  last_ = profile;
  return profile;
}

}  // namespace mboxferry::auth
