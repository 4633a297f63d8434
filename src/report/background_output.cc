// SPDX-License-Identifier: Apache-2.0
// A queue of text and its thread.
#include "report/background_output.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string_view>

#include "mboxferry/base/thread.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kMostWaiting = std::size_t{256} << 10U;

}  // namespace

BackgroundOutput::BackgroundOutput(int descriptor)
    : descriptor_(descriptor), kind_([descriptor] {
        struct stat status {};
        if (::fstat(descriptor, &status) != 0) return Kind::other;
        if (S_ISREG(status.st_mode)) return Kind::file;
        return S_ISFIFO(status.st_mode) ? Kind::pipe : Kind::other;
      }()) {}

BackgroundOutput::~BackgroundOutput() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

bool BackgroundOutput::ready() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.empty() && writing_ == 0;
}

bool BackgroundOutput::has_room() {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() + writing_ < kMostWaiting) return true;
  ++lost_;
  return false;
}

bool BackgroundOutput::fits(const std::string& text) const {
  if (kind_ == Kind::file) return true;
  // A pipe with room takes so much without blocking; a terminal may have room for a part only.
  pollfd entry{descriptor_, POLLOUT, 0};
  return kind_ == Kind::pipe && text.size() <= PIPE_BUF && ::poll(&entry, 1, 0) == 1;
}

void BackgroundOutput::put(std::string text) {
  if (ready() && fits(text)) return write(text);
  if (!thread_.joinable()) {
    auto thread = start_thread([this] { write_all_that_comes(); });
    // Without a thread it is written here, and may wait.
    if (!thread) return write(text);
    thread_ = std::move(*thread);
  }
  const std::scoped_lock lock(mutex_);
  waiting_ += text;
  changed_.notify_all();
}

void BackgroundOutput::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && writing_ == 0; });
}

void BackgroundOutput::write_all_that_comes() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string text = std::exchange(waiting_, {});
    writing_ = text.size();
    lock.unlock();
    write(text);
    lock.lock();
    writing_ = 0;
    changed_.notify_all();
  }
}

void BackgroundOutput::write(const std::string& text) const {
  for (std::string_view left = text; !left.empty();) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // another program has made the terminal non-blocking
      pollfd entry{descriptor_, POLLOUT, 0};
      static_cast<void>(::poll(&entry, 1, -1));
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::string lost_line(std::uint64_t count) {
  return fmt::format("{} notice{} not shown, because standard error was not read", count,
                     count == 1 ? " was" : "s were");
}

}  // namespace mboxferry::report
