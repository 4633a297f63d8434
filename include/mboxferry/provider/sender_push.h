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
  /// What pushes of either scope have added to them, or may have. An entry that both have pushed is
  /// in both.
  ScopedEntries ours;
  bool awaited = false;  ///< the service does later what it was told, and had not when last seen

  bool operator==(const SenderRecord&) const = default;
};

/// What the mailbox is to have of one scope or of both. A scope that is not given is left alone.
struct WantedSenders {
  std::optional<SenderEntries> account;
  std::optional<SenderEntries> global;
};

/// Called before a mailbox is changed, and again when it is known what became of that.
using SaveSenderRecord = std::function<Result<void>(const SenderRecord& record)>;

struct SenderPush {
  SenderMerge merge;                 ///< what was changed, or would be
  bool filters = false;              ///< as in MailboxSenders
  SenderEntries not_taken;           ///< ours, and not there after the service said that it is
  SenderEntries not_removed;         ///< likewise, and still there
  SenderEntries awaited;             ///< ours, and not there: the service does it later
  std::vector<std::string> remarks;  ///< for a person, a line each
};

/// Merges `wanted` into the lists of one mailbox: reads, merges, saves the record, reads again and
/// merges anew where they have changed meanwhile, writes both lists whole, and reads back. What
/// the mailbox had, or got meanwhile, is there afterwards; an entry that the service lost is put
/// back. Takes out what a push of the same scope has added and nobody wants any more; with empty
/// lists of both scopes, all that pushes have added. Whatever a change was answered, the lists are
/// read afterwards. `record`: of the push
/// before. Errors: those of `service` and of `save`; an error of the scope `mailbox` is about this
/// mailbox alone.
Result<SenderPush> push_senders(Infomaniak& service, const std::string& mailbox,
                                const WantedSenders& wanted,
                                const std::optional<SenderRecord>& record,
                                const SaveSenderRecord& save, bool dry_run);

}  // namespace mboxferry::provider
