// SPDX-License-Identifier: Apache-2.0
// A window that slides over a stream.
#include "archive/stream_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mboxferry::archive {
namespace {

constexpr std::size_t kWindow = 1024 * 1024;
// Somewhat more than what a survey of a folder reads.
constexpr std::uint64_t kMostKept = 36 * 1024 * 1024;

/// Stands for a stream that is damaged from its beginning on.
class NoBytes final : public InputStream {
 public:
  explicit NoBytes(const std::string& name) : name_(name) {}
  Result<std::size_t> read(std::span<char> /*buffer*/) override { return std::size_t{0}; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  const std::string name_;
};

}  // namespace

bool StreamSource::end_at(const Error& error) {
  if (!opener_->ends_at_damage() || error.code != ErrorCode::not_mail) return false;
  damage_ = error;
  return true;
}

Result<void> StreamSource::start(std::uint64_t offset) {
  stream_.reset();  // before the next one is opened, so that it can take over what this one used
  auto opened = opener_->open(offset);
  if (!opened && !end_at(opened.error())) return std::move(opened).error();
  stream_ = opened ? std::move(*opened) : std::make_unique<NoBytes>(opener_->name());
  // Not zeroed: a folder of some messages touches only some of its pages.
  if (!window_) window_ = std::make_unique_for_overwrite<char[]>(kWindow);
  window_begin_ = offset;
  window_size_ = 0;
  at_end_ = false;
  return ok();
}

// Far behind the window there may be a nearer start.
Result<void> StreamSource::jump(std::uint64_t offset) {
  if (at_end_ || offset <= window_end() + kWindow) return ok();
  MBOXFERRY_ASSIGN(const std::uint64_t nearest, opener_->start_before(offset));
  return nearest > window_end() ? start(nearest) : ok();
}

// Drops the older half of the window.
void StreamSource::slide() {
  const std::size_t kept = kWindow / 2;
  const std::size_t dropped = window_size_ - kept;
  if (keeps_beginning_ && window_begin_ == kept_size() && kept_size() < kMostKept) {
    if (!beginning_) {
      auto file = TemporaryFile::create();
      if (file) beginning_ = std::move(*file);
    }
    // Without it the stream starts again, which is slow and no more.
    keeps_beginning_ = beginning_ && beginning_->append(std::span(window_.get(), dropped));
  }
  std::memmove(window_.get(), window_.get() + dropped, kept);
  window_begin_ += dropped;
  window_size_ = kept;
}

Result<void> StreamSource::read_more() {
  if (window_size_ == kWindow) slide();
  auto got = stream_->read(std::span(window_.get(), kWindow).subspan(window_size_));
  if (!got && end_at(got.error())) {
    at_end_ = true;
    return ok();
  }
  if (!got) {
    stream_.reset();  // the next read starts anew, and fails at the same place
    return std::move(got).error();
  }
  window_size_ += *got;
  at_end_ = *got == 0;
  return ok();
}

Result<std::size_t> StreamSource::read_at(std::uint64_t offset, std::span<char> buffer) {
  if (stream_) MBOXFERRY_TRY(jump(offset));
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::uint64_t position = offset + done;
    const std::span<char> rest = buffer.subspan(done);
    if (position < kept_size()) {
      const auto count = std::min<std::uint64_t>(kept_size() - position, rest.size());
      MBOXFERRY_TRY(beginning_->read_at(position, rest.first(static_cast<std::size_t>(count))));
      done += static_cast<std::size_t>(count);
    } else if (!stream_ || position < window_begin_) {
      MBOXFERRY_ASSIGN(const std::uint64_t nearest, opener_->start_before(position));
      MBOXFERRY_TRY(start(nearest));
    } else if (position < window_end()) {
      const auto from = static_cast<std::size_t>(position - window_begin_);
      const std::size_t count = std::min(window_size_ - from, rest.size());
      std::memcpy(rest.data(), window_.get() + from, count);
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
