// SPDX-License-Identifier: Apache-2.0
// Planned messages and what a mailbox held before, alike in Message-ID, size and date: is it them?
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/check/withheld_bodies.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

/// Decides the journal's certain matches of planned messages by content: of a sample of them and of
/// those whose Message-ID occurs more than once, and of all where one of the sample is another
/// message (docs/decisions/0059-copies-under-other-names.md). A begun reconciliation of the
/// mailbox, which is selected on `target`. All must outlive it.
class CertainPairs {
 public:
  /// What becomes of a pair whose content differs.
  enum class Other { rejected, unproven };
  /// What becomes of one that the server does not give.
  enum class Unread { counts_as_same, rejected, unproven };
  struct Rules {
    Other other = Other::rejected;
    Unread unread = Unread::counts_as_same;
    WithheldBodies* withheld = nullptr;  ///< may be null
  };

  CertainPairs(imap::ReadOnlyTarget& target, journal::Journal& journal,
               const MaskedDigestOf& archived, const Cancellation& interrupt, const Rules& rules)
      : target_(target),
        journal_(journal),
        archived_(archived),
        interrupt_(interrupt),
        rules_(rules) {}

  /// Commits those that are the same message, so that none is left; returns how many.
  Result<std::uint64_t> decide();
  /// How many of those were compared by content.
  [[nodiscard]] std::uint64_t compared() const { return compared_; }
  /// How many of those that were compared are other messages.
  [[nodiscard]] std::uint64_t different() const { return different_; }

 private:
  enum class Scope { all, smallest };

  /// Returns how many of the compared ones were other messages.
  Result<std::uint64_t> compare(std::span<const journal::Stored> pairs, Scope scope);
  Result<void> judge(const journal::Stored& pair, const journal::Digest& content,
                     const journal::Digest& masked);
  Result<void> judge_unread(const std::map<imap::Uid, journal::Stored>& unread);
  Result<void> commit_same();

  imap::ReadOnlyTarget& target_;
  journal::Journal& journal_;
  const MaskedDigestOf& archived_;
  const Cancellation& interrupt_;
  const Rules rules_;
  std::vector<journal::Stored> same_;  ///< not committed yet
  std::uint64_t found_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t different_ = 0;
};

}  // namespace mboxferry::transfer
