// SPDX-License-Identifier: Apache-2.0
// Work for connections.
#include "transfer/upload/work_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace mboxferry::transfer {
namespace {

// How long a connection without a mailbox of its own waits for the index pass to find one before
// it shares one.
constexpr std::chrono::milliseconds kLonely{300};

}  // namespace

Result<std::optional<WorkBoard::Work>> WorkBoard::enter() {
  const auto share_from = std::chrono::steady_clock::now() + kLonely;
  for (;;) {
    // Asked before the journal is: rows added in between make the wait below return at once.
    const IndexGate::Position index = gate_.position();
    const bool all_indexed = index.folders_done == sources_.size();
    const bool share = all_indexed || std::chrono::steady_clock::now() >= share_from;
    {
      const std::scoped_lock lock(mutex_);
      if (failure_) return *failure_;
      if (interrupt_.requested())
        return interrupted("interrupted; everything in flight is confirmed");
      MBOXFERRY_TRY(open_folders(index.folders_begun));
      MBOXFERRY_TRY(open_late(index.folders_done));
      MBOXFERRY_ASSIGN(MailStream* const stream, find(share, index.folders_done));
      if (stream != nullptr) return std::optional(begin(*stream));
      if (all_done_now()) return std::optional<Work>();
      if (only_aside_are_left(index.folders_done)) {
        if (give_second_chances()) continue;
        return std::optional<Work>();
      }
    }
    MBOXFERRY_TRY(share ? gate_.wait_beyond(index, interrupt_)
                        : gate_.wait_beyond(index, interrupt_, kLonely));
  }
}

Result<void> WorkBoard::open_folders(std::size_t begun) {
  for (; opened_ < begun; ++opened_) MBOXFERRY_TRY(open_folder(opened_));
  return ok();
}

Result<void> WorkBoard::open_folder(std::size_t position) {
  const SourceFolder& source = sources_[position];
  std::vector<journal::MailboxId> wanted{source.row.mailbox};
  if (source.by_label) {
    MBOXFERRY_ASSIGN(wanted, journal_.mailboxes_of(source.row.id));
  }
  for (const journal::MailboxId id : wanted) MBOXFERRY_TRY(open_stream(position, id));
  return ok();
}

Result<void> WorkBoard::open_stream(std::size_t position, journal::MailboxId id) {
  if (!mailboxes_.contains(id)) {
    MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal_.doubt(id));
    mailboxes_[id].doubtful = doubt.count.messages > 0;
  }
  open_.emplace_back(sources_[position], position, id, mailboxes_[id].desk, journal_);
  return ok();
}

/// Which other mailboxes sender lists fill from a folder is known when it is indexed.
Result<void> WorkBoard::open_late(std::size_t indexed) {
  for (; late_opened_ < std::min(indexed, opened_); ++late_opened_) {
    const SourceFolder& source = sources_[late_opened_];
    if (!source.by_sender || source.by_label) continue;
    MBOXFERRY_ASSIGN(const auto mailboxes, journal_.mailboxes_of(source.row.id));
    for (const journal::MailboxId id : mailboxes)
      if (id != source.row.mailbox) MBOXFERRY_TRY(open_stream(late_opened_, id));
  }
  return ok();
}

bool WorkBoard::has_room() {
  const IndexGate::Position index = gate_.position();
  const std::scoped_lock lock(mutex_);
  const auto stream = find(true, index.folders_done);
  return stream && *stream != nullptr;
}

/// A stream that nobody works on and that has mail: in a job that goes on, mailboxes that have all
/// of theirs can be looked at when the others are on their way. Nothing when there is none.
Result<MailStream*> WorkBoard::find_mail(std::size_t indexed) {
  for (const bool doubtful : {false, true}) {
    MBOXFERRY_ASSIGN(MailStream* const stream, find_mail_among(doubtful, indexed));
    if (stream != nullptr) return stream;
  }
  mail_first_ = indexed < sources_.size();
  return static_cast<MailStream*>(nullptr);
}

