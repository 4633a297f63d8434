// SPDX-License-Identifier: Apache-2.0
// Copies and quota, asked about before a job begins.
#include "transfer/plan/start_check.h"

#include <algorithm>
#include <optional>

#include "transfer/check/filed_mail.h"
#include "transfer/check/shared_place.h"
#include "transfer/check/skip_existing.h"
#include "transfer/mailbox/tally.h"
#include "transfer/plan/quota_check.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {
namespace {

/// A bound of the wire bytes of all messages: at most each byte is a line end that becomes two.
/// Nothing when files are packed, or a message may go into several mailboxes.
std::optional<std::uint64_t> most_to_send(const std::vector<SourceFolder>& sources) {
  std::uint64_t bytes = 0;
  for (const SourceFolder& source : sources) {
    if (source.by_label || source.place.container) return std::nullopt;
    if (source.place.form == archive::FolderForm::mbox) {
      const auto file = archive::open_folder(source.place);
      if (!file || !(*file)->reads_anywhere()) return std::nullopt;
    }
    bytes += 2 * source.place.bytes_on_disk;
  }
  return bytes;
}

}  // namespace

StartCheck::StartCheck(const JobSettings& settings, const std::vector<SourceFolder>& sources,
                       journal::Journal& journal, Tracker& tracker, const Cancellation& interrupt)
    : settings_(settings),
      sources_(sources),
      journal_(journal),
      tracker_(tracker),
      interrupt_(interrupt),
      presence_(settings, sources, journal, interrupt) {}

Result<void> StartCheck::check(imap::Target& target, const Directory& directory,
                               const std::function<Result<void>()>& wait_for_index) {
  MBOXFERRY_TRY(look_for_copies(target, directory, wait_for_index));
  return check_quota(target, directory, wait_for_index);
}

/// How much is to be sent is only known when all of it is indexed. Where even the most that it can
/// be fits, nobody waits for that.
Result<void> StartCheck::check_quota(imap::Target& target, const Directory& directory,
                                     const std::function<Result<void>()>& wait_for_index) {
  if (settings_.quota_reserve.ignore_quota || !target.capabilities().quota) return ok();
  MBOXFERRY_ASSIGN(const auto quota, target.quota("INBOX"));
  if (!quota) return ok();
  const auto most = most_to_send(sources_);
  // A message has more than a byte.
  if (most && *most <= room_in(*quota, settings_.quota_reserve) &&
      *most <= message_room_in(*quota, settings_.quota_reserve))
    return ok();
  MBOXFERRY_TRY(wait_for_index());
  MBOXFERRY_ASSIGN(journal::Count needed, left_to_send(target));
  auto why = too_little_room(*quota, needed, settings_.quota_reserve);
  if (why && settings_.skip_existing) {
    MBOXFERRY_TRY(skip_beforehand(target, directory));
    MBOXFERRY_ASSIGN(needed, left_to_send(target));
    why = too_little_room(*quota, needed, settings_.quota_reserve);
  }
  if (!why) return ok();
  return Error{ErrorCode::try_later, settings_.account.label() + ": " + *why + "; nothing was sent",
               kMakeRoom, ErrorScope::job};
}

/// Without what the server is known to refuse, and what may be there already.
Result<journal::Count> StartCheck::left_to_send(const imap::Target& target) const {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_.counts(0));
  MBOXFERRY_ASSIGN(const Tally sums, tally(journal_, 0, {journal::State::planned}, {},
                                           target.capabilities().append_limit));
  return journal::Count{counts.planned.messages - sums.oversize,
                        counts.planned.bytes - sums.oversize_bytes};
}

/// What is there already needs no room.
Result<void> StartCheck::skip_beforehand(imap::Target& target, const Directory& directory) {
  MBOXFERRY_ASSIGN(const auto rows, journal_.mailboxes());
  for (const journal::MailboxRow& row : rows) {
    const imap::ListedMailbox* listed = directory.find(row.name);
    if (listed == nullptr || !listed->selectable) continue;
    MBOXFERRY_ASSIGN(const imap::SelectedMailbox selected, target.select(listed->name));
    MBOXFERRY_ASSIGN(const ReadyMailbox ready, note_mailbox(selected, row, journal_));
    MBOXFERRY_TRY(skip_existing(ready.row, target, journal_, masked_digest_of(sources_, settings_),
                                form_of(sources_, settings_), interrupt_));
  }
  return ok();
}

