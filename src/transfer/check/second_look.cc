// SPDX-License-Identifier: Apache-2.0
// Rows to be looked for again, and the time for it.
#include "transfer/check/second_look.h"

#include <algorithm>

#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {
// 0.5, 1, 2 and 4 s: iCloud was seen to show a message 4 s after its APPEND.
constexpr std::chrono::milliseconds kLongestPause{4000};
}  // namespace

bool RowSet::add(journal::MessageId id) {
  if (!ranges_.empty() && ranges_.back().second + 1 == id) {
    ranges_.back().second = id;
    return true;
  }
  if (ranges_.size() == kMostRanges) return false;
  ranges_.emplace_back(id, id);
  return true;
}

bool RowSet::contains(journal::MessageId id) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& range) { return range.first <= id && id <= range.second; });
}

Result<void> RowSet::each(const journal::Journal& journal, journal::MailboxId mailbox,
                          const journal::Journal::MessageVisitor& visit) const {
  for (const auto& [first, last] : ranges_) {
    for (journal::MessageId id = first; id <= last; ++id) {
      MBOXFERRY_ASSIGN(const auto row, journal.message(id));
      const bool ours =
          row && row->mailbox == mailbox && row->state == journal::State::stored && row->uid != 0;
      if (ours) MBOXFERRY_TRY(visit(*row));
    }
  }
  return ok();
}

void LateLook::keep(const journal::MessageRow& row, RowSet& left) const {
  if (!left.add(row.id)) given_up_(row);
}

Result<void> LateLook::look_at(Rows& rows, imap::WalkOptions options, RowSet& left) {
  if (interrupt_.requested()) return interrupted("interrupted while verifying");
  if (rows.empty()) return ok();
  std::sort(rows.begin(), rows.end(),
            [](const auto& one, const auto& other) { return one.uid < other.uid; });
  std::vector<std::pair<std::size_t, imap::FetchedMessage>> there;
  const auto take = [&](const imap::FetchedMessage& fetched) -> Result<void> {
    const auto row = std::lower_bound(rows.begin(), rows.end(), fetched.uid,
                                      [](const auto& one, imap::Uid uid) { return one.uid < uid; });
    if (row != rows.end() && row->uid == fetched.uid)
      there.emplace_back(static_cast<std::size_t>(row - rows.begin()), fetched);
    return ok();
  };
  MBOXFERRY_TRY(target_.fetch({rows.front().uid, rows.back().uid}, options, take));
  std::vector<bool> seen(rows.size(), false);
  for (const auto& [index, fetched] : there) {
    if (seen[index]) continue;
    seen[index] = true;
    ++shown_;
    MBOXFERRY_TRY(found_(rows[index], fetched));
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!seen[i]) keep(rows[i], left);
  rows.clear();
  return ok();
}

Result<void> LateLook::alone(RowSet& rows) {
  constexpr std::size_t kMostAlone = 100;
  std::size_t asked = 0;
  RowSet left;
  MBOXFERRY_TRY(rows.each(journal_, mailbox_, [&](const auto& row) -> Result<void> {
    if (asked == kMostAlone) {
      keep(row, left);
      return ok();
    }
    ++asked;
    Rows one{row};
    return look_at(one, {.just_selected = true}, left);
  }));
  rows = std::move(left);
  return ok();
}

Result<void> LateLook::together(RowSet& rows) {
  // An answer may be cut short without a word: the rest is asked for as long as some of it shows.
  do {
    shown_ = 0;
    MBOXFERRY_TRY(together_once(rows));
  } while (shown_ > 0 && !rows.empty());
  return ok();
}

Result<void> LateLook::together_once(RowSet& rows) {
  constexpr std::size_t kPage = 500;
  RowSet left;
  Rows page;
  MBOXFERRY_TRY(rows.each(journal_, mailbox_, [&](const auto& row) -> Result<void> {
    page.push_back(row);
    return page.size() < kPage ? ok() : look_at(page, {}, left);
  }));
  MBOXFERRY_TRY(look_at(page, {}, left));
  rows = std::move(left);
  return ok();
}

bool Patience::wait(const Cancellation& interrupt) {
  if (clock_ == nullptr || next_ > kLongestPause) return false;
  const auto pause = next_;
  next_ *= 2;
  return wait_unless(interrupt, *clock_, pause);
}

}  // namespace mboxferry::transfer
