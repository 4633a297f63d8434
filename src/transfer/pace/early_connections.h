// SPDX-License-Identifier: Apache-2.0
// Connections that are made before there is work for them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// Makes connections in the background while the job's first one logs in and looks around. They
/// secure themselves meanwhile, which costs several round trips, and log in once the first has: a
/// wrong password is said once only. Any thread; `connect` is called on threads of its own.
class EarlyConnections {
 public:
  using Made = Result<std::unique_ptr<imap::Target>>;
  using Connect = std::function<Made(const imap::BeforeLogin&)>;

  explicit EarlyConnections(Connect connect) : connect_(std::move(connect)) {}
  ~EarlyConnections() { give_up(); }
  EarlyConnections(const EarlyConnections&) = delete;
  EarlyConnections& operator=(const EarlyConnections&) = delete;

  /// Sees to it that `count` are begun, or as many as the system has threads for.
  void begin(std::size_t count);
  void let_log_in();
  /// Ends those that nobody took.
  void give_up();
  /// The next one that was begun, once it is made, else a new one. Errors: those of connecting.
  Made take();

 private:
  Result<void> wait_for_login();

  const Connect connect_;
  std::mutex mutex_;
  std::condition_variable changed_;
  enum class Login { wait, go, end };
  Login login_ = Login::wait;
  std::deque<std::future<Made>> begun_;
};

}  // namespace mboxferry::transfer
