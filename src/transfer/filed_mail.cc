// SPDX-License-Identifier: Apache-2.0
// Looks for mail of one mailbox in another.
#include "transfer/filed_mail.h"

#include <fmt/format.h>

#include <algorithm>

#include "transfer/held_mail.h"

namespace mboxferry::transfer {
namespace {

/// What goes into `from` (0: into any mailbox) and not into `except`.
struct Question {
  std::string mailbox;
  journal::MailboxId from = 0;
  journal::MailboxId except = 0;
};

Result<std::optional<FiledMail>> ask(const Question& question, const Directory& directory,
                                     const journal::Journal& journal, imap::ReadOnlyTarget& target,
                                     const Cancellation& interrupt) {
  const imap::ListedMailbox* const listed = directory.find(question.mailbox);
  if (listed == nullptr || !listed->selectable) return std::optional<FiledMail>();
  const auto status = target.status(listed->name);
  if (!status && status.error().scope != ErrorScope::mailbox) return Error(status.error());
  if (!status || status->exists == 0 || status->exists > HeldMail::kMost)
    return std::optional<FiledMail>();
  FiledMail filed;
  filed.mailbox = listed->name;
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(question.from));
  filed.planned = counts.planned.messages;
  if (question.except != 0) {
    MBOXFERRY_ASSIGN(const journal::MailboxCounts own, journal.counts(question.except));
    filed.planned -= std::min(filed.planned, own.planned.messages);
  }
  if (filed.planned == 0) return std::optional<FiledMail>();
  MBOXFERRY_ASSIGN(HeldMail mail, HeldMail::read(listed->name, target));
  filed.held = mail.size();
  MBOXFERRY_ASSIGN(filed.found,
                   mail.count_planned(question.from, journal, target, interrupt, question.except));
  return filed.found == 0 ? std::optional<FiledMail>() : std::optional(std::move(filed));
}

}  // namespace

Result<std::optional<FiledMail>> find_filed_mail(const JobSettings& settings,
                                                 const Directory& directory,
                                                 const journal::Journal& journal,
                                                 imap::ReadOnlyTarget& target,
                                                 const Cancellation& interrupt) {
  if (settings.senders.reroutes()) return std::optional<FiledMail>();
  MBOXFERRY_ASSIGN(const plan::Mapper mapper, directory.mapper(settings));
  const std::string junk = mapper.map_junk().name;
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const journal::MailboxRow& one) {
    return same_mailbox(one.name, junk);
  });
  const journal::MailboxId junk_row = row == rows.end() ? 0 : row->id;
  MBOXFERRY_ASSIGN(auto blocked, ask({junk, 0, junk_row}, directory, journal, target, interrupt));
  if (junk_row == 0) return blocked;
  MBOXFERRY_ASSIGN(auto rescued, ask({mapper.map_inbox().name, junk_row, 0}, directory, journal,
                                     target, interrupt));
  const bool more = rescued && (!blocked || rescued->found > blocked->found);
  return more ? rescued : blocked;
}

Error filed_mail_is_there(const std::string& account, const FiledMail& filed) {
  return {ErrorCode::configuration,
          fmt::format("{}: mailbox {} holds {} messages that would go into other mailboxes, as a "
                      "job with sender lists leaves them; nothing was created or sent",
                      account, filed.mailbox, filed.found),
          "name that job's --senders lists beside --skip-existing, which leaves out what is there; "
          "--allow-copies beside it sends these messages once more",
          ErrorScope::job};
}

std::string describe_filed(const FiledMail& filed) {
  return fmt::format(
      "{}: {} of its {} messages {} among those to be sent into other mailboxes and "
      "will be there twice; the sender lists of the job that put {} there avoid it",
      filed.mailbox, filed.found, filed.held, filed.found == 1 ? "is" : "are",
      filed.found == 1 ? "it" : "them");
}

}  // namespace mboxferry::transfer