/// What is in the folders' own mailboxes is left out and no question.
Result<void> StartCheck::look_for_filed_mail(imap::Target& target, const Directory& directory) {
  const auto find = [&] {
    return find_filed_mail(settings_, directory, journal_, target, interrupt_);
  };
  MBOXFERRY_ASSIGN(auto filed, find());
  if (!filed) return ok();
  MBOXFERRY_TRY(skip_beforehand(target, directory));
  MBOXFERRY_ASSIGN(filed, find());
  if (!filed) return ok();
  found_copies_ = filed->is_there();
  if (found_copies_) return filed_mail_is_there(settings_.account.label(), *filed);
  tracker_.notice(describe_filed(*filed));
  return ok();
}

/// Before anything is created or sent. A job that sends copies on purpose notes it for its resumes.
Result<void> StartCheck::look_for_copies(imap::Target& target, const Directory& directory,
                                         const std::function<Result<void>()>& wait_for_index) {
  MBOXFERRY_ASSIGN(const auto allowed, journal_.note(kAllowCopiesNote));
  if (settings_.allow_copies && !allowed) MBOXFERRY_TRY(journal_.set_note(kAllowCopiesNote, "1"));
  if (settings_.allow_copies || allowed) return ok();
  const Places places = settings_.skip_existing ? Places::elsewhere : Places::all;
  MBOXFERRY_ASSIGN(const bool needs_rows, presence_.needs_rows(target, directory));
  if (needs_rows) MBOXFERRY_TRY(wait_for_index());
  MBOXFERRY_ASSIGN(std::vector<Presence> found, presence_.look(target, directory, places));
  if (presence_.not_asked() > 0) tracker_.notice(describe_not_asked(presence_.not_asked()));
  MBOXFERRY_ASSIGN(const bool continues, goes_on(journal_));
  // One that goes on is asked about each mailbox.
  if (PresenceCheck::may_look_closer(found, continues ? Places::elsewhere : places)) {
    MBOXFERRY_TRY(wait_for_index());
    MBOXFERRY_TRY(presence_.look_closer(found, target));
  }
  MBOXFERRY_ASSIGN(auto shared, mail_in_one_place(found, sources_, directory, journal_));
  found_copies_ = shared.has_value() && !continues;
  if (shared) return *std::move(shared);
  std::erase_if(found, [](const Presence& presence) { return presence.shared; });
  if (settings_.skip_existing && !keep_from_going_on(found)) {
    MBOXFERRY_TRY(tell(go_on_elsewhere(found, journal_)));
    return continues ? ok() : look_for_filed_mail(target, directory);
  }
  if (continues) return leave_out_what_is_there(found, wait_for_index);
  MBOXFERRY_TRY(presence_.judge(found));
  found_copies_ = std::any_of(found.begin(), found.end(),
                              [](const Presence& presence) { return presence.stops; });
  if (found_copies_) return copies_are_there(settings_, found);
  tell_of_few_elsewhere(found);
  const bool any_in_place = std::any_of(found.begin(), found.end(), [](const Presence& presence) {
    return presence.in_place() && presence.any();
  });
  if (!any_in_place) return ok();
  MBOXFERRY_TRY(wait_for_index());
  return tell(leave_out_few(found, journal_));
}

/// The journal of a job that goes on knows nothing of it.
Result<void> StartCheck::leave_out_what_is_there(
    const std::vector<Presence>& found, const std::function<Result<void>()>& wait_for_index) {
  const bool any = std::any_of(found.begin(), found.end(), [](const Presence& presence) {
    return presence.there() || (presence.in_place() && presence.any());
  });
  if (any) {
    MBOXFERRY_TRY(wait_for_index());
    return tell(look_through(found, journal_));
  }
  tell_of_few_elsewhere(found);
  return ok();
}

void StartCheck::tell_of_few_elsewhere(const std::vector<Presence>& found) {
  for (const Presence& presence : found)
    if (!presence.in_place() && presence.any()) tracker_.notice(describe_few(presence));
}

Result<void> StartCheck::tell(const Result<std::vector<std::string>>& notices) {
  if (!notices) return notices.error();
  for (const std::string& notice : *notices) tracker_.notice(notice);
  return ok();
}

Result<void> discard_unused(std::unique_ptr<journal::Journal> journal) {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal->counts(0));
  if (counts.stored.messages + counts.intended.messages + counts.refused.messages > 0) return ok();
  const std::string path = journal->path();
  journal.reset();
  return journal::remove_journal(path);
}

}  // namespace mboxferry::transfer
