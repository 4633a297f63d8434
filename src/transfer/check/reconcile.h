// SPDX-License-Identifier: Apache-2.0
// Decides for every message in doubt whether the server has it.
#pragma once

#include <chrono>
#include <mutex>
#include <span>
#include <utility>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/check/altered_mail.h"
#include "transfer/check/withheld_bodies.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

/// How long no message in doubt must have appeared before the rest count as absent: servers finish
/// an APPEND after the client has gone (transfer.md, "The late commit").
std::chrono::milliseconds settle_time(const journal::Count& in_doubt,
                                      std::chrono::milliseconds slowest_confirm);

struct Reconciled {
  std::uint64_t found = 0;
  std::uint64_t planned_again = 0;
  std::uint64_t held = 0;  ///< still in doubt
  std::uint64_t gone = 0;  ///< not put back
};

/// What becomes of messages of which it cannot be decided whether the server has them.
struct Undecided {
  EnvelopeOf envelope;  ///< of a message of the archive
  bool resend = false;  ///< they are planned again; else they stay in doubt
  /// Nothing will be sent any more: what is not found stays in doubt.
  bool last_look = false;
  /// Mail that an earlier run compared and found in order: what is not there any more was taken
  /// away since, and is not put back.
  bool leaves_gone = false;
};

/// How far a mailbox has settled, for the next connection when one ends meanwhile. Only time during
/// which the server answered counts.
struct Settling {
  std::uint32_t uid_validity = 0;
  std::uint64_t in_doubt = 0;           ///< messages; another number: the wait begins anew
  std::chrono::milliseconds waited{0};  ///< since the last of those in doubt appeared
  std::uint64_t steps = 0;              ///< answers that brought the end nearer
  WithheldBodies withheld;              ///< what the server does not give of this mailbox
};

/// Reconciles the mailbox, which is selected on `target`, the connection that will send. `archived`
/// reads a message again whose copy the server may have altered.
/// `slowest_confirm` is the longest the server took to answer a batch so far. `settling` is what an
/// earlier call for the mailbox left there, and is kept up to date. After it no message
/// of the mailbox is in doubt but those that are held. The journal has room for one mailbox at a
/// time: `journal_turn` is held while it is used so, and free while the server is given time, so
/// that several mailboxes settle together.
Result<Reconciled> reconcile(const journal::MailboxRow& mailbox, imap::Target& target,
                             journal::Journal& journal, Clock& clock,
                             std::chrono::milliseconds slowest_confirm,
                             const MaskedDigestOf& archived, const Undecided& undecided,
                             Settling& settling, std::mutex& journal_turn,
                             const Cancellation& interrupt);

/// Finds the UIDs of messages that the server confirmed without naming them (no UIDPLUS). Those
/// that are not found keep UID 0. The mailbox is selected. `envelope` may be empty.
Result<void> identify_stored(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                             journal::Journal& journal, const EnvelopeOf& envelope,
                             const Cancellation& interrupt);

/// Gives stored messages, named by ranges of their ids, the UIDs that the server has them under
/// now; returns how many it found. The mailbox is selected.
Result<std::uint64_t> find_moved(
    const journal::MailboxRow& mailbox,
    std::span<const std::pair<journal::MessageId, journal::MessageId>> messages,
    imap::ReadOnlyTarget& target, journal::Journal& journal, const Cancellation& interrupt);

}  // namespace mboxferry::transfer
