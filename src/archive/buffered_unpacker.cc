// SPDX-License-Identifier: Apache-2.0
// What the unpackers that call a library of one format have in common.
#include "archive/buffered_unpacker.h"

#include <algorithm>

namespace mboxferry::archive {

void BufferedUnpacker::watch(WindowFormat format) {
  headers_.emplace(format);
  of_library_ = library_limit(format);
}

Result<void> BufferedUnpacker::fill() {
  if (!input_.empty()) return ok();
  MBOXFERRY_ASSIGN(const std::size_t got, packed_->read(buffer_));
  input_ = std::string_view(buffer_.data(), got);
  if (!headers_) return ok();
  const std::uint64_t needed = headers_->feed(input_);
  const std::uint64_t most = counter_.meter()->limits().most_memory;
  if (needed <= std::min(most, of_library_)) return ok();
  return needs_memory(name(), needed, most, of_library_);
}

Result<std::size_t> BufferedUnpacker::read(std::span<char> buffer) {
  if (error_) return *error_;
  if (at_end_ || buffer.empty()) return std::size_t{0};
  std::size_t done = 0;
  auto result = unpack_into(buffer, done);
  if (const auto counted = counter_.count(done, name()); !counted) {
    result = counted.error();
    done = 0;
  }
  if (!result) error_ = result.error();
  if (done > 0 || result) return done;
  return *error_;
}

}  // namespace mboxferry::archive
