// SPDX-License-Identifier: Apache-2.0
// The connections of one job, and how many there are.
#pragma once

#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "mboxferry/imap/target.h"
#include "transfer/pace/backoff.h"
#include "transfer/pace/compression.h"
#include "transfer/pace/connection_tuner.h"
#include "transfer/upload/mailbox_preparer.h"
#include "transfer/upload/send_context.h"
#include "transfer/upload/work_board.h"

namespace mboxferry::transfer {

/// Several connections can keep a mailbox's order where one byte lets a whole batch be stored; of
/// single APPENDs each would wait for the one before.
inline bool can_keep_order(const imap::Target& target) {
  return target.mode() == imap::AppendMode::multiappend;
}

/// Runs a job's connections, each on a thread of its own, until the board has no more work.
class Crew {
 public:
  using Connect = std::function<Result<std::unique_ptr<imap::Target>>()>;

  /// `most`: of connections; fewer when an earlier run was told so by the server.
  Crew(const SendContext& context, WorkBoard& board, MailboxPreparer& preparer, int most,
       Connect connect);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Works with `first`, and with more connections as they help, until all is done or has failed.
  Result<void> run(std::unique_ptr<imap::Target> first);
  /// A connection that is still open and idle, or nothing.
  std::unique_ptr<imap::Target> take_target() { return std::move(idle_target_); }

 private:
  /// One connection and its thread.
  struct Member {
    std::thread thread;
    bool ended = false;  ///< it does nothing more but return
  };

  Result<void> spawn();
  void spawn_others();
  void join_ended();
  void work(int number);
  /// One connection's life. An error ends the job.
  Result<void> work_until_done(int number, std::unique_ptr<imap::Target>& target);
  struct Connection;
  Result<void> session(Connection& connection);
  Result<void> work_on(const WorkBoard::Work& work, Connection& connection, WorkBoard::Left& how);
  void set_aside(const WorkBoard::Work& work, const Error& error);
  Result<void> enter_mailbox(const WorkBoard::Work& work, Connection& connection);
  [[nodiscard]] bool is_alone();
  /// True when a connection that was lost should leave the work to others, if there are any.
  bool had_short_life(Connection& connection, std::chrono::steady_clock::time_point began);

  void stored(const journal::Count& count, const Connection& connection);
  /// True when fewer connections are wanted and this one is too many.
  bool is_too_many(int number);
  /// True when others go on without the connection that got `error`; it counts as ended then.
  bool spare(int number, const Error& error);
  void fill_up();
  /// Notes that another connection, which cannot be had because of `error`, is tried later.
  void do_without(const Error& error);

  const SendContext& context_;
  WorkBoard& board_;
  MailboxPreparer& preparer_;
  const Connect connect_;
  CompressionFinding compression_finding_;

  std::mutex mutex_;
  std::condition_variable ended_;
  ConnectionTuner tuner_;
  std::set<int> live_;  ///< the numbers of the connections that there are
  int next_number_ = 0;
  Backoff between_tries_;
  std::chrono::steady_clock::time_point none_before_{};  ///< no new one after a failure
  int told_left_ = std::numeric_limits<int>::max();      ///< connections left, as was last told
  std::map<int, Member> members_;
  std::unique_ptr<imap::Target> first_;  ///< for the connection that begins next
  std::unique_ptr<imap::Target> idle_target_;
};

}  // namespace mboxferry::transfer
