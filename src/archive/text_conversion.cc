// SPDX-License-Identifier: Apache-2.0
// Reading what is converted, piece by piece.
#include "archive/text_conversion.h"

namespace mboxferry::archive {

Result<void> ConvertedStream::convert_more() {
  text_.clear();
  used_ = 0;
  MBOXFERRY_ASSIGN(const std::size_t got, packed_->read(input_));
  at_end_ = got == 0;
  if (at_end_)
    end();
  else
    take({input_.data(), got});
  return ok();
}

Result<std::size_t> ConvertedStream::read(std::span<char> buffer) {
  while (used_ == text_.size() && !at_end_) MBOXFERRY_TRY(convert_more());
  const std::size_t size = text_.copy(buffer.data(), buffer.size(), used_);
  used_ += size;
  return size;
}

}  // namespace mboxferry::archive
