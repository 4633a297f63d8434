// SPDX-License-Identifier: Apache-2.0
// Names, creates and selects mailboxes.
#include "transfer/mailbox/mailboxes.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <optional>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/plan/other_spellings.h"
#include "transfer/mailbox/compared_note.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {
namespace {

/// A name that the server refuses in every spelling: the mail has no other place.
Error cannot_create(Error error) {
  if (!is_name_refused(error)) return error;
  error.code = ErrorCode::configuration;
  error.hint = "choose another mailbox name with --map or in --to";
  return error;
}

/// True when the server lists it, so that another name would be no help.
Result<bool> is_on_server(const std::string& mailbox, imap::ReadOnlyTarget& target) {
  const auto listed = target.list();
  if (!listed) return target.is_alive() ? Result<bool>(false) : listed.error();
  return std::any_of(listed->begin(), listed->end(), [&](const imap::ListedMailbox& one) {
    return one.selectable && same_mailbox(one.name, mailbox);
  });
}

/// Selects the mailbox, which is created and subscribed to where it is absent: mail in one that is
/// not subscribed is invisible in many clients. What was listed at the job's start may have gone.
Result<imap::SelectedMailbox> open_or_create(imap::Target& target, const Directory& directory,
                                             journal::MailboxRow& row) {
  const imap::ListedMailbox* listed = directory.find(row.name);
  std::optional<Error> not_opened;
  // One that this job made may not be subscribed to yet.
  if (listed != nullptr && listed->selectable && !row.created) {
    auto selected = target.open_mailbox(row.name, false);
    const bool gone = !selected && selected.error().scope == ErrorScope::mailbox;
    if (!gone) return selected;
    not_opened = selected.error();
  }
  auto opened = target.open_mailbox(row.name, true);
  if (!opened && not_opened && is_name_refused(opened.error())) {
    MBOXFERRY_ASSIGN(const bool there, is_on_server(row.name, target));
    if (!there) return opened;
    not_opened->code = ErrorCode::try_later;
    not_opened->hint = imap::kAskWhyNotOpened;
    return *not_opened;
  }
  if (!opened) return opened;
  crash_point("mailbox-created");
  row.created = true;
  return opened;
}

/// Gives the row a name that no other mailbox of the job has, also when several connections look
/// for one at the same time.
Result<void> rename_row(const std::string& wanted, const Directory& directory, imap::Target& target,
                        journal::MailboxRow& row, journal::Journal& journal) {
  for (std::string name = wanted;;) {
    MBOXFERRY_ASSIGN(name, free_name(std::move(name), row, journal, directory, target));
    bool is_taken = false;
    MBOXFERRY_TRY(journal.together([&]() -> Result<void> {
      MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
      is_taken = is_of_another(name, row, rows);
      if (is_taken) return ok();
      if (row.renamed_from.empty()) row.renamed_from = row.name;
      row.name = name;
      return journal.update_mailbox(row);
    }));
    if (!is_taken) return ok();
  }
}

/// The closest spelling that the server takes, and that is nobody else's.
Result<imap::SelectedMailbox> open_respelled(imap::Target& target, const Directory& directory,
                                             const Error& refused, journal::MailboxRow& row,
                                             std::string& why, journal::Journal& journal) {
  const journal::MailboxRow as_planned = row;
  const imap::Namespace& space = directory.name_space;
  for (plan::OtherSpelling& other :
       plan::other_spellings(as_planned.name, space.separator, space.prefix)) {
    // Known before the mailbox is: a run that goes on finds it by this name.
    MBOXFERRY_TRY(rename_row(other.name, directory, target, row, journal));
    auto opened = open_or_create(target, directory, row);
    if (!opened && is_name_refused(opened.error())) continue;
    why = std::move(other.why);
    return opened;
  }
  row = as_planned;
  MBOXFERRY_TRY(journal.update_mailbox(row));
  return cannot_create(refused);
}

/// The last comparison saw every message that is stored, and found it.
Result<bool> was_in_order(const journal::MailboxRow& row, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal.doubt(row.id));
  MBOXFERRY_ASSIGN(const Compared compared, compared_before(row, journal));
  if (doubt.count.messages > 0 || doubt.stored_without_uid || compared.last == 0) return false;
  bool in_order = true;
  const auto walked =
      journal.each(journal::State::stored, row.id, [&](const journal::MessageRow& message) {
        in_order = compared.covers(message.uid);
        return in_order ? ok() : Result<void>(Error{ErrorCode::interrupted, "one is enough", ""});
      });
  if (!walked && in_order) return Error(walked.error());
  return in_order;
}

}  // namespace

