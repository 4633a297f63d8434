// SPDX-License-Identifier: Apache-2.0
// Bytes that come once, in order.
#include "archive/input_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "archive/file_kind.h"

namespace mboxferry::archive {

Result<std::uint64_t> InputStream::skip(std::uint64_t count) {
  std::array<char, 16 * 1024> buffer{};
  std::uint64_t done = 0;
  while (done < count) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(count - done, buffer.size()));
    MBOXFERRY_ASSIGN(const std::size_t got, read(std::span<char>(buffer).first(size)));
    if (got == 0) break;
    done += got;
  }
  return done;
}

Result<std::size_t> FileStream::read(std::span<char> buffer) {
  MBOXFERRY_ASSIGN(const std::size_t got, file_->read_at(offset_, buffer));
  offset_ += got;
  meter_->count_packed(got);
  return got;
}

Result<std::uint64_t> FileStream::skip(std::uint64_t count) {
  const std::uint64_t rest = offset_ < size() ? size() - offset_ : 0;
  const std::uint64_t done = std::min(rest, count);
  offset_ += done;
  return done;
}

Result<std::string_view> HeadedStream::head() {
  if (has_head_) return std::string_view(head_);
  head_.resize(kHeadBytes);
  std::size_t size = 0;
  while (size < head_.size()) {
    const auto got = rest_->read(std::span<char>(head_).subspan(size));
    if (!got && size == 0) return got.error();
    if (!got) error_ = got.error();
    if (!got || *got == 0) break;
    size += *got;
  }
  head_.resize(size);
  has_head_ = true;
  return std::string_view(head_);
}

Result<std::size_t> HeadedStream::read(std::span<char> buffer) {
  const std::size_t count = std::min(head_.size() - head_used_, buffer.size());
  if (count == 0 && error_) return *error_;
  if (count == 0) return rest_->read(buffer);
  std::memcpy(buffer.data(), head_.data() + head_used_, count);
  head_used_ += count;
  return count;
}

Result<std::uint64_t> HeadedStream::skip(std::uint64_t count) {
  const std::uint64_t from_head = std::min<std::uint64_t>(head_.size() - head_used_, count);
  head_used_ += static_cast<std::size_t>(from_head);
  if (from_head == count) return count;
  if (error_) return *error_;
  MBOXFERRY_ASSIGN(const std::uint64_t more, rest_->skip(count - from_head));
  return from_head + more;
}

}  // namespace mboxferry::archive
