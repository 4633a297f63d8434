// SPDX-License-Identifier: Apache-2.0
// What Infomaniak's API answers. Nothing of it is trusted; a field that is not there is an error
// and never an empty list, because lists are written back as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/base/secret_mask.h"
#include "mboxferry/http/client.h"
#include "mboxferry/provider/infomaniak.h"

namespace mboxferry::provider {

/// Whether the service did what it was asked, or does it later. `what`: that, for errors ("read the
/// lists of mailbox alice"). Errors that are about one mailbox have its scope, and what `hidden`
/// hides is in none of them.
Result<Infomaniak::Change> success_of(const http::Answer& answer, const std::string& what,
                                      const SecretMask& hidden);

/// The lists of a mailbox. Errors: those of success_of(), and `protocol`.
Result<MailboxSenders> senders_of(const http::Answer& answer, const std::string& what,
                                  const SecretMask& hidden);

/// One page of the mailboxes of a mail service.
struct MailboxPage {
  std::vector<std::string> names;
  std::size_t page = 1;
  std::size_t pages = 1;
  std::size_t total = 0;
};
Result<MailboxPage> mailboxes_of(const http::Answer& answer, const std::string& what,
                                 const SecretMask& hidden);

/// The lists as the body of a PATCH.
Result<Secret> senders_json(const SenderEntries& entries);

}  // namespace mboxferry::provider
