// SPDX-License-Identifier: Apache-2.0
// Decides whether a job begins, before anything is created or sent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/check/presence_check.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/pace/tracker.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Asks whether the same mail is there already, and whether there is room for it.
class StartCheck {
 public:
  /// Made before the index pass begins, which changes the rows of `sources`. All must outlive it.
  StartCheck(const JobSettings& settings, const std::vector<SourceFolder>& sources,
             journal::Journal& journal, Tracker& tracker, const Cancellation& interrupt);

  /// Errors: `configuration` when the mail is there, `try_later` when the quota is too small.
  /// `wait_for_index` returns when all is indexed; it is called when the quota may be too small,
  /// and when a mailbox holds so little that all of it can be looked for. May be repeated on
  /// another connection.
  Result<void> check(imap::Target& target, const Directory& directory,
                     const std::function<Result<void>()>& wait_for_index);

  /// True when that was why the job does not begin.
  [[nodiscard]] bool found_copies() const { return found_copies_; }

 private:
  Result<void> look_for_copies(imap::Target& target, const Directory& directory,
                               const std::function<Result<void>()>& wait_for_index);
  Result<void> leave_out_what_is_there(const std::vector<Presence>& found,
                                       const std::function<Result<void>()>& wait_for_index);
  void tell_of_few_elsewhere(const std::vector<Presence>& found);
  Result<void> tell(const Result<std::vector<std::string>>& notices);
  Result<void> check_quota(imap::Target& target, const Directory& directory,
                           const std::function<Result<void>()>& wait_for_index);
  Result<journal::Count> left_to_send(const imap::Target& target) const;
  Result<void> look_for_filed_mail(imap::Target& target, const Directory& directory);
  Result<void> skip_beforehand(imap::Target& target, const Directory& directory);

  const JobSettings& settings_;
  const std::vector<SourceFolder>& sources_;
  journal::Journal& journal_;
  Tracker& tracker_;
  const Cancellation& interrupt_;
  PresenceCheck presence_;
  bool found_copies_ = false;
};

/// Removes the journal of a job that did nothing: the user will run that job with other settings,
/// which those in the journal would forbid. One that knows of mail that was sent stays.
Result<void> discard_unused(std::unique_ptr<journal::Journal> journal);

}  // namespace mboxferry::transfer
