// SPDX-License-Identifier: Apache-2.0
// The folders of a job's archives, matched with what the journal knows about them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/labels.h"
#include "mboxferry/transfer/indexer.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/unread.h"

namespace mboxferry::transfer {

/// One folder to move: where its bytes are, how to read them, its row in the journal.
struct SourceFolder {
  archive::Folder place;
  std::shared_ptr<archive::SharedFolder> shared;  ///< set when it is read for several mailboxes
  FolderSurvey survey;
  journal::FolderRow row;
  std::optional<archive::NotRead> not_read;  ///< set: no messages were found in it
  std::optional<Error> damage;               ///< set: nothing of it can be read
  std::string copy_name;         ///< its file or the member that it is, when that is a copy
  std::string copy_of;           ///< the other file or member, with the same bytes
  bool copy_is_shorter = false;  ///< and more behind them
  bool in_tree = false;          ///< one of several: goes below the user's mailbox
  bool by_label = false;         ///< a message's labels name its mailbox
  bool by_sender = false;        ///< sender lists may give a message another mailbox
  bool touched = false;          ///< compare the index with the bytes before anything is sent
  bool grown = false;            ///< index what is new
  std::uint64_t bytes_told = 0;  ///< on disk, that progress knows to be read in this run
  std::optional<std::uint64_t> stands_to;  ///< only so many bytes of it are read: it grows
  journal::FolderId replaces = 0;          ///< the folder whose messages it has not taken over yet
  bool had_versions = false;    ///< its archives before may have left messages in the journal
  bool may_have_moved = false;  ///< what the journal has of other archives may be in this one
  bool lost_all = false;       ///< none of its messages is in it: they have moved, or it is another
  bool held_back = false;      ///< the last message before that may not be complete
  bool files_changed = false;  ///< its message files are matched by their digests
  const journal::Journal* placed = nullptr;  ///< set: knows where its messages lie

  /// True when the mailboxes of its messages are known only when they are indexed.
  [[nodiscard]] bool by_message() const { return by_label || by_sender; }
};

/// A way on for a job that cannot go on.
inline constexpr std::string_view kAnotherJobHint =
    "begin a new job with another --journal (a batch: --state-dir) and --skip-existing";

/// What to do about an archive that is not the one a journal was made from.
inline constexpr std::string_view kChangedHint =
    "put the former file back, or begin a new job with another --journal (a batch: --state-dir) "
    "and --skip-existing, which leaves out what the mailbox has";

/// Opens the archives and surveys every folder. Errors: no_such_archive, not_mail when a file that
/// the user named is no mbox, io. What is not read goes to `not_read`. Nothing is sent or written.
Result<std::vector<SourceFolder>> open_sources(const JobSettings& settings, UnreadFiles& not_read,
                                               Observer& observer);

/// Matches the folders with the journal's and adds the new ones. A folder whose file only grew is
/// to be indexed further; one that was written to is to be compared first. One that changed
/// otherwise is read anew; one that is gone is an `archive_changed` error.
Result<void> match_with_journal(std::vector<SourceFolder>& sources, const JobSettings& settings,
                                journal::Journal& journal, Observer& observer);

/// What labels do in this job: what was asked for, else `first`, unless all goes into a mailbox
/// that the user named.
plan::LabelPolicy label_policy(const JobSettings& settings);

/// By what a journal knows the bytes of a folder: FolderRow::file.
std::string file_name_of(const archive::Archive& archive, const archive::Folder& place);

std::string identity_to_text(const archive::Identity& identity);
std::optional<archive::Identity> identity_from_text(const std::string& text);

}  // namespace mboxferry::transfer
