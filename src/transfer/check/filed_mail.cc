// SPDX-License-Identifier: Apache-2.0
// Looks for mail of one mailbox in another.
#include "transfer/check/filed_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "transfer/check/held_mail.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {

/// So many mailboxes, and messages in them, are read for what lists of today send to Junk.
constexpr std::size_t kMostSearched = 64;
constexpr std::uint64_t kMostHeld = 50'000;

/// What goes into `from` (0: into any mailbox) and not into `except`.
struct Question {
  std::string mailbox;
  journal::MailboxId from = 0;
  journal::MailboxId except = 0;
};

class FiledMailFinder {
 public:
  FiledMailFinder(const Directory& directory, const journal::Journal& journal,
                  imap::ReadOnlyTarget& target, const Cancellation& interrupt)
      : directory_(directory), journal_(journal), target_(target), interrupt_(interrupt) {}

  /// Nothing where the mailbox holds none of it, or too much to be read.
  Result<std::optional<FiledMail>> ask(const Question& question, std::uint64_t most_held) const {
    const imap::ListedMailbox* const listed = directory_.find(question.mailbox);
    if (listed == nullptr || !listed->selectable) return std::optional<FiledMail>();
    const auto status = target_.status(listed->name);
    if (!status && status.error().scope != ErrorScope::mailbox) return Error(status.error());
    if (!status || status->exists == 0 || status->exists > most_held)
      return std::optional<FiledMail>();
    FiledMail filed;
    filed.mailbox = listed->name;
    MBOXFERRY_ASSIGN(filed.planned, planned(question));
    if (filed.planned == 0) return std::optional<FiledMail>();
    MBOXFERRY_ASSIGN(HeldMail mail, HeldMail::read(listed->name, target_));
    filed.held = mail.size();
    MBOXFERRY_ASSIGN(filed.found, mail.count_planned(question.from, journal_, target_, interrupt_,
                                                     question.except));
    return filed;
  }

  /// What goes into `junk` and is in any of the places, which count as one.
  Result<std::optional<FiledMail>> ask_all(const std::vector<std::string>& places,
                                           journal::MailboxId junk) const {
    FiledMail all;
    std::size_t most_found = 0;
    for (const std::string& place : places) {
      if (interrupt_.requested())
        return interrupted("interrupted while asking the server what it has");
      const std::uint64_t room = kMostHeld - std::min<std::uint64_t>(all.held, kMostHeld);
      MBOXFERRY_ASSIGN(const auto filed, ask({place, junk, 0}, std::min(HeldMail::kMost, room)));
      if (!filed) continue;
      all.held += filed->held;
      all.planned = filed->planned;
      all.found += filed->found;
      if (filed->found <= most_found) continue;
      most_found = filed->found;
      all.mailbox = filed->mailbox;
    }
    all.meant_for_junk = true;
    return all.found == 0 ? std::optional<FiledMail>() : std::optional(std::move(all));
  }

 private:
  Result<std::uint64_t> planned(const Question& question) const {
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_.counts(question.from));
    if (question.except == 0) return counts.planned.messages;
    MBOXFERRY_ASSIGN(const journal::MailboxCounts own, journal_.counts(question.except));
    return counts.planned.messages - std::min(counts.planned.messages, own.planned.messages);
  }

  const Directory& directory_;
  const journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  const Cancellation& interrupt_;
};

/// Where mail that goes into `junk` by the lists of today may be by others, or by none.
Result<std::vector<std::string>> places_without(const JobSettings& settings,
                                                const journal::Journal& journal,
                                                const plan::Mapper& mapper,
                                                const std::string& junk) {
  std::vector<std::string> places{mapper.map_inbox().name};
  if (!settings.senders.reroutes()) return places;
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  MBOXFERRY_ASSIGN(const auto labels, journal.note(kUnusedPlacesNote));
  std::vector<std::string> others = journal::archive_paths(labels.value_or(""));
  for (const journal::MailboxRow& row : rows) others.push_back(row.name);
  for (std::string& other : others) {
    const bool is_new = std::none_of(places.begin(), places.end(), [&](const std::string& place) {
      return same_mailbox(place, other);
    });
    if (is_new && !same_mailbox(other, junk) && places.size() < kMostSearched)
      places.push_back(std::move(other));
  }
  return places;
}

}  // namespace

Result<std::optional<FiledMail>> find_filed_mail(const JobSettings& settings,
                                                 const Directory& directory,
                                                 const journal::Journal& journal,
                                                 imap::ReadOnlyTarget& target,
                                                 const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const plan::Mapper mapper, directory.mapper(settings));
  const std::string junk = mapper.map_junk().name;
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const journal::MailboxRow& one) {
    return same_mailbox(one.name, junk);
  });
  const journal::MailboxId junk_row = row == rows.end() ? 0 : row->id;
  const FiledMailFinder finder(directory, journal, target, interrupt);
  MBOXFERRY_ASSIGN(auto blocked, finder.ask({junk, 0, junk_row}, HeldMail::kMost));
  const bool any = blocked && blocked->found > 0;
  if (junk_row != 0) {
    MBOXFERRY_ASSIGN(const auto places, places_without(settings, journal, mapper, junk));
    MBOXFERRY_ASSIGN(auto others, finder.ask_all(places, junk_row));
    if (others && (!any || others->found > blocked->found)) return others;
  }
  if (!any) return std::optional<FiledMail>();
  return blocked;
}

Error filed_mail_is_there(const std::string& account, const FiledMail& filed) {
  if (filed.meant_for_junk)
    return {ErrorCode::configuration,
            fmt::format("{}: {} messages that would go into Junk are in mailbox {} or others, as a "
                        "job with other sender lists, or with none, leaves them; nothing was "
                        "created or sent",
                        account, filed.found, filed.mailbox),
            "name that job's --senders lists, or none if it had none, beside --skip-existing, "
            "which leaves out what is there; --allow-copies beside it sends these messages once "
            "more",
            ErrorScope::job};
  return {ErrorCode::configuration,
          fmt::format("{}: mailbox {} holds {} messages that would go into other mailboxes, as a "
                      "job with other sender lists leaves them; nothing was created or sent",
                      account, filed.mailbox, filed.found),
          "name that job's --senders lists beside --skip-existing, which leaves out what is there; "
          "--allow-copies beside it sends these messages once more",
          ErrorScope::job};
}

std::string describe_filed(const FiledMail& filed) {
  return fmt::format(
      "{}: {} of its {} messages {} among those to be sent into other mailboxes and "
      "will be there twice; if sender lists put {} there, a job with the same --senders lists and "
      "--skip-existing leaves {} out",
      filed.mailbox, filed.found, filed.held, filed.found == 1 ? "is" : "are",
      filed.found == 1 ? "it" : "them", filed.found == 1 ? "it" : "them");
}

}  // namespace mboxferry::transfer