Result<MailStream*> WorkBoard::find_mail_among(bool doubtful, std::size_t indexed) {
  std::set<journal::MailboxId> passed;
  for (auto next = open_.begin(); next != open_.end();) {
    MBOXFERRY_ASSIGN(const bool finished, close_finished(next, indexed));
    if (finished) continue;
    MailStream& stream = *next++;
    // A mailbox keeps the order of its folders.
    if (!passed.insert(stream.mailbox()).second) continue;
    if (mailboxes_.at(stream.mailbox()).doubtful != doubtful) continue;
    MBOXFERRY_ASSIGN(const bool free, is_free(stream, false));
    if (!free) continue;
    MBOXFERRY_ASSIGN(const bool more, stream.has_more());
    if (more) return &stream;
  }
  return static_cast<MailStream*>(nullptr);
}

MailStream* WorkBoard::find_first() {
  if (!some_come_first_) return nullptr;
  some_come_first_ = false;
  for (MailStream& stream : open_) {
    const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
    some_come_first_ |= mailbox.comes_first;
    const bool free = mailbox.inside == 0 && !mailbox.aside && is_next_in(stream, mailbox);
    if (mailbox.comes_first && free) return &stream;
  }
  return nullptr;
}

/// A mailbox where nobody is comes first. Streams that turn out to be finished are closed on the
/// way.
Result<MailStream*> WorkBoard::find(bool share, std::size_t indexed) {
  if (MailStream* const first = find_first()) return first;
  if (mail_first_) {
    MBOXFERRY_ASSIGN(MailStream* const stream, find_mail(indexed));
    if (stream != nullptr) return stream;
  }
  for (const bool shared : {false, true}) {
    if (shared && (!share || per_mailbox_ < 2)) break;
    for (auto stream = open_.begin(); stream != open_.end();) {
      MBOXFERRY_ASSIGN(const bool finished, close_finished(stream, indexed));
      if (finished) continue;
      MBOXFERRY_ASSIGN(const bool free, is_free(*stream, shared));
      if (free) return &*stream;
      ++stream;
    }
  }
  return static_cast<MailStream*>(nullptr);
}

Result<bool> WorkBoard::is_free(MailStream& stream, bool share) const {
  const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  if (mailbox.aside || !is_next_in(stream, mailbox)) return false;
  if (mailbox.preparing || mailbox.inside >= (share ? per_mailbox_ : 1)) return false;
  if (!mailbox.settled) return mailbox.inside == 0;
  // Those that were put aside come last, when nothing else is on its way.
  return mailbox.inside == 0 ? stream.has_more() : stream.has_fresh();
}

/// A stream is finished when its folder is indexed, everything of it is sent, and nobody who works
/// on it could bring something back.
Result<bool> WorkBoard::is_finished(MailStream& stream, std::size_t indexed) const {
  const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  const bool idle = mailbox.settled && mailbox.inside == 0 && is_next_in(stream, mailbox);
  if (!idle || stream.position() >= indexed) return false;
  MBOXFERRY_ASSIGN(const bool more, stream.has_more());
  return !more;
}

Result<bool> WorkBoard::close_finished(std::list<MailStream>::iterator& stream,
                                       std::size_t indexed) {
  if (stream->position() < indexed) stream->indexed();
  MBOXFERRY_ASSIGN(const bool finished, is_finished(*stream, indexed));
  if (!finished) return false;
  mailboxes_.at(stream->mailbox()).current = nullptr;
  stream = open_.erase(stream);
  return true;
}

/// One folder after the other, so that a mailbox keeps the order of its folders.
bool WorkBoard::is_next_in(const MailStream& stream, const Mailbox& mailbox) {
  return mailbox.current == nullptr || mailbox.current == &stream;
}

