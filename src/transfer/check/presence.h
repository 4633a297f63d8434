// SPDX-License-Identifier: Apache-2.0
// How much of a mailbox's mail is on the server already, and what follows from that.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

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
