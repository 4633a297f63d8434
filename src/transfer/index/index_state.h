// SPDX-License-Identifier: Apache-2.0
// Where the index pass of a folder goes on, as the journal keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/mbox/splitter.h"

namespace mboxferry::transfer {

struct IndexState {
  std::uint64_t resume_at = 0;
  mbox::Accounting accounting;
  // The same two before the last message: where a folder that grew is read again from, because
  // the last message may have been unfinished.
  std::uint64_t last_start = 0;
  mbox::Accounting before_last;

  [[nodiscard]] std::string to_text() const;
  static std::optional<IndexState> from_text(const std::string& text);
};

}  // namespace mboxferry::transfer
