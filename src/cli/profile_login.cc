// SPDX-License-Identifier: Apache-2.0
// The token store as a source of tokens for IMAP.
#include "cli/profile_login.h"

#include <memory>

#include "cli/state_place.h"
#include "mboxferry/auth/profile_tokens.h"
#include "mboxferry/http/preload.h"

namespace mboxferry::cli {
namespace {

class ProfileSource final : public imap::TokenSource {
 public:
  ProfileSource(auth::TokenStore store, const std::string& profile, const std::string& user,
                const Cancellation& interrupt)
      : tokens_(std::move(store), profile, user, auth::TokenService(system_clock(), interrupt)) {}

  Result<imap::Secret> token() override { return tokens_.token(); }
  Result<imap::Secret> token_after(const imap::Secret& refused) override {
    return tokens_.token_after(refused);
  }

 private:
  auth::ProfileTokens tokens_;
};

}  // namespace

Result<auth::TokenStore> token_store() {
  MBOXFERRY_ASSIGN(const std::string folder, default_state_folder());
  return auth::TokenStore(folder + "/tokens");
}

Result<void> use_profile(const std::string& profile, imap::Account& account,
                         const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(auth::TokenStore store, token_store());
  MBOXFERRY_TRY(store.load(profile));
  account.tokens =
      std::make_shared<ProfileSource>(std::move(store), profile, account.user, interrupt);
  return ok();
}

Result<void> add_profile(SandboxRights& rights, const std::string& profile) {
  if (profile.empty()) return ok();
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  MBOXFERRY_ASSIGN(const auth::Profile found, store.load(profile));
  if (!found.ca_file.empty()) add_input(rights, found.ca_file);
  return add_all_profiles(rights);
}

Result<void> add_all_profiles(SandboxRights& rights) {
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  rights.workplaces.push_back(store.folder());
  return http::preload();
}

}  // namespace mboxferry::cli
