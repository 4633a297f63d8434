// SPDX-License-Identifier: Apache-2.0
// What a token endpoint has answered, and what follows from it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/base/secret_mask.h"
#include "mboxferry/http/client.h"

namespace mboxferry::auth {

/// Tokens as they were granted (RFC 6749 section 5.1).
struct Grant {
  Secret access_token;
  /// How long it lives from the answer on; nothing: not told, so that only a refusal shows its end.
  std::optional<std::chrono::seconds> lifetime;
  Secret refresh_token;  ///< empty: the one before stays
};

/// What comes of an answer.
struct TokenAnswer {
  enum class Kind {
    granted,
    pending,    ///< the user has not decided yet (RFC 8628 section 3.5): wait
    slow_down,  ///< the same, and wait five seconds longer from now on
    later,      ///< the service is in trouble: ask again, with pauses that grow
    refused,    ///< for good
  };
  Kind kind = Kind::refused;
  Grant grant;                               ///< when granted
  Error error;                               ///< when later or refused: for the user
  std::optional<std::chrono::seconds> wait;  ///< that the service has asked for
};

/// Who has asked, for texts; nothing here is secret but `hidden`.
struct AskedFor {
  std::string login_again;  ///< what the user does to log in again: "run: …"
  std::string client_id;
  std::string scope;
  std::string authorize_url;  ///< where a user or an administrator consents; may be empty
  SecretMask hidden = {};     ///< what was sent, and is masked where the service repeats it
};

/// Reads what a token endpoint answers, to polling for a device code too. Nothing of it is trusted:
/// texts are cut and cleaned, and tokens are in none.
TokenAnswer read_token_answer(const http::Answer& answer, const AskedFor& asked);

}  // namespace mboxferry::auth
