// SPDX-License-Identifier: Apache-2.0
// Looks at what lies above the last UID that the journal has.
#include "transfer/unknown_mail.h"

#include <algorithm>
#include <vector>

#include "mboxferry/message/digest.h"
#include "transfer/altered_mail.h"
#include "transfer/waiting.h"

namespace mboxferry::transfer {
namespace {

// A page of reconciling's.
constexpr std::size_t kUnknownPage = 1000;
// More than that are asked for a sample first: some 150 bytes for each would come.
constexpr std::uint64_t kMostRead = 10'000;
// What an older journal does not know was sent first of what it has planned.
constexpr std::size_t kFirst = 10;
constexpr std::size_t kSpread = 20;

Result<std::vector<imap::Likeness>> sample_planned(journal::MailboxId mailbox,
                                                   const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(mailbox));
  const std::uint64_t all = counts.planned.messages;
  std::vector<imap::Likeness> sample;
  std::uint64_t number = 0;
  MBOXFERRY_TRY(journal.each(
      journal::State::planned, mailbox, [&](const journal::MessageRow& row) -> Result<void> {
        const bool is_next =
            number * kSpread >= (sample.size() - std::min(sample.size(), kFirst)) * all;
        if (number < kFirst || (is_next && sample.size() < kFirst + kSpread))
          sample.push_back({"", row.wire_size, row.date, 0});
        ++number;
        return ok();
      }));
  return sample;
}

/// One round trip; the mailbox may have to be selected again.
Result<bool> has_some_of_sample(const ReadyMailbox& ready, imap::Uid first,
                                imap::ReadOnlyTarget& target, const journal::Journal& journal) {
  const std::string& name = ready.row.name;
  MBOXFERRY_ASSIGN(auto sample, sample_planned(ready.row.id, journal));
  const imap::Inquiry inquiry{name, std::move(sample), true};
  MBOXFERRY_ASSIGN(const auto answers, target.inquire({&inquiry, 1}));
  MBOXFERRY_TRY(target.select(name));
  const imap::InquiryAnswer& answer = answers.at(0);
  return !answer.answered ||
         std::any_of(answer.candidates.begin(), answer.candidates.end(), [&](const auto& seen) {
           return seen.uid >= first &&
                  std::any_of(inquiry.likenesses.begin(), inquiry.likenesses.end(),
                              [&](const imap::Likeness& wanted) {
                                return wanted.size == seen.size &&
                                       wanted.date.unix_seconds == seen.internal_date.unix_seconds;
                              });
         });
}

}  // namespace

Result<bool> has_unknown_mail(const ReadyMailbox& ready, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const imap::Uid first, journal.first_unknown_uid(ready.row.id));
  return ready.uid_floor > first;
}

Result<std::uint64_t> doubt_unknown_mail(const ReadyMailbox& ready, imap::ReadOnlyTarget& target,
                                         journal::Journal& journal, const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const imap::Uid first, journal.first_unknown_uid(ready.row.id));
  if (ready.uid_floor <= first) return 0;
  if (ready.uid_floor - first > kMostRead) {
    MBOXFERRY_ASSIGN(const bool some, has_some_of_sample(ready, first, target, journal));
    if (!some) return 0;
  }
  MBOXFERRY_TRY(journal.begin_reconcile(ready.row.id, journal::Unidentified::unknown));
  std::vector<journal::Seen> page;
  const auto flush = [&]() -> Result<void> {
    MBOXFERRY_TRY(journal.add_seen(page));
    page.clear();
    return interrupt.requested() ? Result<void>(interrupted("interrupted while asking the server "
                                                            "what it has"))
                                 : ok();
  };
  MBOXFERRY_TRY(target.fetch(
      {first, ready.uid_floor - 1}, {.with_message_id = true, .just_selected = true},
      [&](const imap::FetchedMessage& seen) -> Result<void> {
        page.push_back({seen.uid, seen.size, seen.internal_date.unix_seconds,
                        seen.message_id.empty() ? 0 : message::short_hash(seen.message_id)});
        return page.size() < kUnknownPage ? ok() : flush();
      }));
  MBOXFERRY_TRY(flush());
  MBOXFERRY_ASSIGN(const auto ways, journal.note(kWaysNote));
  return journal.doubt_seen(ServerWays::from_text(ways.value_or("")).ignores_dates);
}

}  // namespace mboxferry::transfer