Result<void> doubt_gone(journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  for (const journal::MailboxRow& row : rows) {
    if (row.uid_validity == 0) continue;
    MBOXFERRY_ASSIGN(const std::uint64_t doubted, journal.doubt_left_out(row.id, kGoneSince));
    static_cast<void>(doubted);
  }
  return ok();
}

std::string in_order_note(journal::MailboxId mailbox) {
  return fmt::format("in_order.{}", mailbox);
}

Error not_shown(Error error) {
  if (error.scope != ErrorScope::mailbox || error.code != ErrorCode::refused) return error;
  error.code = ErrorCode::try_later;
  error.hint = "run the same command again when the server opens it";
  return error;
}

bool is_name_refused(const Error& error) {
  return error.scope == ErrorScope::mailbox &&
         (error.code == ErrorCode::refused || error.code == ErrorCode::configuration);
}

plan::FlagLimits flag_limits(const imap::PermanentFlags& permanent) {
  return {permanent.system, permanent.any_keyword, permanent.keywords};
}

bool same_mailbox(const std::string& one, const std::string& other) {
  return one == other ||
         (strcasecmp(one.c_str(), "INBOX") == 0 && strcasecmp(other.c_str(), "INBOX") == 0);
}

Result<Directory> Directory::read(imap::ReadOnlyTarget& target) {
  MBOXFERRY_ASSIGN(imap::MailboxTree tree, target.mailbox_tree());
  return Directory{std::move(tree.name_space), std::move(tree.listed)};
}

const imap::ListedMailbox* Directory::find(const std::string& name) const {
  const auto found = std::find_if(
      listed.begin(), listed.end(),
      [&](const imap::ListedMailbox& known) { return same_mailbox(known.name, name); });
  return found == listed.end() ? nullptr : &*found;
}

Result<plan::Mapper> Directory::mapper(const JobSettings& settings) const {
  plan::ServerNames names{name_space.prefix, name_space.separator, {}};
  for (const imap::ListedMailbox& known : listed)
    names.mailboxes.push_back({known.name, known.special_use, known.selectable});
  plan::MappingRules rules = settings.mapping;
  rules.owner = settings.account.user;
  return plan::Mapper::create(std::move(rules), std::move(names));
}

Result<ReadyMailbox> note_mailbox(const imap::SelectedMailbox& selected, journal::MailboxRow row,
                                  journal::Journal& journal) {
  ReadyMailbox ready;
  ready.flags = flag_limits(selected.permanent_flags);
  ready.uid_floor = std::max<imap::Uid>(selected.uid_next, 1);
  ready.exists = selected.exists;
  if (row.uid_validity == 0) {
    row.uid_validity = selected.uid_validity;
    row.uid_floor = ready.uid_floor;
    row.existed_before = selected.exists;
    MBOXFERRY_TRY(journal.update_mailbox(row));
  } else if (row.uid_validity != selected.uid_validity) {
    MBOXFERRY_ASSIGN(const bool in_order, was_in_order(row, journal));
    MBOXFERRY_TRY(journal.doubt_everything(row.id, selected.uid_validity));
    // Only now: without the note, what is not found is sent again, which loses nothing.
    if (in_order) MBOXFERRY_TRY(journal.set_note(in_order_note(row.id), "1"));
    row.uid_validity = selected.uid_validity;
    row.uid_floor = 1;
    row.renewed = true;
    MBOXFERRY_TRY(journal.update_mailbox(row));
    ready.validity_changed = true;
  }
  ready.row = row;
  return ready;
}

Result<ReadyMailbox> prepare_mailbox(imap::Target& target, const Directory& directory,
                                     journal::MailboxRow row, journal::Journal& journal) {
  std::string why;
  auto selected = open_or_create(target, directory, row);
  const bool may_respell = !selected && is_name_refused(selected.error()) &&
                           row.uid_validity == 0 && directory.find(row.name) == nullptr;
  if (may_respell)
    selected = open_respelled(target, directory, Error(selected.error()), row, why, journal);
  if (!selected) return cannot_create(selected.error());
  MBOXFERRY_ASSIGN(ReadyMailbox ready, note_mailbox(*selected, std::move(row), journal));
  ready.renamed = std::move(why);
  return ready;
}

}  // namespace mboxferry::transfer
