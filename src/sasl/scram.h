// SPDX-License-Identifier: Apache-2.0
// SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither sends it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/sasl/exchange.h"

namespace mboxferry::sasl {

enum class ScramHash { sha1, sha256 };

/// A name as messages carry it: `=` and `,` mean something there (RFC 5802 section 5.1).
std::string sasl_name(std::string_view name);

/// The client's side of one exchange. Errors are for people and hold nothing of the password.
class ScramClient {
 public:
  /// `nonce` is random, printable and without a comma. User names are sent as they are: SASLprep
  /// (RFC 4013) changes no printable ASCII, and of other text servers have their own opinion.
  ScramClient(ScramHash hash, std::string_view authorisation, std::string_view user,
              Secret password, ScramBinding binding, std::string nonce);

  /// client-first-message.
  [[nodiscard]] std::string first() const;
  /// client-final-message for the server-first-message; an error when that is none, is not for
  /// this exchange, or asks for too little or too much work.
  Result<std::string> final_for(std::string_view server_first);
  /// Checks the server-final-message: whether the server knows the password.
  [[nodiscard]] Result<void> check(std::string_view server_final) const;

  /// RFC 5802 section 5.1: `i`. Fewer would make a guess cheap for whoever plays the server.
  static constexpr std::uint64_t kFewestIterations = 4096;
  static constexpr std::uint64_t kMostIterations = 2'000'000;

 private:
  ScramHash hash_;
  Secret password_;
  ScramBinding binding_;
  std::string header_;  ///< gs2-header
  std::string nonce_;
  std::string first_bare_;
  std::string signature_;  ///< ServerSignature, once it is known what it must be
};

}  // namespace mboxferry::sasl
