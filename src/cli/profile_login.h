// SPDX-License-Identifier: Apache-2.0
// Logs in with the tokens of a profile (--auth oauth:PROFILE).
#pragma once

#include <string>

#include "mboxferry/auth/token_store.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/sandbox.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::cli {

/// The folder `tokens` in the user's state folder, which may not be there.
Result<auth::TokenStore> token_store();

/// Gives the account a source of tokens, which are renewed as they end. `interrupt` outlives it.
/// Fails as auth::TokenStore::load() does.
Result<void> use_profile(const std::string& profile, imap::Account& account,
                         const Cancellation& interrupt);

/// Adds what a renewal in the sandbox needs; nothing when `profile` is empty. Fails as
/// auth::TokenStore::load() does.
Result<void> add_profile(SandboxRights& rights, const std::string& profile);
/// The same for any profile, in a sandbox that can read everything.
Result<void> add_all_profiles(SandboxRights& rights);

}  // namespace mboxferry::cli
