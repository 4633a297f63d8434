// SPDX-License-Identifier: Apache-2.0
// Infomaniak's API for the sender lists of mailboxes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"
#include "mboxferry/base/secret_mask.h"
#include "mboxferry/base/time.h"
#include "mboxferry/http/client.h"
#include "mboxferry/provider/sender_entries.h"

namespace mboxferry::provider {

/// What a mailbox does with senders.
struct MailboxSenders {
  SenderEntries entries;
  bool filters = false;  ///< its spam filter is on; the lists do nothing without it
};

/// True for the local part of an address that can stand in a URL as it is meant.
bool is_mailbox_name(std::string_view name);

struct InfomaniakSettings {
  std::string address = "https://api.infomaniak.com";  ///< without a slash at its end
  std::string service;                                 ///< the number of the mail service
  Secret token;
  http::ClientOptions http;
  std::function<void(std::string_view line)> trace;  ///< what was asked, without tokens and entries
};

/// Asks the API for one mail service. It allows 60 requests a minute, and this sends no more; what
/// it asks for by Retry-After is waited for, up to two minutes. Reading is tried three times. One
/// thread at a time.
class Infomaniak {
 public:
  static constexpr std::size_t kMostPerMinute = 60;

  /// `clock` outlives it.
  Infomaniak(InfomaniakSettings settings, Clock& clock);

  /// The service's URL, which says whose lists these are.
  [[nodiscard]] const std::string& place() const { return place_; }
  /// The local parts of all mailboxes, each once. Errors: `try_later` too when mailboxes were made
  /// or removed meanwhile.
  Result<std::vector<std::string>> mailboxes();
  Result<MailboxSenders> senders(const std::string& mailbox);
  enum class Change : std::uint8_t { done, later };
  /// Puts both lists in the place of what is there. After an error it may have happened.
  Result<Change> replace_senders(const std::string& mailbox, const SenderEntries& entries);
  /// False when an interrupt has ended the wait.
  bool wait(std::chrono::milliseconds duration);

 private:
  Result<http::Answer> ask(http::Request request, const std::string& shown);
  Result<void> keep_pace();
  [[nodiscard]] std::string url_of(const std::string& mailbox) const;

  InfomaniakSettings settings_;
  SecretMask hidden_;  ///< the token
  Clock& clock_;
  std::string place_;
  std::deque<std::chrono::steady_clock::time_point> asked_;  ///< within the last minute
};

}  // namespace mboxferry::provider
