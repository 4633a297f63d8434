// SPDX-License-Identifier: Apache-2.0
// Stops files that unpack to far more than mail can.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "archive/limits.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Counts what one walk through a file reads from it. Shared by the stages that unpack it.
class UnpackMeter {
 public:
  UnpackMeter(const Limits& limits, std::uint64_t file_size)
      : limits_(limits), file_size_(file_size) {}

  /// Bytes that are read twice do not count twice.
  void count_packed(std::uint64_t bytes) { packed_ = std::min(packed_ + bytes, file_size_); }
  [[nodiscard]] std::uint64_t most_unpacked() const {
    return limits_.allowance + limits_.ratio * packed_;
  }
  [[nodiscard]] const Limits& limits() const { return limits_; }

 private:
  Limits limits_;
  std::uint64_t file_size_;
  std::uint64_t packed_ = 0;
};

/// Counts what one stage of unpacking gives.
class UnpackCounter {
 public:
  explicit UnpackCounter(std::shared_ptr<UnpackMeter> meter) : meter_(std::move(meter)) {}

  /// `not_mail` when the limit is passed; `name` is what is unpacked.
  Result<void> count(std::uint64_t bytes, const std::string& name);
  [[nodiscard]] const std::shared_ptr<UnpackMeter>& meter() const { return meter_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  std::shared_ptr<UnpackMeter> meter_;
  std::uint64_t total_ = 0;
};

}  // namespace mboxferry::archive
