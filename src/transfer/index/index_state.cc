// SPDX-License-Identifier: Apache-2.0
// The index state as text.
#include "transfer/index/index_state.h"

#include <fmt/format.h>

#include <cinttypes>
#include <cstdio>

namespace mboxferry::transfer {

std::string IndexState::to_text() const {
  const auto counts = [](const mbox::Accounting& sums) {
    return fmt::format("{} {} {} {}", sums.message, sums.separator, sums.quoting, sums.junk);
  };
  return fmt::format("1 {} {} {} {}", resume_at, counts(accounting), last_start,
                     counts(before_last));
}

std::optional<IndexState> IndexState::from_text(const std::string& text) {
  IndexState state;
  mbox::Accounting& now = state.accounting;
  mbox::Accounting& before = state.before_last;
  const int fields = std::sscanf(text.c_str(),
                                 "1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                                 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                                 &state.resume_at, &now.message, &now.separator, &now.quoting,
                                 &now.junk, &state.last_start, &before.message, &before.separator,
                                 &before.quoting, &before.junk);
  if (fields != 10) return std::nullopt;
  return state;
}

}  // namespace mboxferry::transfer
