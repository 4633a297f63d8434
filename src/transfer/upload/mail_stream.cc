// SPDX-License-Identifier: Apache-2.0
// Handing out messages.
#include "transfer/upload/mail_stream.h"

#include <algorithm>
#include <iterator>

namespace mboxferry::transfer {

namespace {
constexpr std::size_t kReadAhead = 1024;
}  // namespace

ReadyMailbox Desk::ready() const {
  const std::scoped_lock lock(mutex_);
  return ready_;
}

void Desk::set_ready(ReadyMailbox ready) {
  const std::scoped_lock lock(mutex_);
  ready_ = std::move(ready);
}

imap::Uid Desk::uid_floor() const {
  const std::scoped_lock lock(mutex_);
  return ready_.uid_floor;
}

void Desk::raise_floor(imap::Uid floor) {
  const std::scoped_lock lock(mutex_);
  ready_.uid_floor = std::max(ready_.uid_floor, floor);
}

/// Afterwards the next message, if there is any, is one that was not put aside.
Result<void> MailStream::read_ahead() {
  for (;;) {
    for (; next_ < ahead_.size() && !is_fresh(ahead_[next_]); ++next_)
      aside_.push_back(std::move(ahead_[next_]));
    if (next_ < ahead_.size()) return ok();
    next_ = 0;
    ahead_.clear();
    if (at_end_) return ok();
    MBOXFERRY_ASSIGN(ahead_, journal_.planned(source_.row.id, mailbox_, cursor_, kReadAhead));
    at_end_ = is_indexed_ && ahead_.empty();
    if (ahead_.empty()) return ok();
    cursor_ = ahead_.back().id;
  }
}

bool MailStream::is_fresh(const journal::MessageRow& row) const { return !desk_.blame.due(row.id); }

Result<bool> MailStream::has_fresh() {
  const std::scoped_lock lock(mutex_);
  MBOXFERRY_TRY(read_ahead());
  return next_ < ahead_.size();
}

Result<bool> MailStream::has_more() {
  const std::scoped_lock lock(mutex_);
  MBOXFERRY_TRY(read_ahead());
  return next_ < ahead_.size() || !aside_.empty();
}

bool MailStream::has_keywords_aside() const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(aside_.begin(), aside_.end(),
                     [](const journal::MessageRow& row) { return !row.keywords.empty(); });
}

void MailStream::put_aside(journal::MessageRow row) {
  const std::scoped_lock lock(mutex_);
  aside_.push_back(std::move(row));
}

std::optional<MailStream::TimePoint> MailStream::next_aside() const {
  const std::scoped_lock lock(mutex_);
  std::optional<TimePoint> next;
  for (const journal::MessageRow& row : aside_) {
    const TimePoint due = desk_.blame.due(row.id).value_or(TimePoint());
    if (!next || due < *next) next = due;
  }
  return next;
}

Result<std::optional<MailStream::Portion>> MailStream::take(const Most& most, bool idle,
                                                            int connection, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  MBOXFERRY_TRY(read_ahead());
  if (next_ == ahead_.size()) return idle ? take_aside(connection, now) : std::optional<Portion>();
  if (idle && desk_.blame.suspects_keywords()) {
    if (auto portion = take_with_keywords(connection)) return portion;
  }
  if (desk_.blame.wants_another_kind()) bring_another_kind_forward();
  // A message that goes with care goes alone: nothing else may be in doubt when it gets a BAD.
  if (!idle && desk_.care.is_careful(ahead_[next_].id)) return std::optional<Portion>();
  MBOXFERRY_ASSIGN(Portion portion, take_fresh(most, connection));
  return std::optional(std::move(portion));
}

/// One that was not on its way with those that were refused; else the last.
void MailStream::bring_another_kind_forward() {
  const auto first = ahead_.begin() + static_cast<std::ptrdiff_t>(next_);
  auto other = ahead_.end() - 1;
  if (desk_.care.is_careful(first->id)) {
    const auto fresh = std::find_if(first, ahead_.end(), [this](const journal::MessageRow& row) {
      return is_fresh(row) && !desk_.care.is_careful(row.id);
    });
    if (fresh != ahead_.end()) other = fresh;
  }
  if (other != first && is_fresh(*other)) std::rotate(first, other, other + 1);
}

Result<MailStream::Portion> MailStream::take_fresh(const Most& most, int connection) {
  Portion portion;
  portion.careful = desk_.care.is_careful(ahead_[next_].id);
  const std::size_t most_messages = portion.careful ? 1 : most.messages;
  std::uint64_t bytes = 0;
  while (portion.rows.size() < most_messages) {
    MBOXFERRY_TRY(read_ahead());
    if (next_ == ahead_.size()) break;
    journal::MessageRow& row = ahead_[next_];
    bytes += row.wire_size;
    const bool fits = bytes <= most.bytes && desk_.care.is_careful(row.id) == portion.careful;
    if (!portion.rows.empty() && !fits) break;
    portion.rows.push_back(std::move(row));
    ++next_;
  }
  portion.ticket = desk_.order.take(connection);
  return portion;
}

std::optional<MailStream::Portion> MailStream::take_aside(int connection, TimePoint now) {
  return take_from_aside(std::find_if(aside_.begin(), aside_.end(),
                                      [&](const journal::MessageRow& row) {
                                        return desk_.blame.due(row.id).value_or(TimePoint()) <= now;
                                      }),
                         connection);
}

/// One that failed with keywords, whenever it was to be tried again.
std::optional<MailStream::Portion> MailStream::take_with_keywords(int connection) {
  return take_from_aside(
      std::find_if(aside_.begin(), aside_.end(),
                   [](const journal::MessageRow& row) { return !row.keywords.empty(); }),
      connection);
}

std::optional<MailStream::Portion> MailStream::take_from_aside(Rows::iterator row, int connection) {
  if (row == aside_.end()) return std::nullopt;
  Portion portion;
  portion.careful = true;
  portion.rows.push_back(std::move(*row));
  aside_.erase(row);
  portion.ticket = desk_.order.take(connection);
  return portion;
}

void MailStream::rewind() {
  const std::scoped_lock lock(mutex_);
  ahead_.clear();
  aside_.clear();
  next_ = 0;
  cursor_ = 0;
  at_end_ = false;
}

void MailStream::indexed() {
  const std::scoped_lock lock(mutex_);
  is_indexed_ = true;
}

}  // namespace mboxferry::transfer
