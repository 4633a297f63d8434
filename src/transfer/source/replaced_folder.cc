// SPDX-License-Identifier: Apache-2.0
// Reads replaced archives anew, and keeps what was done with their messages.
#include "transfer/source/replaced_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "transfer/index/index_state.h"

namespace mboxferry::transfer {
namespace {

Error gone_unsent(const journal::FolderRow& row, std::uint64_t messages) {
  return {ErrorCode::archive_changed,
          fmt::format("{} has changed since this job's journal was written: {} message{} not "
                      "stored yet {} gone",
                      row.file, messages, messages == 1 ? " that is" : "s that are",
                      messages == 1 ? "is" : "are"),
          std::string(kChangedHint)};
}

Error cut_short(const journal::FolderRow& row) {
  return {ErrorCode::archive_changed,
          row.file + " has changed since this job's journal was written: it was longer then",
          std::string(kChangedHint)};
}

Error all_gone(const journal::FolderRow& row, std::uint64_t messages) {
  return {
      ErrorCode::archive_changed,
      fmt::format("{} has changed since this job's journal was written: none of the {} messages "
                  "that are stored is in it any more",
                  row.file, messages),
      std::string(kChangedHint)};
}

Error holds_none(const journal::FolderRow& row) {
  return {ErrorCode::archive_changed,
          row.file + " holds none of the messages that it held when this job's journal was written",
          std::string(kChangedHint)};
}

Error read_anew_first(Error changed) {
  changed.hint =
      "run the job's own command again, which reads it anew and knows what is stored, and then "
      "retry";
  return changed;
}

}  // namespace

Result<void> replace_folder(SourceFolder& source, const JobSettings& settings,
                            journal::Journal& journal, const Error& changed) {
  if (source.stands_to) return changed;
  // What is sent once more is what was refused, and nothing that was put in its place.
  if (settings.retry) return read_anew_first(changed);
  source.touched = false;
  source.grown = false;
  source.row.index_state = IndexState{}.to_text();
  source.row.index_done = false;
  journal::FolderRow row = source.row;
  if (source.replaces != 0) {
    MBOXFERRY_TRY(journal.forget_replacement(row.id));
  } else {
    source.replaces = row.id;
  }
  MBOXFERRY_ASSIGN(source.row.id, journal.replace_folder(source.replaces, row));
  return ok();
}

bool any_replaced(const std::vector<SourceFolder>& sources) {
  return std::any_of(sources.begin(), sources.end(), [](const SourceFolder& source) {
    return source.replaces != 0 || source.may_have_moved;
  });
}

Result<void> take_over_replaced(std::vector<SourceFolder>& sources, journal::Journal& journal,
                                Observer& observer) {
  for (SourceFolder& source : sources) {
    if (source.replaces == 0 && !source.had_versions) continue;
    // Its last message may be one that is stored.
    if (source.held_back && source.replaces != 0)
      return Error{ErrorCode::try_later, source.row.file + " was replaced and is being written to",
                   "run the same command again when it is written"};
    MBOXFERRY_ASSIGN(const journal::TakenOver taken, journal.take_over(source.row.id));
    if (taken.is_cut) return cut_short(source.row);
    if (taken.unsent_gone > 0) return gone_unsent(source.row, taken.unsent_gone);
    if (taken.is_another) return all_gone(source.row, taken.stored_gone);
    if (taken.returned > 0)
      observer.notice(fmt::format(
          "{}: {} in it again that an earlier version of it had; what is "
          "stored of that is not sent again",
          source.row.file,
          taken.returned == 1 ? "1 message is" : fmt::format("{} messages are", taken.returned)));
    if (std::exchange(source.replaces, 0) == 0) continue;
    if (taken.stored_gone == 0) {
      observer.notice(source.row.file +
                      " was replaced; what was read of it before is known by its content");
      continue;
    }
    const bool one = taken.stored_gone == 1;
    observer.notice(fmt::format(
        "{} was replaced: {} message{} stored and not in it any more as {} then (cut short, "
        "deleted or changed "
        "since): {} in the mailbox, and what is in the archive now is sent beside {}",
        source.row.file, taken.stored_gone, one ? " is" : "s are", one ? "it was" : "they were",
        one ? "it stays" : "they stay", one ? "it" : "them"));
  }
  for (const SourceFolder& source : sources) {
    if (!source.lost_all) continue;
    MBOXFERRY_ASSIGN(const bool is_elsewhere, journal.is_elsewhere(source.row.id));
    if (!is_elsewhere) return holds_none(source.row);
  }
  MBOXFERRY_ASSIGN(const std::uint64_t moved, journal.take_moved());
  if (moved > 0)
    observer.notice(
        fmt::format("{} in another file of {} now; what is stored of that is not sent again",
                    moved == 1 ? "1 message is" : fmt::format("{} messages are", moved),
                    moved == 1 ? "its mailbox" : "their mailboxes"));
  return ok();
}

}  // namespace mboxferry::transfer
