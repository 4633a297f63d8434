// SPDX-License-Identifier: Apache-2.0
// Compares the ledger with the server.
#include "mboxferry/transfer/verify.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <unordered_map>

#include "transfer/check/mailbox_verifier.h"
#include "transfer/check/reconcile.h"
#include "transfer/check/second_look.h"
#include "transfer/check/verify_existing.h"
#include "transfer/mailbox/given_uids.h"
#include "transfer/mailbox/lookout.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/mailbox/quiet_mailbox.h"

namespace mboxferry::transfer {
namespace {

/// Those that messages were stored in.
Result<std::vector<Lookout::Mailbox>> mailboxes_to_verify(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(std::vector<journal::MailboxRow> rows, journal.mailboxes());
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox counts, journal.counts_by_mailbox());
  std::vector<Lookout::Mailbox> used;
  for (journal::MailboxRow& row : rows) {
    const std::uint64_t stored = counts_of(counts, row.id).stored.messages;
    if (stored > 0) used.push_back({std::move(row), stored});
  }
  return used;
}

/// Whether the server has the mailbox, though it does not open it. One that cannot be listed may be
/// there.
Result<bool> is_listed(const std::string& mailbox, imap::ReadOnlyTarget& target) {
  if (::strcasecmp(mailbox.c_str(), "INBOX") == 0) return true;
  const auto listed = target.list();
  if (!listed) return target.is_alive() ? Result<bool>(true) : listed.error();
  return std::any_of(listed->begin(), listed->end(), [&](const imap::ListedMailbox& one) {
    return one.name == mailbox && one.selectable;
  });
}

/// A copy of the journal that has UIDs of another UIDVALIDITY: the mailbox was made anew, or lost
/// its index, and may hold the same mail. What becomes of what is not there is for a run to decide,
/// so that the journal itself stays as it is.
Result<std::unique_ptr<journal::Journal>> look_under_new_uids(journal::MailboxRow mailbox,
                                                              std::uint32_t uid_validity,
                                                              const journal::Journal& journal,
                                                              imap::ReadOnlyTarget& target,
                                                              const Verification& verification) {
  MBOXFERRY_ASSIGN(auto copy, journal::Journal::copy(journal.path()));
  mailbox.uid_validity = uid_validity;
  mailbox.uid_floor = 1;
  MBOXFERRY_TRY(copy->update_mailbox(mailbox));
  MBOXFERRY_TRY(copy->forget_uids(mailbox.id));
  MBOXFERRY_TRY(identify_stored(mailbox, target, *copy, verification.options.envelope,
                                verification.interrupt));
  return copy;
}

Result<void> verify_mailbox(const journal::MailboxRow& mailbox, journal::Journal& journal,
                            imap::ReadOnlyTarget& target, const Verification& verification,
                            VerifyResult& result) {
  const auto selected = target.select(mailbox.name);
  const bool gone = !selected && selected.error().scope == ErrorScope::mailbox;
  if (!selected && !gone) return Error(selected.error());
  if (gone) {
    MBOXFERRY_ASSIGN(const bool listed, is_listed(mailbox.name, target));
    if (listed) return verification.not_compared.add(mailbox, journal, selected.error().what);
  }
  const plan::FlagLimits limits =
      gone ? plan::FlagLimits{} : flag_limits(selected->permanent_flags);
  MBOXFERRY_TRY(forget_false_uids(mailbox, journal));
  MBOXFERRY_ASSIGN(Compared before, compared_before(mailbox, journal));
  MBOXFERRY_ASSIGN(const std::uint64_t first_copy, first_possible_copy(mailbox, journal));
  MailboxVerifier verifier(mailbox, limits, gone ? imap::SelectedMailbox{} : *selected,
                           std::move(before), first_copy, journal, target, verification, result);
  const auto keep_note = [&] {
    if (const std::string note = verifier.note(); !note.empty())
      result.compared.emplace_back(compared_note(mailbox.id), note);
    return ok();
  };
  // Another UIDVALIDITY means that the ledger's UIDs name nothing.
  if (!gone && selected->uid_validity != mailbox.uid_validity && selected->exists > 0) {
    MBOXFERRY_ASSIGN(const auto renamed, look_under_new_uids(mailbox, selected->uid_validity,
                                                             journal, target, verification));
    return verifier.compare_anew(*renamed);
  }
  if (gone || selected->uid_validity != mailbox.uid_validity) {
    MBOXFERRY_TRY(journal.each(journal::State::stored, mailbox.id,
                               [&](const journal::MessageRow& row) -> Result<void> {
                                 verifier.missing(row);
                                 return ok();
                               }));
    return keep_note();
  }
  for (;;) {
    MBOXFERRY_TRY(identify_stored(mailbox, target, journal, verification.options.envelope,
                                  verification.interrupt));
    MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal.doubt(mailbox.id));
    if (!doubt.stored_without_uid || !verification.patience.wait(verification.interrupt)) break;
  }
  MBOXFERRY_TRY(journal.ledger(mailbox.id, [&](const journal::MessageRow& row) -> Result<void> {
    if (verification.interrupt.requested()) return interrupted("interrupted while verifying");
    return verifier.add(row);
  }));
  MBOXFERRY_TRY(verifier.finish());
  MBOXFERRY_TRY(verifier.add_without_uid());
  return keep_note();
}

