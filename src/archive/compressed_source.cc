// SPDX-License-Identifier: Apache-2.0
// A window that slides over the unpacked bytes.
#include "archive/compressed_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mboxferry::archive {
namespace {

constexpr std::size_t kWindow = 1024 * 1024;

}  // namespace

CompressedSource::CompressedSource(OpenFile file) : file_(std::move(file)), window_(kWindow) {}

Result<void> CompressedSource::start() {
  window_begin_ = 0;
  window_size_ = 0;
  at_end_ = false;
  MBOXFERRY_ASSIGN(unpacker_, make_unpacker(file_));
  return ok();
}

Result<void> CompressedSource::read_more() {
  if (window_size_ == window_.size()) {  // keep the newer half
    const std::size_t kept = window_.size() / 2;
    std::memmove(window_.data(), window_.data() + window_size_ - kept, kept);
    window_begin_ += window_size_ - kept;
    window_size_ = kept;
  }
  auto got = unpacker_->read(std::span<char>(window_).subspan(window_size_));
  if (!got) {
    unpacker_.reset();  // the next read starts anew, and fails at the same place
    return std::move(got).error();
  }
  window_size_ += *got;
  at_end_ = *got == 0;
  return ok();
}

Result<std::size_t> CompressedSource::read_at(std::uint64_t offset, std::span<char> buffer) {
  if (!unpacker_ || offset < window_begin_) MBOXFERRY_TRY(start());
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
