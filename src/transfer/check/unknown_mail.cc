// SPDX-License-Identifier: Apache-2.0
// Looks at what lies between the UIDs that the journal has, and above them.
#include "transfer/check/unknown_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "transfer/check/altered_mail.h"
#include "transfer/check/matching.h"

namespace mboxferry::transfer {
namespace {

// More than that are asked for a sample first: some 150 bytes for each would come.
constexpr std::uint64_t kMostRead = 10'000;
// Each is a command. Servers that leave UIDs out have more, which one range then spans.
constexpr std::size_t kMostGaps = 64;
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

bool is_in(const std::vector<journal::UidRange>& ranges, imap::Uid uid) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const journal::UidRange& range) {
    return range.first <= uid && uid <= range.last;
  });
}

/// One round trip; the mailbox may have to be selected again.
Result<bool> has_some_of_sample(const ReadyMailbox& ready,
                                const std::vector<journal::UidRange>& unknown,
                                imap::ReadOnlyTarget& target, const journal::Journal& journal) {
  const std::string& name = ready.row.name;
  MBOXFERRY_ASSIGN(auto sample, sample_planned(ready.row.id, journal));
  const imap::Inquiry inquiry{name, std::move(sample), true};
  MBOXFERRY_ASSIGN(const auto answers, target.inquire({&inquiry, 1}));
  MBOXFERRY_TRY(target.select(name));
  const imap::InquiryAnswer& answer = answers.at(0);
  return !answer.answered ||
         std::any_of(answer.candidates.begin(), answer.candidates.end(), [&](const auto& seen) {
           return is_in(unknown, seen.uid) &&
                  std::any_of(inquiry.likenesses.begin(), inquiry.likenesses.end(),
                              [&](const imap::Likeness& wanted) {
                                return wanted.size == seen.size &&
                                       wanted.date.unix_seconds == seen.internal_date.unix_seconds;
                              });
         });
}

/// The note `UIDVALIDITY FIRST`: below that UID, and above what was there before the job, there is
/// nothing of others.
std::string none_below_note(journal::MailboxId mailbox) {
  return fmt::format("none_below.{}", mailbox);
}

Result<imap::Uid> none_below(const journal::MailboxRow& mailbox, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(none_below_note(mailbox.id)));
  unsigned validity = 0;
  unsigned first = 0;
  const bool known = note && std::sscanf(note->c_str(), "%u %u", &validity, &first) == 2 &&
                     validity == mailbox.uid_validity;
  return known ? imap::Uid{first} : imap::Uid{0};
}

/// What an answer did not show may be there all the same; so many messages as the server counts
/// must be known.
Result<void> note_none_below(const ReadyMailbox& ready, const journal::SeenUnknown& seen,
                             journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(ready.row.id));
  const std::uint64_t known = seen.others + counts.stored.messages + ready.row.existed_before;
  if (known < ready.exists) return ok();
  return journal.set_note(none_below_note(ready.row.id),
                          fmt::format("{} {}", ready.row.uid_validity,
                                      seen.lowest == 0 ? ready.uid_floor : seen.lowest));
}

}  // namespace

Result<std::vector<journal::UidRange>> unknown_mail(const ReadyMailbox& ready,
                                                    const journal::Journal& journal) {
  std::vector<journal::UidRange> unknown;
  MBOXFERRY_ASSIGN(const imap::Uid first, none_below(ready.row, journal));
  if (ready.exists == 0 || first >= ready.uid_floor) return unknown;
  MBOXFERRY_ASSIGN(unknown, journal.unknown_uids(ready.row.id, ready.uid_floor, kMostGaps));
  std::erase_if(unknown, [&](const journal::UidRange& range) { return range.last < first; });
  if (!unknown.empty()) unknown.front().first = std::max(unknown.front().first, first);
  return unknown;
}

Result<std::uint64_t> skip_unknown_mail(const ReadyMailbox& ready,
                                        const std::vector<journal::UidRange>& unknown,
                                        imap::ReadOnlyTarget& target, journal::Journal& journal,
                                        const MaskedDigestOf& archived, const FormOf& form,
                                        const Cancellation& interrupt) {
  std::uint64_t most = 0;
  for (const journal::UidRange& range : unknown) most += range.last - range.first + 1;
  if (std::min(most, ready.exists) > kMostRead) {
    MBOXFERRY_ASSIGN(const bool some, has_some_of_sample(ready, unknown, target, journal));
    if (!some) return 0;
  }
  MBOXFERRY_TRY(journal.begin_reconcile(ready.row.id, journal::Unidentified::unknown));
  for (const journal::UidRange& range : unknown)
    MBOXFERRY_TRY(add_seen({range.first, range.last}, &range == &unknown.front(), target, journal,
                           interrupt));
  MBOXFERRY_ASSIGN(const auto ways, journal.note(kWaysNote));
  MBOXFERRY_ASSIGN(const journal::SeenUnknown seen,
                   journal.narrow_to_seen(ServerWays::from_text(ways.value_or("")).ignores_dates));
  MBOXFERRY_TRY(note_none_below(ready, seen, journal));
  // Stored messages whose UIDs the server did not tell were among it, too.
  MBOXFERRY_ASSIGN(const journal::MailboxCounts before, journal.counts(ready.row.id));
  if (seen.wanted > 0)
    MBOXFERRY_TRY(skip_seen(ready.row, target, journal, archived, form,
                            CertainPairs::Unread::rejected, interrupt));
  MBOXFERRY_TRY(journal.end_reconcile());
  MBOXFERRY_ASSIGN(const journal::MailboxCounts after, journal.counts(ready.row.id));
  return before.planned.messages - after.planned.messages;
}

}  // namespace mboxferry::transfer