/// A server that refuses to show what is in one mailbox may show the others.
Result<void> verify_or_note(const journal::MailboxRow& mailbox, journal::Journal& journal,
                            imap::ReadOnlyTarget& target, const Verification& verification,
                            VerifyResult& result) {
  const NotCompared before = verification.not_compared;
  const auto verified = verify_mailbox(mailbox, journal, target, verification, result);
  if (verified || !is_refusal_to_read(verified.error(), target)) return verified;
  // Its messages that were not shown are among all of them.
  verification.not_compared = before;
  return verification.not_compared.add(mailbox, journal,
                                       fmt::format("{} ({})", verified.error().what, mailbox.name));
}

/// What an earlier run found gone together with its mailbox, and left out from then on.
Result<void> tell_gone_with_mailbox(const journal::Journal& journal,
                                    const Verification& verification, VerifyResult& result) {
  std::unordered_map<journal::MailboxId, std::string> names;
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  for (const journal::MailboxRow& mailbox : mailboxes) names.emplace(mailbox.id, mailbox.name);
  const auto tell = [&](const journal::MessageRow& row) -> Result<void> {
    if (verification.interrupt.requested()) return interrupted("interrupted while verifying");
    if (row.code != kGoneSince) return ok();
    Difference difference;
    difference.mailbox = names[row.mailbox];
    if (const auto folder = verification.folders.find(row.folder);
        folder != verification.folders.end())
      difference.folder = folder->second;
    difference.offset = row.offset;
    difference.what = "missing";
    difference.compared_before = true;
    ++result.checked;
    ++(verification.options.strict ? result.missing : result.gone_since);
    if (!verification.options.strict) difference.judgement = Difference::Judgement::gone_since;
    verification.visit(difference);
    return ok();
  };
  return journal.each(journal::State::skipped, 0, tell);
}

}  // namespace

Result<VerifyResult> verify_job(journal::Journal& journal, imap::ReadOnlyTarget& target,
                                const VerifyOptions& options, const DifferenceVisitor& visit,
                                const Cancellation& interrupt) {
  MBOXFERRY_TRY(journal.index_mailboxes());
  VerifyResult result;
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal));
  std::unordered_map<journal::FolderId, std::string> folders;
  MBOXFERRY_ASSIGN(const auto folder_rows, journal.folders());
  for (const journal::FolderRow& folder : folder_rows) folders.emplace(folder.id, folder.path);
  Patience patience(options.clock);
  NotCompared not_compared;
  const Verification verification{options, key, folders, visit, interrupt, patience, not_compared};
  MBOXFERRY_ASSIGN(auto mailboxes, mailboxes_to_verify(journal));
  Lookout lookout(std::move(mailboxes), journal, target);
  for (std::size_t i = 0; i < lookout.mailboxes().size(); ++i) {
    // Bodies are asked for between, which look ahead would only delay.
    if (!options.full) MBOXFERRY_TRY(lookout.reach(i));
    MBOXFERRY_TRY(
        verify_or_note(lookout.mailboxes()[i].row, journal, target, verification, result));
  }
  MBOXFERRY_TRY(tell_gone_with_mailbox(journal, verification, result));
  if (options.existing)
    MBOXFERRY_TRY(verify_existing(journal, target, options, visit, result, interrupt));
  if (not_compared.mailboxes + not_compared.messages == 0) return result;
  const std::uint64_t others = std::max<std::uint64_t>(not_compared.mailboxes, 1) - 1;
  return Error{
      ErrorCode::try_later,
      fmt::format("{}{}; {} stored message{} could not be compared", not_compared.first,
                  others == 0 ? "" : fmt::format(" (and {} more cannot be opened)", others),
                  not_compared.messages, not_compared.messages == 1 ? "" : "s"),
      "run the same command again when the server opens it"};
}

std::vector<std::string> lines_about(const VerifyResult& result) {
  std::vector<std::string> lines;
  const auto add = [&](std::uint64_t messages, const char* what, const char* more = "") {
    if (messages > 0)
      lines.push_back(
          fmt::format("{} {} message{}{}", what, messages, messages == 1 ? "" : "s", more));
  };
  add(result.gone_since, "gone since an earlier run compared them:",
      " that somebody deleted, moved or took flags from");
  add(result.existing_in_other_form, "there before the job in another form:",
      ", whose parts were compared when they were left out");
  add(result.existing_unchecked,
      "not compared, since their mailbox has other UIDs now:", " that were there before the job");
  add(result.altered.dates, "the server changed INTERNALDATE of");
  add(result.altered.sizes, "the server shows another size for",
      result.altered.without_status ? ", with the same content: it removes mbox status headers "
                                      "(--strip-status-headers leaves "
                                      "them out before sending)"
                                    : ", with the same content");
  add(result.altered.flags, "the server does not keep flags of");
  add(result.altered.keywords, "the server does not keep keywords of");
  add(result.altered.merged, "the server merged", " with the same mail that it had already");
  add(result.altered.moved, "the server gave other UIDs to");
  add(result.altered.renumbered,
      "UIDs given anew (another UIDVALIDITY):", ", found by Message-ID, size and content");
  return lines;
}

}  // namespace mboxferry::transfer
