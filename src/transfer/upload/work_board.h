// SPDX-License-Identifier: Apache-2.0
// Who works on which mailbox.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "transfer/upload/index_gate.h"
#include "transfer/upload/mail_stream.h"
#include "transfer/upload/send_context.h"

namespace mboxferry::transfer {

/// Gives the connections of a job their work: each a mailbox of its own as long as there are
/// enough, then several one mailbox. A mailbox with messages in doubt has one connection alone
/// until they are reconciled. Any thread; what it is made of must outlive it.
class WorkBoard {
 public:
  /// `per_mailbox`: how many connections may work on one mailbox.
  WorkBoard(const std::vector<SourceFolder>& sources, const journal::Journal& journal,
            IndexGate& gate, const SendRecord& record, int per_mailbox,
            const Cancellation& interrupt)
      : sources_(sources),
        journal_(journal),
        gate_(gate),
        record_(record),
        per_mailbox_(per_mailbox),
        interrupt_(interrupt) {}

  struct Work {
    MailStream* stream = nullptr;
    bool to_prepare = false;  ///< alone in the mailbox: create, select and reconcile it first
  };
  /// Waits until there is work for a connection; nothing when all is done. Errors: the job's, or
  /// `interrupted`.
  Result<std::optional<Work>> enter();
  /// True when one more connection would find work now.
  [[nodiscard]] bool has_room();
  /// The mailbox is prepared; others may come in.
  void prepared(const Work& work);
  enum class Left { in_order, in_doubt, refused };
  /// The connection has nothing of it in flight any more. `in_doubt`: it must be reconciled.
  /// `refused`: so it must before anything else, as others may be refused likewise.
  void leave(const Work& work, Left how);

  /// The mailbox takes nothing now because of `error`: it is left for later, and the others go on.
  /// When something was stored into one of them, it gets one more chance at the end, unless the
  /// error is final. To be called before leave().
  void set_aside(const Work& work, const Error& error);

  /// True when who works on `stream` should finish what is in flight and leave.
  [[nodiscard]] bool wanted_out(const MailStream& stream) const;
  /// Ends the job: everybody finishes what is in flight. The first error counts.
  void fail(const Error& error);
  [[nodiscard]] std::optional<Error> failure() const;
  /// The mailboxes that were left for later, and why.
  [[nodiscard]] std::optional<Error> left_for_later() const;
  /// Every message is dealt with.
  [[nodiscard]] bool all_done() const;

 private:
  struct Mailbox {
    Desk desk;
    bool settled = false;  ///< prepared, and nothing is left in doubt by somebody who left
    bool preparing = false;
    bool doubtful = false;     ///< reconciling it may take a while: others come first
    bool comes_first = false;  ///< of all
    int inside = 0;
    MailStream* current = nullptr;  ///< the stream that is worked on
    std::optional<Error> aside;     ///< left for later
    std::uint64_t stored_then = 0;  ///< in the job, when it was last set aside
    bool had_second_chance = false;
  };

  Result<void> open_folders(std::size_t begun);
  Result<void> open_folder(std::size_t position);
  Result<void> open_stream(std::size_t position, journal::MailboxId id);
  Result<void> open_late(std::size_t indexed);
  Result<MailStream*> find_mail(std::size_t indexed);
  Result<MailStream*> find_mail_among(bool doubtful, std::size_t indexed);
  MailStream* find_first();
  /// The first stream that a connection may work on; `indexed` folders are indexed completely.
  Result<MailStream*> find(bool share, std::size_t indexed);
  Result<bool> is_free(MailStream& stream, bool share) const;
  Result<bool> is_finished(MailStream& stream, std::size_t indexed) const;
  /// Closes a finished stream and steps to the one behind it.
  Result<bool> close_finished(std::list<MailStream>::iterator& stream, std::size_t indexed);
  bool give_second_chances();
  [[nodiscard]] bool only_aside_are_left(std::size_t indexed) const;
  static bool is_next_in(const MailStream& stream, const Mailbox& mailbox);
  Work begin(MailStream& stream);
  [[nodiscard]] bool all_done_now() const;

  const std::vector<SourceFolder>& sources_;
  const journal::Journal& journal_;
  IndexGate& gate_;
  const SendRecord& record_;
  const int per_mailbox_;
  const Cancellation& interrupt_;

  mutable std::mutex mutex_;
  std::map<journal::MailboxId, Mailbox> mailboxes_;
  std::list<MailStream> open_;    ///< not finished, in order
  std::size_t opened_ = 0;        ///< folders whose streams are made
  std::size_t late_opened_ = 0;   ///< and all of them, also those that only the index pass tells
  bool some_come_first_ = false;  ///< there may be mailboxes that do
  bool mail_first_ = true;        ///< there may be mailboxes with mail behind others without
  std::optional<Error> failure_;
};

}  // namespace mboxferry::transfer
