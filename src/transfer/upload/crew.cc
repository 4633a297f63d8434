// SPDX-License-Identifier: Apache-2.0
// Connections at work.
#include "transfer/upload/crew.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "mboxferry/base/thread.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/pace/compression.h"
#include "transfer/pace/connection_tuner.h"
#include "transfer/pace/reconnect.h"
#include "transfer/source/folder_readers.h"
#include "transfer/upload/sender.h"

namespace mboxferry::transfer {
namespace {

using Steady = std::chrono::steady_clock;

/// Before another connection is tried after one that failed.
constexpr Backoff::Settings kBetweenTries{std::chrono::seconds(10), 2, std::chrono::minutes(10),
                                          Backoff::Jitter::equal};
/// A connection that lived for less was not accepted in earnest.
constexpr std::chrono::seconds kShortLife{60};
constexpr int kMostShortLives = 3;  ///< of one that others can do without

/// Ends the session; the next one reconciles what is in doubt.
Error start_over(std::string what) {
  return {ErrorCode::unavailable, std::move(what), "", ErrorScope::session, {Retry::When::now, {}}};
}

bool is_interrupted(const Error& error) { return error.code == ErrorCode::interrupted; }

bool can_go_on(const Error& error) {
  return error.scope == ErrorScope::session && error.retry.when != Retry::When::never;
}

}  // namespace

struct Crew::Connection {
  const int number;
  std::unique_ptr<imap::Target>& target;
  BatchPace pace;
  FolderReaders readers;  ///< kept open: a packed folder is dear to open
  std::string selected;   ///< the mailbox that is selected on `target`
  std::optional<Compression> compression;
  bool lost = false;               ///< nothing more can be said on `target`
  bool moved = false;              ///< it stored something since this was last set to false
  int short_lives = 0;             ///< one after the other
  imap::WireUsage usage_at_first;  ///< when its session began to send
  Steady::time_point began{};

