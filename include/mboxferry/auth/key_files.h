// SPDX-License-Identifier: Apache-2.0
// What is in the files that services give to applications instead of a client secret.
#pragma once

#include "mboxferry/auth/profile.h"

namespace mboxferry::auth {

/// Puts the private key of a PEM file into the profile, and the digest of the certificate that is
/// in there, too. Error `configuration`; it says what is missing, and nothing of the content.
Result<void> take_client_certificate(const Secret& pem, Profile& profile);

/// Puts a service account's JSON key file into the profile: address, key and token endpoint, the
/// latter unless the profile has one. Error `configuration`.
Result<void> take_service_account(const Secret& json, Profile& profile);

}  // namespace mboxferry::auth
