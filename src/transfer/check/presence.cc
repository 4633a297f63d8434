// SPDX-License-Identifier: Apache-2.0
// Judges what was found, and says it.
#include "transfer/check/presence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "transfer/check/older_jobs.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {
namespace {

/// Where the sample is from, when it is in a mailbox of another name.
std::string meant_for(const Presence& presence) {
  return presence.elsewhere ? " for " + presence.meant : "";
}

}  // namespace

std::string look_through_note(journal::MailboxId mailbox) {
  return fmt::format("look_through.{}", mailbox);
}

Result<bool> goes_on(const journal::Journal& journal) { return has_stored(journal, 0); }

bool Presence::there() const {
  const std::size_t least = std::min<std::size_t>(sampled, 2);
  if (held_found >= std::max<std::size_t>((held + 3) / 4, 2)) return true;
  return whole_part || (sampled > 0 && found >= std::max((sampled + 3) / 4, least));
}

bool Presence::mostly() const {
  const std::size_t least = std::min<std::size_t>(sampled, 2);
  if (held_found >= std::max<std::size_t>((held + 1) / 2, 2)) return true;
  return sampled > 0 && found >= std::max((sampled + 1) / 2, least);
}

std::string describe_presence(const std::vector<Presence>& found) {
  const auto most =
      std::max_element(found.begin(), found.end(), [](const Presence& one, const Presence& other) {
        return std::pair(one.held_found, one.all_found()) <
               std::pair(other.held_found, other.all_found());
      });
  const auto others = std::count_if(found.begin(), found.end(),
                                    [](const Presence& presence) { return presence.stops; }) -
                      1;
  std::string text =
      most->held_found > 0
          ? fmt::format("{} of the {} messages that mailbox {} holds are among those to be sent",
                        most->held_found, most->held, most->mailbox)
          : fmt::format("mailbox {} already holds {} of a sample of {} messages{}", most->mailbox,
                        most->all_found(), most->all_sampled(), meant_for(*most));
  if (others > 0) text += fmt::format(", and {} more are like it", others);
  return text;
}

bool keep_from_going_on(const std::vector<Presence>& found) {
  return std::any_of(found.begin(), found.end(),
                     [](const Presence& presence) { return presence.keeps_from_going_on(); });
}

std::string describe_not_asked(std::size_t count) {
  return fmt::format(
      "{} look{} into mailboxes that may hold this mail by their names {} left out, as there are "
      "too many of them; if it has been stored in one, name that one, or the mailbox above it",
      count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
}

std::string describe_few(const Presence& presence) {
  const char* const what_next =
      presence.in_place() ? "; what is there is left out, unless --allow-copies is given"
                          : ", which will be there twice; --skip-existing leaves such messages out";
  if (presence.held > 0 && presence.held_found > 0)
    return fmt::format("{}: {} of the {} messages that it holds {} among those to be sent{}{}",
                       presence.mailbox, presence.held_found, presence.held,
                       presence.held_found == 1 ? "is" : "are", meant_for(presence), what_next);
  return fmt::format("{}: holds {} of a sample of {} messages{} already{}", presence.mailbox,
                     presence.all_found(), presence.all_sampled(), meant_for(presence), what_next);
}

Error copies_are_there(const JobSettings& settings, const std::vector<Presence>& found) {
  const std::string account = settings.account.label();
  const std::string older =
      settings.state_folder.empty()
          ? ""
          : find_older_journal(settings.state_folder, account, settings.journal_path);
  const std::string way_back = older.empty() ? "run the older job's own command to go on with it"
                                             : "run the older job's own command to go on with it "
                                               "(the newest journal of this account is " +
                                                   older + ")";
  const auto any_there = [&](bool Presence::*kind) {
    return std::any_of(found.begin(), found.end(), [&](const Presence& presence) {
      return presence.*kind && presence.there();
    });
  };
  if (any_there(&Presence::scattered))
    return {
        ErrorCode::configuration,
        account + ": " + describe_presence(found) +
            ", where labels or sender lists of an older job put it; nothing was created or sent",
        way_back + "; --allow-copies sends all of it once more", ErrorScope::job};
  if (any_there(&Presence::unrouted))
    return {ErrorCode::configuration,
            account + ": " + describe_presence(found) +
                ", where it goes without labels and sender lists; nothing was created or sent",
            "--labels none, or no sender lists, with --skip-existing leaves out what is there; " +
                way_back + "; --allow-copies sends all of it once more",
            ErrorScope::job};
  return {ErrorCode::configuration,
          account + ": " + describe_presence(found) + "; nothing was created or sent",
          "--skip-existing leaves out what is there (with the sender lists and labels that it was "
          "stored with, if any); " +
              way_back + "; --allow-copies sends all of it once more",
          ErrorScope::job};
}

Result<std::vector<std::string>> leave_out_few(const std::vector<Presence>& found,
                                               journal::Journal& journal) {
  std::vector<std::string> notices;
  for (const Presence& presence : found) {
    if (!presence.in_place() || !presence.any()) continue;
    MBOXFERRY_TRY(journal.set_note(look_through_note(presence.id), "1"));
    notices.push_back(describe_few(presence));
  }
  return notices;
}

Result<std::vector<std::string>> look_through(const std::vector<Presence>& found,
                                              journal::Journal& journal) {
  MBOXFERRY_ASSIGN(auto notices, go_on_elsewhere(found, journal));
  for (const Presence& presence : found) {
    const bool in_place = presence.in_place() && presence.any();
    if (!presence.there() && !in_place) continue;
    MBOXFERRY_TRY(journal.set_note(look_through_note(presence.id), "1"));
    notices.push_back(fmt::format(
        "{}: holds mail of this job that its journal does not know of; what is there is left out",
        presence.mailbox));
  }
  return notices;
}

Result<std::vector<std::string>> go_on_elsewhere(const std::vector<Presence>& found,
                                                 journal::Journal& journal) {
  std::vector<std::string> notices;
  MBOXFERRY_ASSIGN(auto rows, journal.mailboxes());
  for (journal::MailboxRow& row : rows) {
    const Presence* most = nullptr;
    bool stays = false;
    for (const Presence& presence : found) {
      if (presence.id != row.id) continue;
      stays = stays || (!presence.elsewhere && presence.any());
      const bool fits = presence.elsewhere && !presence.keeps_from_going_on() && presence.there() &&
                        !is_of_another(presence.mailbox, row, rows);
      const bool better = most == nullptr || presence.all_found() > most->all_found();
      if (fits && better) most = &presence;
    }
    if (stays || most == nullptr) continue;
    notices.push_back(
        fmt::format("{} goes into mailbox {}, which holds this mail", row.name, most->mailbox));
    if (row.renamed_from.empty()) row.renamed_from = row.name;
    row.name = most->mailbox;
    MBOXFERRY_TRY(journal.update_mailbox(row));
  }
  return notices;
}

}  // namespace mboxferry::transfer
