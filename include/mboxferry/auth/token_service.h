// SPDX-License-Identifier: Apache-2.0
// Asks a token endpoint, patiently.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mboxferry/auth/profile.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/secret_mask.h"
#include "mboxferry/base/time.h"
#include "mboxferry/http/client.h"

namespace mboxferry::auth {

/// The fields of a form; what is added may be secret.
class Form {
 public:
  void add(std::string_view name, std::string_view value);
  void add_secret(std::string_view name, const Secret& value);
  /// What must not be shown of it where the service repeats it.
  [[nodiscard]] const SecretMask& secrets() const { return secrets_; }
  Secret take() { return Secret(std::move(text_)); }

 private:
  std::string text_;
  SecretMask secrets_;
};

/// One way to token services. Clock and interrupt outlive it. Any thread.
class TokenService {
 public:
  /// http::send(), or what stands in for it.
  using Send =
      std::function<Result<http::Answer>(const http::Request&, const http::ClientOptions&)>;

  TokenService(Clock& clock, const Cancellation& interrupt, Send send = http::send)
      : clock_(clock), interrupt_(interrupt), send_(std::move(send)) {}

  /// New tokens without a person: by the refresh token, or in the name of the application, or, of
  /// a service account, for the mailbox of `user`. A service in trouble is asked five times within
  /// about 15 seconds, with the pauses that it asks for where they fit in there. Errors: `usage`
  /// (the URL), `configuration` (the key), `login_refused`, `try_later`, `unavailable`, `tls`,
  /// `protocol`, `interrupted`; no text holds a secret.
  [[nodiscard]] Result<Grant> renew(const Profile& profile, const std::string& user) const;

  /// Sends a form to `url` once.
  [[nodiscard]] Result<http::Answer> ask(const Profile& profile, const std::string& url,
                                         Form form) const;

  /// Adds who the client is, and what proves it (RFC 6749 section 2.3.1, RFC 7523 section 2.2).
  Result<void> add_client(const Profile& profile, Form& form) const;

  /// Waits. Error `interrupted`.
  [[nodiscard]] Result<void> wait(std::chrono::milliseconds time) const;

  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] const Cancellation& interrupt() const { return interrupt_; }

 private:
  Result<Form> renewal_form(const Profile& profile, const std::string& user) const;

  Clock& clock_;
  const Cancellation& interrupt_;
  Send send_;
};

}  // namespace mboxferry::auth
