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
#include "transfer/check/older_jobs.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/archive_sample.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The journal's note of a job that may store copies of what is there.
inline constexpr const char* kAllowCopiesNote = "allow_copies";

/// The journal's note of a mailbox in which what is there already is left out, as with
/// --skip-existing: a job that goes on found its mail there and does not know of it.
std::string look_through_note(journal::MailboxId mailbox);

/// How much of a sample a mailbox holds.
struct Presence {
  std::string mailbox;
  std::size_t sampled = 0;
  std::size_t found = 0;
  std::size_t sampled_besides = 0;  ///< of the beginnings of folders
  std::size_t found_besides = 0;
  std::vector<imap::Uid> uids;  ///< of what was found of the sample
  bool whole_part = false;      ///< a folder, or the beginning of one, is there for the better half
  journal::MailboxId id = 0;
  bool readable = false;       ///< it holds so few messages that all of them can be looked for
  std::size_t held = 0;        ///< messages of the mailbox that were looked for; 0: none were
  std::size_t held_found = 0;  ///< of these, among what is to be sent
  std::string meant;           ///< the mailbox that the mail would go into
  bool elsewhere = false;      ///< that is another one
  bool unrouted = false;       ///< where the mail would go without labels and sender lists
  bool scattered = false;      ///< where labels of an older job put some of it
  bool shared = false;         ///< another folder's mailbox, in a job that goes on
  bool stops = false;          ///< a job does not begin; see PresenceCheck::judge()
  /// Enough of it that sending would make a second copy of much of the mail: a quarter, and two of
  /// them at least where the sample has two, or a part (docs/decisions/0030); or a quarter of what
  /// the mailbox holds, and two at least (0048).
  [[nodiscard]] bool there() const;
  [[nodiscard]] std::size_t all_found() const { return found + found_besides; }
  /// Some of it is there, be it enough or not.
  [[nodiscard]] bool any() const { return all_found() + held_found > 0; }
  /// What is found there can be left out: it is where it would go.
  [[nodiscard]] bool in_place() const { return !elsewhere && !unrouted && !shared; }
  /// It is there, and not where a mailbox of the job could become that one.
  [[nodiscard]] bool keeps_from_going_on() const { return (unrouted || scattered) && there(); }
  /// There is no need to look closer.
  [[nodiscard]] bool is_clear() const { return in_place() ? mostly() : there(); }
  /// Most of the sample, or of what the mailbox holds.
  [[nodiscard]] bool mostly() const;
  [[nodiscard]] std::size_t all_sampled() const { return sampled + sampled_besides; }
};

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

  /// Of the mailboxes in question that hold mail, in the order of the journal. Messages that go by
  /// their labels or senders count when they are indexed.
  Result<std::vector<Presence>> look(imap::ReadOnlyTarget& target, const Directory& directory,
                                     Places places = Places::all);

  /// Where look() did not look, as there are too many mailboxes that may hold mail by their names;
  /// one that may hold the mail of two counts twice.
  [[nodiscard]] std::size_t not_asked() const { return not_asked_; }

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

  Result<bool> is_in_question(const journal::MailboxRow& row) const;
  /// The mailboxes in which the mail of a row may be, the likeliest first.
  struct Candidates {
    const journal::MailboxRow* row = nullptr;
    std::vector<std::string> respelled;
    std::vector<std::string> renamed;
    std::vector<std::string> unrouted;
    std::vector<std::string> scattered;
  };

  Result<std::vector<Sample>> samples_of(const std::vector<journal::MailboxRow>& rows,
                                         const Directory& directory, Places places);
  Result<std::vector<Candidates>> candidates_of(const std::vector<journal::MailboxRow>& rows,
                                                const Directory& directory);
  void add_older_places(const OlderPlaces& older, const Directory& directory, bool is_rerouted,
                        Candidates& candidates) const;
  [[nodiscard]] bool gets_rerouted_mail(const journal::MailboxRow& row,
                                        const plan::Mapper& mapper) const;
  [[nodiscard]] std::vector<const SourceFolder*> folders_of(const journal::MailboxRow& row) const;
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
  bool is_far_ = false;  ///< the server takes its time to answer
  std::size_t not_asked_ = 0;
};

/// Whether the job has stored anything. One that goes on cannot be asked to begin otherwise: where
/// its mail is there, in a mailbox that its journal knows nothing of (an older copy of it, or
/// another job's work), it looks through that mailbox.
Result<bool> goes_on(const journal::Journal& journal);

/// Notes it for mailboxes in which some of the mail was found where it would go. Returns a notice
/// for each.
Result<std::vector<std::string>> leave_out_few(const std::vector<Presence>& found,
                                               journal::Journal& journal);

/// Notes it for the mailboxes in which mail was found, and gives the rows the names of those.
/// Returns a notice for each.
Result<std::vector<std::string>> look_through(const std::vector<Presence>& found,
                                              journal::Journal& journal);

/// Mailboxes that hold most of what was looked for, and none of it where it was planned, become
/// what their rows are called, so that the job goes on in them. Returns a notice for each.
Result<std::vector<std::string>> go_on_elsewhere(const std::vector<Presence>& found,
                                                 journal::Journal& journal);

/// One sentence: how much of the samples was found and where; the mailbox with most comes first.
std::string describe_presence(const std::vector<Presence>& found);

/// True when mail is where no mailbox of the job could become that one: what is there cannot be
/// left out of another mailbox.
bool keep_from_going_on(const std::vector<Presence>& found);

/// The notice about mailboxes that were not asked; see PresenceCheck::not_asked().
std::string describe_not_asked(std::size_t count);

/// The notice about a mailbox that holds too little of the sample to stop a job.
std::string describe_few(const Presence& presence);

/// The error that keeps a job from starting, with the ways on.
Error copies_are_there(const JobSettings& settings, const std::vector<Presence>& found);

}  // namespace mboxferry::transfer
