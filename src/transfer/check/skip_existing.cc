// SPDX-License-Identifier: Apache-2.0
// By content, a form that lost nothing, or a sample of what all facts agree about.
#include "transfer/check/skip_existing.h"

#include <algorithm>

#include "transfer/check/certain_pairs.h"
#include "transfer/check/matching.h"

namespace mboxferry::transfer {

Result<SkippedExisting> skip_seen(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                                  journal::Journal& journal, const MaskedDigestOf& archived,
                                  const FormOf& form, CertainPairs::Unread unread,
                                  const Cancellation& interrupt) {
  SkippedExisting skipped;
  CertainPairs pairs(target, journal, archived, interrupt, {.unread = unread});
  MBOXFERRY_ASSIGN(const std::uint64_t certain, pairs.decide());
  AlteredCopies copies(target, journal, form, interrupt);
  MBOXFERRY_TRY(copies.match());
  MBOXFERRY_ASSIGN(const std::uint64_t others,
                   match(target, journal, archived,
                         {.bodies_at_once = imap::ReadOnlyTarget::kMostBodies}, interrupt));
  skipped.by_content = pairs.compared() + copies.found() + others;
  skipped.by_facts = certain - pairs.compared();
  // Of two versions each may have been the other's copy.
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(mailbox.id));
  skipped.different = std::min(pairs.different() + copies.different(), counts.planned.messages);
  return skipped;
}

Result<SkippedExisting> skip_existing(const journal::MailboxRow& mailbox,
                                      imap::ReadOnlyTarget& target, journal::Journal& journal,
                                      const MaskedDigestOf& archived, const FormOf& form,
                                      const Cancellation& interrupt) {
  if (mailbox.existed_before == 0 || mailbox.uid_floor <= 1) return SkippedExisting{};
  MBOXFERRY_TRY(journal.begin_reconcile(mailbox.id, journal::Unidentified::planned));
  MBOXFERRY_TRY(add_seen({1, mailbox.uid_floor - 1}, false, target, journal, interrupt));
  return skip_seen(mailbox, target, journal, archived, form, CertainPairs::Unread::counts_as_same,
                   interrupt);
}

}  // namespace mboxferry::transfer
