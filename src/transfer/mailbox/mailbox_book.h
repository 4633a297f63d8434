// SPDX-License-Identifier: Apache-2.0
// Which mailbox each folder and each label goes into.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/collisions.h"
#include "mboxferry/plan/mapping.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Maps names and keeps a row in the journal for each mailbox. Two sources that would share a
/// mailbox by accident are an error (`configuration`), before anything is created. One thread at a
/// time; the journal must outlive it.
class MailboxBook {
 public:
  /// Knows what an earlier run of the job has mapped.
  static Result<MailboxBook> open(plan::Mapper mapper, journal::Journal& journal);

  /// Maps all folders at once, so that a clash is found before the first has a mailbox.
  Result<void> foresee(const std::vector<SourceFolder>& sources);
  Result<journal::MailboxId> for_folder(const SourceFolder& source);
  /// `label`: one of those that plan::choose_labels gives.
  Result<journal::MailboxId> for_label(const std::string& label);
  /// Its mailbox, if the server has it, may hold mail that sender lists send elsewhere now.
  Result<void> note_unused(const std::string& label);
  /// Fails when the mailbox for junk would be another folder's by accident; as foresee().
  Result<void> foresee_junk();
  /// For mail of blocked senders, and for mail that is taken out of junk.
  Result<journal::MailboxId> for_junk();
  Result<journal::MailboxId> for_inbox();
  /// True when the folder goes into a mailbox that the server has for sent mail, drafts or trash.
  [[nodiscard]] bool keeps_own_mail(const SourceFolder& source) const;
  /// What the user should know about the names given since the last call.
  std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  MailboxBook(plan::Mapper mapper, journal::Journal& journal, std::vector<journal::MailboxRow> rows)
      : mapper_(std::move(mapper)), journal_(&journal), rows_(std::move(rows)) {}
  Result<journal::MailboxId> assign(const std::string& source, const plan::MappedName& mapped);
  void tell_merged(const std::vector<SourceFolder>& sources);
  [[nodiscard]] plan::Held held(const plan::MappedName& mapped) const;
  [[nodiscard]] Result<void> check_collisions() const;

  plan::Mapper mapper_;
  journal::Journal* journal_;
  std::vector<journal::MailboxRow> rows_;
  plan::CollisionFinder collisions_;
  bool has_begun_ = false;  ///< the journal had messages before this run
  std::map<std::string, journal::MailboxId> by_label_;
  std::set<std::string> unused_;
  std::optional<journal::MailboxId> junk_;
  std::optional<journal::MailboxId> inbox_;
  std::vector<std::string> notices_;
};

/// The journal's note of mailboxes that note_unused() was told of, as archive_lines().
inline constexpr const char* kUnusedPlacesNote = "unused_places";

/// Gives every folder that has no mailbox yet its row in the journal; with labels that name
/// mailboxes, a folder gets one of its own only when a message without them turns up.
Result<void> assign_mailboxes(std::vector<SourceFolder>& sources, MailboxBook& book,
                              journal::Journal& journal, Observer& observer);

}  // namespace mboxferry::transfer
