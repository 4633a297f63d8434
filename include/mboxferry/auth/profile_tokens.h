// SPDX-License-Identifier: Apache-2.0
// The access tokens of a profile, renewed as they end.
#pragma once

#include <mutex>
#include <string>

#include "mboxferry/auth/token_service.h"
#include "mboxferry/auth/token_store.h"

namespace mboxferry::auth {

/// Any thread. Several of them, in this process and in others, renew a profile once: they look at
/// the store again under its lock.
class ProfileTokens {
 public:
  /// `user`: the mailbox, for a service account, whose tokens are each for one of them and are not
  /// kept in the store.
  ProfileTokens(TokenStore store, std::string name, std::string user, TokenService service)
      : store_(std::move(store)),
        name_(std::move(name)),
        user_(std::move(user)),
        service_(std::move(service)) {}

  /// A token that lives for a while. When a renewal fails because the service is in trouble, the
  /// old one for as long as it lives. Errors: those of TokenStore and TokenService::renew().
  Result<Secret> token() { return get({}); }

  /// A token instead of one that was refused: the one that somebody else has renewed meanwhile, or
  /// a new one. Errors: the same.
  Result<Secret> token_after(const Secret& refused) { return get(refused); }

  /// The profile with a new token, whether the old one has ended or not. Errors: the same.
  Result<Profile> renew();

 private:
  Result<Secret> get(const Secret& refused);
  [[nodiscard]] bool serves(const Profile& profile, const Secret& refused) const;
  /// Under both locks.
  Result<void> renew(Profile& profile);

  TokenStore store_;
  std::string name_;
  std::string user_;
  TokenService service_;
  std::mutex mutex_;
  Profile last_;  ///< as it was used last
};

}  // namespace mboxferry::auth
