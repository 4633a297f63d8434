// SPDX-License-Identifier: Apache-2.0
// A window that slides over a stream.
#include "archive/stream_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mboxferry::archive {
namespace {

constexpr std::size_t kWindow = 1024 * 1024;

}  // namespace

// Starts the stream anew when `offset` lies before the window, or so far behind that a later start
// may be nearer.
Result<void> StreamSource::go_near(std::uint64_t offset) {
  const bool behind = offset > window_end() + kWindow && !at_end_;
  if (stream_ && offset >= window_begin_ && !behind) return ok();
  MBOXFERRY_ASSIGN(const std::uint64_t start, opener_->start_before(offset));
  if (stream_ && offset >= window_begin_ && start <= window_end()) return ok();
  stream_.reset();  // before the next one is opened, so that it can take over what this one used
  MBOXFERRY_ASSIGN(stream_, opener_->open(start));
  window_.resize(kWindow);
  window_begin_ = start;
  window_size_ = 0;
  at_end_ = false;
  return ok();
}

Result<void> StreamSource::read_more() {
  if (window_size_ == window_.size()) {  // keep the newer half
    const std::size_t kept = window_.size() / 2;
    std::memmove(window_.data(), window_.data() + window_size_ - kept, kept);
    window_begin_ += window_size_ - kept;
    window_size_ = kept;
  }
  auto got = stream_->read(std::span<char>(window_).subspan(window_size_));
  if (!got) {
    stream_.reset();  // the next read starts anew, and fails at the same place
    return std::move(got).error();
  }
  window_size_ += *got;
  at_end_ = *got == 0;
  return ok();
}

Result<std::size_t> StreamSource::read_at(std::uint64_t offset, std::span<char> buffer) {
  MBOXFERRY_TRY(go_near(offset));
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::uint64_t position = offset + done;
    if (position < window_end()) {
      const auto from = static_cast<std::size_t>(position - window_begin_);
      const std::size_t count = std::min(window_size_ - from, buffer.size() - done);
      std::memcpy(buffer.data() + done, window_.data() + from, count);
      done += count;
    } else if (at_end_) {
      break;
    } else {
      MBOXFERRY_TRY(read_more());
    }
  }
  return done;
}

}  // namespace mboxferry::archive