WorkBoard::Work WorkBoard::begin(MailStream& stream) {
  Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  ++mailbox.inside;
  mailbox.current = &stream;
  mailbox.preparing = !mailbox.settled;
  if (mailbox.preparing) stream.rewind();
  return {&stream, mailbox.preparing};
}

void WorkBoard::prepared(const Work& work) {
  const std::scoped_lock lock(mutex_);
  Mailbox& mailbox = mailboxes_.at(work.stream->mailbox());
  mailbox.preparing = false;
  mailbox.settled = true;
  mailbox.doubtful = false;
  mailbox.comes_first = false;
  gate_.poke();
}

void WorkBoard::leave(const Work& work, Left how) {
  const std::scoped_lock lock(mutex_);
  Mailbox& mailbox = mailboxes_.at(work.stream->mailbox());
  --mailbox.inside;
  mailbox.preparing = false;
  if (how != Left::in_order) {
    mailbox.settled = false;
    mailbox.doubtful = true;
    mailbox.comes_first = how == Left::refused;
    some_come_first_ |= mailbox.comes_first;
    mail_first_ = true;
  }
  gate_.poke();
}

void WorkBoard::set_aside(const Work& work, const Error& error) {
  const std::scoped_lock lock(mutex_);
  Mailbox& mailbox = mailboxes_.at(work.stream->mailbox());
  mailbox.aside = error;
  mailbox.stored_then = record_.stored();
  std::size_t in_vain = 0;
  for (const auto& [id, other] : mailboxes_)
    in_vain += other.aside && other.aside->code == ErrorCode::try_later &&
               other.stored_then == mailbox.stored_then;
  // Nothing goes through anywhere: it is not these mailboxes.
  if (in_vain >= Blame::kSeveral && error.code == ErrorCode::try_later && !failure_)
    failure_ = error;
  gate_.poke();
}

/// With nobody inside, nothing can change any more what is left.
bool WorkBoard::only_aside_are_left(std::size_t indexed) const {
  return late_opened_ == sources_.size() && indexed == sources_.size() &&
         std::all_of(open_.begin(), open_.end(), [this](const MailStream& stream) {
           const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
           return mailbox.aside && mailbox.inside == 0;
         });
}

bool WorkBoard::give_second_chances() {
  bool given = false;
  for (auto& [id, mailbox] : mailboxes_) {
    const bool may_help = mailbox.aside && mailbox.aside->code == ErrorCode::try_later &&
                          !mailbox.had_second_chance && record_.stored() > mailbox.stored_then;
    if (!may_help) continue;
    mailbox.aside.reset();
    mailbox.had_second_chance = true;
    given = true;
  }
  return given;
}

std::optional<Error> WorkBoard::left_for_later() const {
  const std::scoped_lock lock(mutex_);
  std::optional<Error> error;
  std::size_t count = 0;
  for (const auto& [id, mailbox] : mailboxes_) {
    if (!mailbox.aside) continue;
    // What may pass by itself says best what to do next.
    const bool better = !error || (error->code != ErrorCode::try_later &&
                                   mailbox.aside->code == ErrorCode::try_later);
    if (better) error = mailbox.aside;
    ++count;
  }
  if (count > 1)
    error->what += fmt::format(", and {} other mailbox{} {} left for later as well", count - 1,
                               count == 2 ? "" : "es", count == 2 ? "is" : "are");
  if (error) error->scope = ErrorScope::job;
  return error;
}

bool WorkBoard::wanted_out(const MailStream& stream) const {
  const std::scoped_lock lock(mutex_);
  const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  return failure_.has_value() || mailbox.aside || !mailbox.settled;
}

void WorkBoard::fail(const Error& error) {
  const std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = error;
  gate_.poke();
}

std::optional<Error> WorkBoard::failure() const {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

bool WorkBoard::all_done() const {
  const std::scoped_lock lock(mutex_);
  return all_done_now();
}

bool WorkBoard::all_done_now() const { return late_opened_ == sources_.size() && open_.empty(); }

}  // namespace mboxferry::transfer
