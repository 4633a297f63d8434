// SPDX-License-Identifier: Apache-2.0
// Sender lists into the mailboxes of a provider, and out of them again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/provider/infomaniak.h"
#include "mboxferry/provider/sender_entries.h"

namespace mboxferry::provider {

/// What is known of a mailbox between two pushes.
struct SenderRecord {
  SenderEntries before;  ///< its lists as they were before the first push
  SenderEntries ours;    ///< what pushes have added to them, or may have
};

/// Called before a mailbox is changed, and again when it is known what became of that.
using SaveSenderRecord = std::function<Result<void>(const SenderRecord& record)>;

struct SenderPush {
  SenderMerge merge;                 ///< what was changed, or would be
  bool filters = false;              ///< as in MailboxSenders
  SenderEntries not_taken;           ///< ours, and not there after the service said that it is
  SenderEntries not_removed;         ///< likewise, and still there
  std::vector<std::string> remarks;  ///< for a person, a line each
};

/// Merges `wanted` into the lists of one mailbox: reads, merges, saves the record, reads again and
/// merges anew where they have changed meanwhile, writes both lists whole, and reads back. What
/// the mailbox had, or got meanwhile, is there afterwards; an entry that the service lost is put
/// back. With empty lists as `wanted` it takes out what pushes have added. `record`: of the push
/// before. Errors: those of `service` and of `save`; an error of the scope `mailbox` is about this
/// mailbox alone.
Result<SenderPush> push_senders(Infomaniak& service, const std::string& mailbox,
                                const SenderEntries& wanted,
                                const std::optional<SenderRecord>& record,
                                const SaveSenderRecord& save, bool dry_run);

}  // namespace mboxferry::provider
