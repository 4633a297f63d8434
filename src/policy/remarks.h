// SPDX-License-Identifier: Apache-2.0
// Remarks of one sort about many lines, in bounded memory.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::policy {

/// Keeps the first remarks about a file, and counts the others.
class Remarks {
 public:
  explicit Remarks(std::string about) : about_(std::move(about)) {}

  /// True when there is room: the text of one more is made only then.
  bool begin(const std::string& file) {
    if (file != file_) {
      close();
      file_ = file;
    }
    ++count_;
    return count_ <= kMost;
  }
  void put(std::uint64_t line, std::string text) {
    remarks_.push_back({file_, line, std::move(text)});
  }
  /// Moves all remarks to the end of `out`.
  void move_to(std::vector<ListRemark>& out) {
    close();
    for (ListRemark& remark : remarks_) out.push_back(std::move(remark));
    remarks_.clear();
  }

 private:
  static constexpr std::uint64_t kMost = 1'000;

  void close() {
    if (count_ > kMost)
      remarks_.push_back({file_, 0, fmt::format("{} more {}", count_ - kMost, about_)});
    count_ = 0;
  }

  std::string about_;
  std::string file_;
  std::uint64_t count_ = 0;
  std::vector<ListRemark> remarks_;
};

}  // namespace mboxferry::policy
