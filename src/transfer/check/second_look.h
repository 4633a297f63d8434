// SPDX-License-Identifier: Apache-2.0
// Messages that a comparison has not seen, before they are called missing.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Rows of the journal as ranges of ids: memory grows with the gaps between them, and is bounded.
class RowSet {
 public:
  using Range = std::pair<journal::MessageId, journal::MessageId>;

  /// Ids in any order; false, and nothing is added, when there are too many ranges.
  [[nodiscard]] bool add(journal::MessageId id);
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool contains(journal::MessageId id) const;
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  /// Those rows that are stored in the mailbox, ascending by id. `visit` may call the journal.
  Result<void> each(const journal::Journal& journal, journal::MailboxId mailbox,
                    const journal::Journal::MessageVisitor& visit) const;

 private:
  static constexpr std::size_t kMostRanges = 10'000;
  std::vector<Range> ranges_;
};

/// Asks for messages once more.
class LateLook {
 public:
  using Found =
      std::function<Result<void>(const journal::MessageRow&, const imap::FetchedMessage&)>;

  using GivenUp = std::function<void(const journal::MessageRow&)>;

  /// `found` may use the target; `given_up` gets what is not there and would be one gap too many
  /// to be remembered. All must outlive it.
  LateLook(journal::MailboxId mailbox, const journal::Journal& journal,
           imap::ReadOnlyTarget& target, Found found, GivenUp given_up,
           const Cancellation& interrupt)
      : mailbox_(mailbox),
        journal_(journal),
        target_(target),
        found_(std::move(found)),
        given_up_(std::move(given_up)),
        interrupt_(interrupt) {}

  /// Each UID by itself, the first hundred; those that are there are taken out of `rows`.
  Result<void> alone(RowSet& rows);
  /// The same for all of them, many at a time.
  Result<void> together(RowSet& rows);

 private:
  using Rows = std::vector<journal::MessageRow>;
  Result<void> together_once(RowSet& rows);
  Result<void> look_at(Rows& rows, imap::WalkOptions options, RowSet& left);
  void keep(const journal::MessageRow& row, RowSet& left) const;

  const journal::MailboxId mailbox_;
  const journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  const Found found_;
  const GivenUp given_up_;
  const Cancellation& interrupt_;
  std::size_t shown_ = 0;  ///< of what was asked for since it was last set to 0
};

/// How long one comparison waits for what a server shows late, all mailboxes together.
class Patience {
 public:
  /// Without a clock there is none.
  explicit Patience(Clock* clock) : clock_(clock) {}
  /// Waits a while, longer each time; false when there is no patience left, or `interrupt` came.
  bool wait(const Cancellation& interrupt);

 private:
  Clock* clock_;
  std::chrono::milliseconds next_{500};
};

}  // namespace mboxferry::transfer
