// SPDX-License-Identifier: Apache-2.0
// Messages of which a server shows another size or date than they were sent with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Counts those of one mailbox, and keeps a sample spread over it whose content decides about all.
/// Constant memory.
class Alterations {
 public:
  void add(const journal::MessageRow& row, bool size, bool date) {
    sizes_ += size ? 1 : 0;
    dates_ += date ? 1 : 0;
    if (seen_++ % stride_ != 0) return;
    if (sample_.size() == kMost) {
      for (std::size_t i = 0; i < kMost / 2; ++i) sample_[i] = sample_[2 * i];
      sample_.resize(kMost / 2);
      stride_ *= 2;
      if ((seen_ - 1) % stride_ != 0) return;
    }
    sample_.push_back(row);
  }

  [[nodiscard]] std::uint64_t sizes() const { return sizes_; }
  [[nodiscard]] std::uint64_t dates() const { return dates_; }
  /// At least 64 where there are so many.
  [[nodiscard]] const std::vector<journal::MessageRow>& sample() const { return sample_; }

 private:
  static constexpr std::size_t kMost = 128;

  std::uint64_t sizes_ = 0;
  std::uint64_t dates_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t stride_ = 1;
  std::vector<journal::MessageRow> sample_;
};

}  // namespace mboxferry::transfer
