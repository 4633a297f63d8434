// SPDX-License-Identifier: Apache-2.0
// Mail that sender lists of an earlier job put beside the mailboxes of its folders.
#pragma once

#include <optional>
#include <string>

#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/mailbox/mailboxes.h"

namespace mboxferry::transfer {

/// How much of what goes into other mailboxes Junk holds, or others of what goes into Junk.
struct FiledMail {
  std::string mailbox;  ///< the one with most of it
  bool meant_for_junk = false;
  std::size_t held = 0;
  std::size_t found = 0;
  std::uint64_t planned = 0;  ///< so many messages were looked for

  /// Two at least, and a quarter of what is to be sent or of what the mailbox holds.
  [[nodiscard]] bool is_there() const {
    return found >= 2 && (4 * found >= held || 4 * found >= planned);
  }
};

/// For a new job, all of it indexed: looks for the planned messages in Junk, and for those of Junk
/// in INBOX, and with sender lists in the mailboxes where they would go without; where these hold
/// 10,000 messages at most, and 50,000 together. Returns that of both with more of them, or
/// nothing.
Result<std::optional<FiledMail>> find_filed_mail(const JobSettings& settings,
                                                 const Directory& directory,
                                                 const journal::Journal& journal,
                                                 imap::ReadOnlyTarget& target,
                                                 const Cancellation& interrupt);

/// The error that keeps a job from storing it again, with the ways on.
Error filed_mail_is_there(const std::string& account, const FiledMail& filed);

/// The notice about too little to stop a job.
std::string describe_filed(const FiledMail& filed);

}  // namespace mboxferry::transfer
