// SPDX-License-Identifier: Apache-2.0
// The messages on their way into one mailbox, shared by the connections that send them.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "transfer/mailbox/given_uids.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/source_folders.h"
#include "transfer/upload/blame.h"
#include "transfer/upload/care.h"
#include "transfer/upload/commit_order.h"
#include "transfer/upload/refusal_trust.h"

namespace mboxferry::transfer {

/// One mailbox of the job. `care`, `blame`, `refused`, `uids` and `order` take any thread; the rest
/// belongs to the work board and to the connection that prepares the mailbox.
struct Desk {
  Care care;
  Blame blame;
  RefusedInDoubt refused;
  GivenUids uids;
  CommitOrder order;

  /// What a connection needs to send into it; set by the one that prepared it.
  [[nodiscard]] ReadyMailbox ready() const;
  void set_ready(ReadyMailbox ready);
  /// A lower bound for the UIDs of what is sent from now on.
  [[nodiscard]] imap::Uid uid_floor() const;
  /// A UID was given: what comes later gets higher ones.
  void raise_floor(imap::Uid floor);

 private:
  mutable std::mutex mutex_;
  ReadyMailbox ready_;
};

/// One folder's planned messages for one mailbox, handed out in archive order. Any thread.
class MailStream {
 public:
  using Rows = std::vector<journal::MessageRow>;
  using TimePoint = Blame::TimePoint;

  MailStream(const SourceFolder& source, std::size_t position, journal::MailboxId mailbox,
             Desk& desk, const journal::Journal& journal)
      : source_(source), position_(position), mailbox_(mailbox), desk_(desk), journal_(journal) {}

  [[nodiscard]] const SourceFolder& source() const { return source_; }
  /// The folder's place in the index pass's order.
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] journal::MailboxId mailbox() const { return mailbox_; }
  [[nodiscard]] Desk& desk() const { return desk_; }

  struct Most {
    std::size_t messages = 0;
    std::uint64_t bytes = 0;
  };
  struct Portion {
    Rows rows;
    bool careful = false;  ///< one message, to be sent with care
    CommitOrder::Ticket ticket = 0;
  };
  /// The next messages for `connection`, at least one; nothing when none is there now, or when the
  /// next one needs care and the connection is not `idle`. Messages that were put aside come last,
  /// one at a time, each when its time has come.
  Result<std::optional<Portion>> take(const Most& most, bool idle, int connection, TimePoint now);
  /// True when take() would give something to an idle connection, now or later.
  Result<bool> has_more();
  /// The same without messages that were put aside.
  Result<bool> has_fresh();
  /// True when some message that was put aside has keywords.
  [[nodiscard]] bool has_keywords_aside() const;
  /// A message that was taken waits until the others are sent. The journal has it planned.
  void put_aside(journal::MessageRow row);
  /// When the next message that was put aside may be taken; nothing when there is none.
  [[nodiscard]] std::optional<TimePoint> next_aside() const;
  /// Starts over with what the journal has planned. No portion may be in anybody's hands.
  void rewind();
  /// The folder is indexed to its end: the journal gets no more messages of it, and need not be
  /// asked again once it has none.
  void indexed();

 private:
  Result<void> read_ahead();
  [[nodiscard]] bool is_fresh(const journal::MessageRow& row) const;
  void bring_another_kind_forward();
  Result<Portion> take_fresh(const Most& most, int connection);
  std::optional<Portion> take_aside(int connection, TimePoint now);
  std::optional<Portion> take_with_keywords(int connection);
  std::optional<Portion> take_from_aside(Rows::iterator row, int connection);

  const SourceFolder& source_;
  const std::size_t position_;
  const journal::MailboxId mailbox_;
  Desk& desk_;
  const journal::Journal& journal_;
  mutable std::mutex mutex_;
  Rows ahead_;
  std::size_t next_ = 0;  ///< in `ahead_`
  Rows aside_;            ///< put aside, in nobody's hands
  journal::MessageId cursor_ = 0;
  bool is_indexed_ = false;
  bool at_end_ = false;  ///< nothing is planned behind `cursor_`, and nothing will be
};

}  // namespace mboxferry::transfer
