// SPDX-License-Identifier: Apache-2.0
// Connecting ahead of the work.
#include "transfer/pace/early_connections.h"

#include <system_error>

namespace mboxferry::transfer {

void EarlyConnections::begin(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  if (login_ == Login::end) login_ = Login::wait;
  try {
    while (begun_.size() < count) {
      begun_.push_back(std::async(
          std::launch::async, [this] { return connect_([this] { return wait_for_login(); }); }));
    }
  } catch (const std::system_error&) {  // a limit on threads: take() connects when it is asked
  }
}

Result<void> EarlyConnections::wait_for_login() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return login_ != Login::wait; });
  if (login_ == Login::go) return ok();
  return Error{ErrorCode::unavailable, "the connection was not needed", "", ErrorScope::session};
}

void EarlyConnections::let_log_in() {
  const std::scoped_lock lock(mutex_);
  login_ = Login::go;
  changed_.notify_all();
}

void EarlyConnections::give_up() {
  std::deque<std::future<Made>> unused;
  {
    const std::scoped_lock lock(mutex_);
    login_ = Login::end;
    changed_.notify_all();
    unused.swap(begun_);
  }
}

EarlyConnections::Made EarlyConnections::take() {
  std::future<Made> next;
  {
    const std::scoped_lock lock(mutex_);
    if (!begun_.empty()) {
      next = std::move(begun_.front());
      begun_.pop_front();
    }
  }
  return next.valid() ? next.get() : connect_({});
}

}  // namespace mboxferry::transfer
