// SPDX-License-Identifier: Apache-2.0
// Handing out messages.
#include "transfer/mail_stream.h"

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

Result<void> MailStream::read_ahead() {
  if (next_ < ahead_.size()) return ok();
  next_ = 0;
  MBOXFERRY_ASSIGN(ahead_, journal_.planned(source_.row.id, mailbox_, cursor_, kReadAhead));
  if (!ahead_.empty()) cursor_ = ahead_.back().id;
  return ok();
}

Result<bool> MailStream::has_more() {
  const std::scoped_lock lock(mutex_);
  MBOXFERRY_TRY(read_ahead());
  return next_ < ahead_.size();
}

Result<std::optional<MailStream::Portion>> MailStream::take(const Most& most, bool idle,
                                                            int connection) {
  const std::scoped_lock lock(mutex_);
  MBOXFERRY_TRY(read_ahead());
  if (next_ == ahead_.size()) return std::optional<Portion>();
  Portion portion;
  portion.careful = desk_.care.is_careful(ahead_[next_].id);
  // A message that goes with care goes alone: nothing else may be in doubt when it gets a BAD.
  if (portion.careful && !idle) return std::optional<Portion>();
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
  return std::optional(std::move(portion));
}

void MailStream::rewind() {
  const std::scoped_lock lock(mutex_);
  ahead_.clear();
  next_ = 0;
  cursor_ = 0;
}

}  // namespace mboxferry::transfer
