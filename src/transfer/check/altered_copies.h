// SPDX-License-Identifier: Apache-2.0
// Planned messages that a mailbox held before the job in another form.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/message/content_form.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/folder_readers.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// Reads a message from the archive.
using FormOf = std::function<Result<message::ContentForm>(const journal::MessageRow&, Quoting)>;
FormOf form_of(const std::vector<SourceFolder>& sources, const JobSettings& settings);

/// Compares planned messages with those of the same Message-ID and date, or of the same date where
/// they have none, part by part. Other jobs and programs put other versions of a message there: no
/// number of them, and nothing that the server does to this job's mail, makes them a copy. What
/// another job read of the same archive with the other quoting is one. A begun reconciliation of
/// the mailbox, which is selected on `target`. All must outlive it.
class AlteredCopies {
 public:
  AlteredCopies(imap::ReadOnlyTarget& target, journal::Journal& journal, const FormOf& form,
                const Cancellation& interrupt)
      : target_(target), journal_(journal), form_(form), interrupt_(interrupt) {}

  /// Commits those that are proven to be there.
  Result<void> match();
  [[nodiscard]] std::uint64_t found() const { return found_; }
  /// Those with a Message-ID that is there with other content only.
  [[nodiscard]] std::uint64_t different() const { return different_; }

 private:
  using Alike = journal::Journal::Lookalikes;
  using Forms = std::map<imap::Uid, message::ContentForm>;

  Result<void> decide(const std::vector<Alike>& groups);
  Result<void> decide(const Alike& alike, const Forms& there);
  Result<Forms> read(const std::vector<Alike>& groups);

  imap::ReadOnlyTarget& target_;
  journal::Journal& journal_;
  const FormOf& form_;
  const Cancellation& interrupt_;
  std::uint64_t found_ = 0;
  std::uint64_t different_ = 0;
};

}  // namespace mboxferry::transfer
