// SPDX-License-Identifier: Apache-2.0
// Work for connections.
#include "transfer/work_board.h"

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
      MBOXFERRY_ASSIGN(MailStream* const stream, find(share, index.folders_done));
      if (stream != nullptr) return std::optional(begin(*stream));
      if (all_done_now()) return std::optional<Work>();
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
  for (const journal::MailboxId id : wanted)
    open_.emplace_back(source, position, id, mailboxes_[id].desk, journal_);
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
  std::set<journal::MailboxId> passed;
  for (MailStream& stream : open_) {
    // A mailbox keeps the order of its folders.
    if (!passed.insert(stream.mailbox()).second) continue;
    MBOXFERRY_ASSIGN(const bool free, is_free(stream, false));
    if (!free) continue;
    MBOXFERRY_ASSIGN(const bool more, stream.has_more());
    if (more) return &stream;
  }
  mail_first_ = indexed < sources_.size();
  return static_cast<MailStream*>(nullptr);
}

/// A mailbox where nobody is comes first. Streams that turn out to be finished are closed on the
/// way.
Result<MailStream*> WorkBoard::find(bool share, std::size_t indexed) {
  if (mail_first_) {
    MBOXFERRY_ASSIGN(MailStream* const stream, find_mail(indexed));
    if (stream != nullptr) return stream;
  }
  for (const bool shared : {false, true}) {
    if (shared && (!share || per_mailbox_ < 2)) break;
    for (auto stream = open_.begin(); stream != open_.end();) {
      MBOXFERRY_ASSIGN(const bool finished, is_finished(*stream, indexed));
      if (finished) {
        mailboxes_.at(stream->mailbox()).current = nullptr;
        stream = open_.erase(stream);
        continue;
      }
      MBOXFERRY_ASSIGN(const bool free, is_free(*stream, shared));
      if (free) return &*stream;
      ++stream;
    }
  }
  return static_cast<MailStream*>(nullptr);
}

Result<bool> WorkBoard::is_free(MailStream& stream, bool share) const {
  const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  if (!is_next_in(stream, mailbox)) return false;
  if (mailbox.preparing || mailbox.inside >= (share ? per_mailbox_ : 1)) return false;
  if (!mailbox.settled) return mailbox.inside == 0;
  return stream.has_more();
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
  gate_.poke();
}

void WorkBoard::leave(const Work& work, Left how) {
  const std::scoped_lock lock(mutex_);
  Mailbox& mailbox = mailboxes_.at(work.stream->mailbox());
  --mailbox.inside;
  mailbox.preparing = false;
  if (how == Left::in_doubt) mailbox.settled = false;
  gate_.poke();
}

bool WorkBoard::wanted_out(const MailStream& stream) const {
  const std::scoped_lock lock(mutex_);
  const Mailbox& mailbox = mailboxes_.at(stream.mailbox());
  return failure_.has_value() || !mailbox.settled;
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

bool WorkBoard::all_done_now() const { return opened_ == sources_.size() && open_.empty(); }

}  // namespace mboxferry::transfer
