// SPDX-License-Identifier: Apache-2.0
// The send loop: fill the pipeline, commit, append, receive.
#include "transfer/sender.h"

#include <algorithm>
#include <iterator>

#include "mboxferry/base/crash_point.h"

namespace mboxferry::transfer {

namespace {

constexpr std::size_t kReadAhead = 1024;

Error interrupted() {
  return {ErrorCode::interrupted, "interrupted; everything in flight is confirmed",
          "run the same command again to go on"};
}

}  // namespace

Sender::Sender(const JobSettings& settings, imap::Target& target, journal::Journal& journal,
               IndexGate& gate, Tracker& tracker, DailyBudget& budget, SendMemory& memory,
               Clock& clock, const Cancellation& interrupt)
    : settings_(settings),
      target_(target),
      journal_(journal),
      gate_(gate),
      tracker_(tracker),
      budget_(budget),
      memory_(memory),
      clock_(clock),
      interrupt_(interrupt) {}

Result<void> Sender::send(const SourceFolder& source, std::size_t position, ReadyMailbox mailbox) {
  mailbox_ = std::move(mailbox);
  folder_ = source.row.path;
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
  MessageReader reader(*bytes, wire_options(source.survey, settings_.index));
  const auto sent = send_all(source, position, reader);
  if (!sent) return abandon(sent.error());
  return commit({});
}

Result<void> Sender::send_all(const SourceFolder& source, std::size_t position,
                              MessageReader& reader) {
  for (;;) {
    const bool stopping = interrupt_.requested() || budget_used_up_;
    // Asked before the journal is: rows added in between make the wait below return at once.
    const IndexGate::Position index = gate_.position();
    const bool may_send = !stopping && in_flight_.size() < settings_.batch.in_flight;
    if (may_send) {
      MBOXFERRY_ASSIGN(Rows rows, next_rows(source));
      if (!rows.empty()) {
        MBOXFERRY_TRY(send_batch(std::move(rows), reader));
        while (!in_flight_.empty() && target_.answer_ready()) MBOXFERRY_TRY(receive_one());
        continue;
      }
    }
    if (!in_flight_.empty()) {
      MBOXFERRY_TRY(receive_one());
      continue;
    }
    if (budget_used_up_) return *budget_used_up_;
    if (stopping) return interrupted();
    if (!again_.empty()) continue;
    if (index.folders_done > position) return ok();
    MBOXFERRY_TRY(commit({}));
    MBOXFERRY_TRY(gate_.wait_beyond(index, interrupt_));
  }
}

/// The next batch: first what comes back from a refused one, then new messages. Messages that are
/// known to be refused are taken out on the way.
Result<Sender::Rows> Sender::next_rows(const SourceFolder& source) {
  if (!again_.empty()) {
    Rows rows = std::move(again_.front());
    again_.pop_front();
    return rows;
  }
  for (;;) {
    if (read_ahead_.empty()) {
      MBOXFERRY_ASSIGN(read_ahead_, planned_rows(source));
      if (read_ahead_.empty()) return Rows{};
    }
    const bool careful = is_careful(read_ahead_.front().id);
    // A message that goes with care goes alone: nothing else may be in doubt when it gets a BAD.
    if (careful && !in_flight_.empty()) return Rows{};
    target_.be_careful(careful);
    Rows batch = take_batch(read_ahead_, careful);
    std::erase_if(batch, [this](const journal::MessageRow& row) { return refuse_known(row); });
    if (!batch.empty()) return batch;
    if (pending_.refused.size() >= kReadAhead) MBOXFERRY_TRY(commit({}));
  }
}

Result<Sender::Rows> Sender::planned_rows(const SourceFolder& source) {
  MBOXFERRY_ASSIGN(Rows rows,
                   journal_.planned(source.row.id, mailbox_.row.id, cursor_, kReadAhead));
  if (!rows.empty()) cursor_ = rows.back().id;
  return rows;
}

Sender::Rows Sender::take_batch(Rows& from, bool careful) {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  const journal::Count left = budget_.left();
  const std::size_t most =
      careful ? 1 : std::min<std::uint64_t>(settings_.batch.messages, std::max(left.messages, 1ul));
  const std::uint64_t most_bytes = std::min(settings_.batch.bytes, left.bytes);
  while (count < from.size() && count < most) {
    bytes += from[count].wire_size;
    const bool fits = bytes <= most_bytes && is_careful(from[count].id) == careful;
    if (count > 0 && !fits) break;
    ++count;
  }
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(count);
  Rows batch(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
  from.erase(from.begin(), end);
  return batch;
}

bool Sender::refuse_known(const journal::MessageRow& row) {
  if (const auto refusal =
          plan::refuse_beforehand(row.wire_size, target_.capabilities().append_limit)) {
    refuse(row, refusal->code, refusal->text);
    return true;
  }
  // Once with everything, once without keywords; then the server does not take it.
  const bool given_up = row.id == memory_.bad_message && memory_.bad_count >= 2;
  if (given_up) {
    refuse(row, "bad", memory_.bad_text);
    ++memory_.refused_by_bad_in_a_row;
  }
  return given_up;
}

imap::AppendMessage Sender::to_append(const journal::MessageRow& row) const {
  plan::KeptFlags kept =
      plan::keep_flags(row.flags, goes_without_keywords(row) ? "" : row.keywords, mailbox_.flags);
  return {row.wire_size, kept.flags, std::move(kept.keywords), row.date};
}

Result<void> Sender::send_batch(Rows rows, MessageReader& reader) {
  journal::Intent intent{mailbox_.row.id, mailbox_.row.uid_validity, mailbox_.uid_floor, {}};
  std::vector<imap::AppendMessage> messages;
  intent.messages.reserve(rows.size());
  messages.reserve(rows.size());
  std::uint64_t bytes = 0;
  for (const journal::MessageRow& row : rows) {
    intent.messages.push_back(row.id);
    messages.push_back(to_append(row));
    bytes += row.wire_size;
  }
  if (const auto booked = budget_.book(rows.size(), bytes); !booked) {
    budget_used_up_ = booked.error();
    return ok();
  }
  MBOXFERRY_TRY(commit({std::move(intent)}));
  const std::uint64_t number = next_batch_++;
  Batch& batch = in_flight_[number];
  batch.unanswered = rows.size();
  batch.rows = std::move(rows);
  batch.sent_at = clock_.now();
  BatchLiterals literals(reader, batch.rows);
  return target_.append(number, mailbox_.row.name, messages, literals);
}

Result<void> Sender::receive_one() {
  MBOXFERRY_ASSIGN(const imap::AppendOutcome outcome, target_.receive());
  crash_point("batch-answered");
  MBOXFERRY_TRY(apply(outcome));
  return note_sent_today();
}

Result<void> Sender::note_sent_today() {
  const auto note = budget_.note_due();
  return note ? journal_.set_note(kSentTodayNote, *note) : ok();
}

Result<void> Sender::commit(std::vector<journal::Intent> intents) {
  pending_.intents = std::move(intents);
  if (pending_.empty()) return ok();
  const journal::Step step = std::exchange(pending_, {});
  return journal_.commit(step);
}

/// The connection is gone or the job stops: keep what is certain. Answers that came before the end
/// count; what was never sent completely cannot be on the server; the rest stays in doubt.
Result<void> Sender::abandon(Error error) {
  abandoning_ = true;
  while (!in_flight_.empty() && target_.answer_ready()) {
    const auto outcome = target_.receive();
    if (!outcome) break;
    const auto applied = apply(*outcome);
    if (!applied && applied.error().scope == ErrorScope::job) error = applied.error();
  }
  for (const imap::Unanswered& part : target_.unanswered()) {
    const auto batch = in_flight_.find(part.batch);
    if (batch == in_flight_.end() || part.may_be_stored) continue;
    for (std::size_t i = part.first; i < part.first + part.count; ++i)
      pending_.planned_again.push_back(batch->second.rows[i].id);
  }
  in_flight_.clear();
  again_.clear();
  MBOXFERRY_TRY(commit({}));
  return error;
}

}  // namespace mboxferry::transfer