  [[nodiscard]] bool network_is_free() const {
    constexpr double kLittle = 0.3;
    const auto share = wire_share(usage_at_first, target->wire_usage(), Steady::now() - began);
    return share && share->network < kLittle;
  }
};

Crew::Crew(const SendContext& context, WorkBoard& board, MailboxPreparer& preparer, int most,
           Connect connect)
    : context_(context),
      board_(board),
      preparer_(preparer),
      connect_(std::move(connect)),
      compression_finding_(context.settings.connection.compression == imap::Compression::automatic),
      tuner_(most, !context.settings.connections.adaptive),
      between_tries_(kBetweenTries) {}

Crew::~Crew() {
  for (auto& [number, member] : members_) member.thread.join();
}

Result<void> Crew::run(std::unique_ptr<imap::Target> first) {
  {
    std::unique_lock lock(mutex_);
    first_ = std::move(first);
    if (!spawn()) {
      // Without a thread of its own the first connection works on this one.
      const int number = next_number_++;
      live_.insert(number);
      lock.unlock();
      work(number);
      lock.lock();
    } else if (!context_.settings.connections.adaptive) {
      spawn_others();
    }
    while (!live_.empty()) {
      ended_.wait(lock);
      join_ended();
    }
  }
  if (const auto failure = board_.failure()) return *failure;
  if (const auto left = board_.left_for_later()) return *left;
  if (board_.all_done()) return ok();
  return Error{ErrorCode::internal, "the connections ended before the work", ""};
}

/// With the mutex held. Errors: no thread can be started.
Result<void> Crew::spawn() {
  join_ended();
  const int number = next_number_++;
  Member& member = members_[number];
  live_.insert(number);
  auto thread = start_thread([this, number] { work(number); });
  if (!thread) {
    live_.erase(number);
    members_.erase(number);
    return thread.error();
  }
  member.thread = std::move(*thread);
  return ok();
}

/// With the mutex held.
void Crew::spawn_others() {
  while (static_cast<int>(live_.size()) < tuner_.wanted()) {
    if (const auto spawned = spawn(); !spawned) return do_without(spawned.error());
  }
}

/// With the mutex held, which a member that has ended needs no more.
void Crew::join_ended() {
  for (auto member = members_.begin(); member != members_.end();) {
    if (!member->second.ended) {
      ++member;
      continue;
    }
    member->second.thread.join();
    member = members_.erase(member);
  }
}

void Crew::work(int number) {
  std::unique_ptr<imap::Target> target;
  {
    // Whoever started this thread has noted it when the mutex is free.
    const std::scoped_lock lock(mutex_);
    target = std::move(first_);
  }
  const auto done = guarded([&] { return work_until_done(number, target); });
  if (!done) board_.fail(done.error());
  {
    const std::scoped_lock lock(mutex_);
    if (target) std::swap(idle_target_, target);
  }
  if (target) target->log_out();
  const std::scoped_lock lock(mutex_);
  live_.erase(number);
  if (const auto member = members_.find(number); member != members_.end())
    member->second.ended = true;
  ended_.notify_all();
}

Result<void> Crew::work_until_done(int number, std::unique_ptr<imap::Target>& target) {
  Connection connection{number,
                        target,
                        BatchPace(context_.settings.batch),
                        FolderReaders(context_.sources, context_.settings),
                        {},
                        {},
                        false,
                        false,
                        0,
                        {},
                        {}};
  for (Outage outage(context_.settings.reconnects, context_.settings.retry_for);;) {
    connection.moved = false;
    const auto began = context_.clock.now();
    const std::uint64_t decided = context_.record.decisions();
    Result<void> done;
    if (!target) {
      auto connected = connect_();
      if (connected) {
        target = std::move(*connected);
      } else {
        if (is_interrupted(connected.error())) return connected.error();
        // The others may have finished meanwhile: nothing needs this connection any more.
        if (board_.all_done()) return ok();
        if (spare(number, connected.error())) return ok();
        done = connected.error();
      }
    }
    if (target) done = session(connection);
    if (done) return ok();
    Error error = done.error();
    if (!can_go_on(error)) return error;
    connection.compression.reset();
    target.reset();
    if (had_short_life(connection, began) && spare(number, error)) return ok();
    if (connection.moved || (is_alone() && context_.record.decisions() != decided)) outage.end();
    MBOXFERRY_ASSIGN(const bool again,
                     outage.wait(error, patience(context_.settings, context_.tracker),
                                 context_.tracker, context_.clock, context_.interrupt));
    if (again) continue;
    if (spare(number, error)) return ok();
    return given_up(std::move(error));
  }
}

Result<void> Crew::session(Connection& connection) {
  connection.selected.clear();
  connection.lost = false;
  connection.usage_at_first = connection.target->wire_usage();
  connection.began = Steady::now();
  connection.compression.emplace(*connection.target, compression_finding_, context_.tracker,
                                 context_.clock);
  while (!is_too_many(connection.number)) {
    MBOXFERRY_ASSIGN(const auto work, board_.enter());
    if (!work) return ok();
    WorkBoard::Left how = WorkBoard::Left::in_doubt;
    const auto worked = work_on(*work, connection, how);
    const bool mailbox_failed = !worked && worked.error().scope == ErrorScope::mailbox;
    if (mailbox_failed) set_aside(*work, worked.error());
    board_.leave(*work, how);
    if (!worked && !mailbox_failed) return worked.error();
    if (connection.lost) return start_over(worked.error().what);
    if (mailbox_failed) connection.selected.clear();
    if (connection.compression->wants_quiet()) MBOXFERRY_TRY(connection.compression->when_quiet());
  }
  connection.compression.reset();
  connection.target->log_out();
  connection.target.reset();
  return ok();
}

Result<void> Crew::work_on(const WorkBoard::Work& work, Connection& connection,
                           WorkBoard::Left& how) {
  MailStream& stream = *work.stream;
  MBOXFERRY_TRY(enter_mailbox(work, connection));
  if (work.to_prepare) board_.prepared(work);
  context_.tracker.enter(Progress::Phase::sending, connection.selected);
  const auto stop = [&] {
    return context_.interrupt.requested() || board_.wanted_out(stream) ||
           is_too_many(connection.number) || connection.compression->wants_quiet();
  };
  const auto tell = [&](const journal::Count& count) {
    connection.moved = true;
    connection.compression->stored(count.bytes);
    stored(count, connection);
  };
  MBOXFERRY_ASSIGN(MessageReader* const reader, connection.readers.of(stream.source().row.id));
  const bool keep_order = can_keep_order(*connection.target);
  Sender sender(context_, *connection.target, stream, *reader, connection.number, keep_order,
                connection.pace, stop, tell);
  const auto sent = sender.send();
  if (sender.has_doubts()) how = WorkBoard::Left::refused;
  if (sent && !sender.left_some()) how = WorkBoard::Left::in_order;
  connection.lost = sender.lost_connection();
  return sent;
}

void Crew::set_aside(const WorkBoard::Work& work, const Error& error) {
  context_.tracker.notice(error.what + "; the mailbox is left for later");
  board_.set_aside(work, error);
}

Result<void> Crew::enter_mailbox(const WorkBoard::Work& work, Connection& connection) {
  Desk& desk = work.stream->desk();
  if (work.to_prepare) {
    MBOXFERRY_ASSIGN(ReadyMailbox ready, preparer_.prepare(*connection.target, *work.stream));
    connection.selected = ready.row.name;
    desk.set_ready(std::move(ready));
    return ok();
  }
  const journal::MailboxRow row = desk.ready().row;
  if (connection.selected == row.name) return ok();
  const auto selected = connection.target->select(row.name);
  if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
  if (!selected || selected->uid_validity != row.uid_validity)
    return start_over(
        fmt::format("{}: mailbox {} is not what it was", connection.target->label(), row.name));
  connection.selected = row.name;
  return ok();
}

bool Crew::is_alone() {
  const std::scoped_lock lock(mutex_);
  return live_.size() < 2;
}

void Crew::stored(const journal::Count& count, const Connection& connection) {
  const std::scoped_lock lock(mutex_);
  const bool network_free = tuner_.at_first_look() && connection.network_is_free();
  tuner_.stored(count, static_cast<int>(live_.size()), network_free, Steady::now());
  fill_up();
}

/// With the mutex held.
void Crew::fill_up() {
  while (static_cast<int>(live_.size()) < tuner_.wanted() && context_.clock.now() >= none_before_ &&
         board_.has_room()) {
    if (const auto spawned = spawn(); !spawned) return do_without(spawned.error());
  }
}

bool Crew::had_short_life(Connection& connection, std::chrono::steady_clock::time_point began) {
  if (context_.clock.now() - began < kShortLife) {
    ++connection.short_lives;
    return connection.short_lives >= (connection.moved ? kMostShortLives : 1);
  }
  connection.short_lives = 0;
  const std::scoped_lock lock(mutex_);
  between_tries_.reset();
  told_left_ = std::numeric_limits<int>::max();
  return false;
}

bool Crew::is_too_many(int number) {
  const std::scoped_lock lock(mutex_);
  const auto older = std::distance(live_.begin(), live_.find(number));
  return older >= tuner_.wanted();
}

bool Crew::spare(int number, const Error& error) {
  const std::scoped_lock lock(mutex_);
  if (live_.size() < 2) return false;
  live_.erase(number);
  const bool told = error.code == ErrorCode::try_later || error.code == ErrorCode::login_refused;
  if (told) {
    const int left = static_cast<int>(live_.size());
    tuner_.limit(left);
    // A journal that cannot be written is found by the next step.
    static_cast<void>(note_connection_limit(left, context_.journal, context_.clock));
  }
  do_without(error);
  return true;
}

/// With the mutex held. Told once, not at each try.
void Crew::do_without(const Error& error) {
  const auto now = context_.clock.now();
  const auto wait = between_tries_.next(error.retry.after);
  none_before_ = now + wait;
  const int left = static_cast<int>(live_.size());
  if (left >= told_left_) return;
  told_left_ = left;
  context_.tracker.notice(
      fmt::format("{}; going on with {} connection{}", error.what, left, left == 1 ? "" : "s"));
}

}  // namespace mboxferry::transfer
