// SPDX-License-Identifier: Apache-2.0
// Gets a mailbox into order before anything is sent into it.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "mboxferry/imap/target.h"
#include "transfer/check/reconcile.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/upload/mail_stream.h"
#include "transfer/upload/send_context.h"

namespace mboxferry::transfer {

using FlagLimitsOf = std::map<journal::MailboxId, plan::FlagLimits>;

/// Shared by the connections of a job; what it is made of must outlive it.
class MailboxPreparer {
 public:
  MailboxPreparer(const SendContext& context, const Directory& directory)
      : context_(context), directory_(directory) {}

  /// Creates and selects the stream's mailbox on the connection that is alone in it, reconciles
  /// what is in doubt there, and skips what it held before where that was asked for.
  Result<ReadyMailbox> prepare(imap::Target& target, const MailStream& stream);

  /// Of the mailboxes that were prepared. To be called when no connection works any more.
  [[nodiscard]] const FlagLimitsOf& limits() const { return limits_; }

 private:
  Settling& settling_of(journal::MailboxId mailbox);
  void settled(journal::MailboxId mailbox);
  Result<void> look_into(imap::Target& target, const ReadyMailbox& ready, Desk& desk);
  Result<void> reconcile_doubts(imap::Target& target, const ReadyMailbox& ready, Desk& desk);
  Result<void> judge_refusals(const imap::Target& target, Desk& desk, bool honest);
  Result<void> look_for_unknown(imap::Target& target, const ReadyMailbox& ready);
  Result<void> wait_for_index();
  Result<void> skip_what_is_there(imap::Target& target, const ReadyMailbox& ready);
  Result<void> update_total();

  const SendContext& context_;
  const Directory& directory_;
  std::mutex mutex_;
  FlagLimitsOf limits_;  ///< `mutex_` guards it
  /// Of the mailboxes that are not reconciled yet; `mutex_` guards the map, and the connection that
  /// is alone in a mailbox its entry.
  std::map<journal::MailboxId, Settling> settling_;
  /// Held while the journal's place for one mailbox that is reconciled is in use.
  std::mutex journal_turn_;
  std::set<journal::MailboxId> no_unknown_;  ///< nothing of the job that its journal does not know
  std::set<journal::MailboxId> looked_through_;  ///< what they held before the job is skipped
};

}  // namespace mboxferry::transfer
