// SPDX-License-Identifier: Apache-2.0
// Where on the server the mail of a job that begins may be already.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/mapping.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/check/older_jobs.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The mailboxes in which the mail of a row may be, the likeliest first.
struct Candidates {
  const journal::MailboxRow* row = nullptr;
  std::vector<std::string> respelled;
  std::vector<std::string> renamed;
  std::vector<std::string> unrouted;
  std::vector<std::string> scattered;
};

/// Names mailboxes that other commands would have used, or older jobs have. What it is given must
/// outlive it.
class PlacesToAsk {
 public:
  PlacesToAsk(const JobSettings& settings, const std::vector<SourceFolder>& sources,
              const journal::Journal& journal, const Cancellation& interrupt)
      : settings_(settings), sources_(sources), journal_(journal), interrupt_(interrupt) {}

  /// Of rows in question, as many as may be asked: the likeliest of each, then the next ones of
  /// all. The rows must outlive what is returned.
  Result<std::vector<Candidates>> of(const std::vector<journal::MailboxRow>& rows,
                                     const Directory& directory);
  /// How many were left out by the last call, as there are too many.
  [[nodiscard]] std::size_t not_asked() const { return not_asked_; }

 private:
  [[nodiscard]] Result<bool> is_in_question(const journal::MailboxRow& row) const;
  void add_older_places(const OlderPlaces& older, const Directory& directory, bool is_rerouted,
                        Candidates& candidates) const;
  [[nodiscard]] bool gets_rerouted_mail(const journal::MailboxRow& row,
                                        const plan::Mapper& mapper) const;
  [[nodiscard]] std::vector<const SourceFolder*> folders_of(const journal::MailboxRow& row) const;

  const JobSettings& settings_;
  const std::vector<SourceFolder>& sources_;
  const journal::Journal& journal_;
  const Cancellation& interrupt_;
  std::optional<OlderPlaces> older_;  ///< asked once: it reads archives and journals
  std::size_t not_asked_ = 0;
};

}  // namespace mboxferry::transfer
