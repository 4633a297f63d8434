// SPDX-License-Identifier: Apache-2.0
// Whether a mailbox holds already what a job that begins would put into it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/check/places_to_ask.h"
#include "transfer/check/presence.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/archive_sample.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The journal's note of a job that may store copies of what is there.
inline constexpr const char* kAllowCopiesNote = "allow_copies";

/// Where a sample is looked for.
enum class Places {
  all,       ///< in the planned mailboxes, and in those that they may have become
  elsewhere  ///< of mailboxes that may have become others
};

/// Looks for a sample of each mailbox's mail before anything is created or sent: a job under
/// another name (archive moved, host spelled differently, journal lost) would store all of it
/// again. It may be in a mailbox of another name, too, when the server refused the planned one, or
/// the archive was named in another way. The journal of a job that has stored mail in a mailbox
/// knows better, so such a mailbox is not asked.
class PresenceCheck {
 public:
  /// Copies what it needs of `sources`, which the index pass goes on to change.
  PresenceCheck(const JobSettings& settings, const std::vector<SourceFolder>& sources,
                const journal::Journal& journal, const Cancellation& interrupt);
  PresenceCheck(const PresenceCheck&) = delete;
  PresenceCheck& operator=(const PresenceCheck&) = delete;

  /// Of the mailboxes in question that hold mail, in the order of the journal. Messages that go by
  /// their labels or senders count when they are indexed.
  Result<std::vector<Presence>> look(imap::ReadOnlyTarget& target, const Directory& directory,
                                     Places places = Places::all);

  /// Where look() did not look, as there are too many mailboxes that may hold mail by their names;
  /// one that may hold the mail of two counts twice.
  [[nodiscard]] std::size_t not_asked() const { return places_.not_asked(); }

  /// True when look() must wait until all is indexed: sender lists decide where messages go, and a
  /// mailbox where they may go holds mail.
  Result<bool> needs_rows(imap::ReadOnlyTarget& target, const Directory& directory);

  /// Which of them stop a job that begins: those elsewhere that are there(); of those in place the
  /// ones that are mostly() there, where more than a few messages were found, or much of the job is
  /// in such mailboxes. What else is in place is left out (docs/decisions/0111).
  Result<void> judge(std::vector<Presence>& found) const;

  /// True when there is a mailbox to be looked into closer.
  static bool may_look_closer(const std::vector<Presence>& found, Places places);
  /// The other way round, where the sample did not meet it: looks for all messages of mailboxes
  /// that hold few among all that is to be sent, which must be indexed. A round trip or two a
  /// mailbox.
  Result<void> look_closer(std::vector<Presence>& found, imap::ReadOnlyTarget& target) const;

 private:
  struct Sample {
    const journal::MailboxRow* row = nullptr;
    std::string mailbox;  ///< where it is looked for
    std::uint64_t exists = 0;
    std::vector<SampleMessage> messages;
    std::size_t besides = 0;  ///< so many of the last of these are of the beginnings of folders
    std::vector<SampleMessage> beginnings;  ///< each a part
    bool unrouted = false;                  ///< see Presence
    bool scattered = false;                 ///< likewise
    journal::MailboxId shared_with = 0;     ///< the row of that mailbox, where Presence::shared
  };

  Result<std::vector<Sample>> samples_of(const std::vector<journal::MailboxRow>& rows,
                                         const Directory& directory, Places places);
  Result<void> take_sample(Sample& sample) const;
  Result<void> take_rows(Sample& sample) const;
  Result<double> share_of(journal::MailboxId mailbox) const;
  Result<void> leave_own_mail(Sample& sample) const;
  Result<std::vector<imap::FetchedMessage>> walk_through(const Sample& sample,
                                                         imap::ReadOnlyTarget& target) const;
  Result<Presence> count_found(const Sample& sample, std::vector<imap::FetchedMessage> candidates,
                               imap::ReadOnlyTarget& target) const;
  [[nodiscard]] std::uint64_t few_for(const Sample& sample) const;
  [[nodiscard]] imap::Inquiry inquiry_about(const Sample& sample) const;

  const JobSettings& settings_;
  std::vector<SourceFolder> sources_;
  const journal::Journal& journal_;
  const Cancellation& interrupt_;
  PlacesToAsk places_{settings_, sources_, journal_, interrupt_};
  bool is_far_ = false;  ///< the server takes its time to answer
};

}  // namespace mboxferry::transfer
