// SPDX-License-Identifier: Apache-2.0
// A second look, and the list of those that nobody can decide.
#include "transfer/check/last_doubts.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

#include "transfer/check/reconcile.h"
#include "transfer/mailbox/mailboxes.h"

namespace mboxferry::transfer {
namespace {

constexpr std::uint64_t kMostDoubtsTold = 50;

Result<void> tell_doubts(const journal::MailboxRow& mailbox, journal::Journal& journal,
                         Observer& observer, std::uint64_t& told) {
  std::unordered_map<journal::FolderId, std::string> paths;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders) paths.emplace(folder.id, folder.path);
  return journal.each(
      journal::State::intended, mailbox.id, [&](const journal::MessageRow& row) -> Result<void> {
        if (++told <= kMostDoubtsTold)
          observer.notice(fmt::format("in doubt: {}, message at byte {}, for mailbox {}",
                                      paths[row.folder], row.offset, mailbox.name));
        if (told == kMostDoubtsTold + 1)
          observer.notice("more messages in doubt are in the report only");
        return ok();
      });
}

/// From mailboxes where something was confirmed, whichever the doubts are about.
Result<void> learn_elsewhere(const std::vector<journal::MailboxRow>& mailboxes,
                             const journal::CountsByMailbox& counts, imap::Target& target,
                             journal::Journal& journal) {
  constexpr int kAsked = 3;
  int asked = 0;
  for (const journal::MailboxRow& mailbox : mailboxes) {
    if (counts_of(counts, mailbox.id).stored.messages == 0 || asked == kAsked) continue;
    const auto selected = target.select(mailbox.name);
    if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
    if (!selected || selected->uid_validity != mailbox.uid_validity) continue;
    MBOXFERRY_ASSIGN(const ServerWays ways, learn_ways(mailbox, target, journal));
    asked += ways.known ? 1 : 0;
  }
  return ok();
}

}  // namespace

Result<std::uint64_t> settle_last_doubts(const std::vector<SourceFolder>& sources,
                                         const JobSettings& settings, journal::Journal& journal,
                                         imap::Target& target, Clock& clock, Observer& observer,
                                         const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const journal::CountsByMailbox counts, journal.counts_by_mailbox());
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  const bool any = std::any_of(counts.begin(), counts.end(), [](const auto& of_mailbox) {
    return of_mailbox.second.intended.messages > 0;
  });
  if (!any) return 0;
  MBOXFERRY_TRY(learn_elsewhere(mailboxes, counts, target, journal));
  std::uint64_t left = 0;
  std::uint64_t told = 0;
  for (const journal::MailboxRow& mailbox : mailboxes) {
    if (counts_of(counts, mailbox.id).intended.messages == 0) continue;
    const auto selected = target.select(mailbox.name);
    if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
    std::uint64_t held = counts_of(counts, mailbox.id).intended.messages;
    if (selected && selected->uid_validity == mailbox.uid_validity) {
      std::mutex turn;
      Settling settling;
      const auto reconciled =
          reconcile(mailbox, target, journal, clock, {}, masked_digest_of(sources, settings),
                    {envelope_of(sources, settings), false, true}, settling, turn, interrupt);
      if (!reconciled) return not_shown(reconciled.error());
      held = reconciled->held;
      if (reconciled->found > 0)
        observer.notice(
            fmt::format("{}: {} messages in doubt were there", mailbox.name, reconciled->found));
    }
    if (held > 0) MBOXFERRY_TRY(tell_doubts(mailbox, journal, observer, told));
    left += held;
  }
  return left;
}

Error left_in_doubt(const std::string& label, std::uint64_t messages) {
  return {
      ErrorCode::try_later,
      fmt::format("{}: {} message{} in doubt: the mailbox has mail like {} in another form, or "
                  "some that cannot be read, and it cannot be decided whether it is the same",
                  label, messages, messages == 1 ? " is" : "s are", messages == 1 ? "it" : "them"),
      "look for them in the mailbox; then run the same command with --resend-doubtful to send "
      "them again, even if some are there twice then",
      ErrorScope::job};
}

}  // namespace mboxferry::transfer
