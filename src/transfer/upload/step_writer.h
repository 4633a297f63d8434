// SPDX-License-Identifier: Apache-2.0
// Shares one sync of the journal between the connections of a job.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// While one step is being written, those of other threads gather and become the next one together.
/// Steps of different threads must not name the same message. Any thread.
class StepWriter {
 public:
  explicit StepWriter(journal::Journal& journal) : journal_(journal) {}

  /// Returns when the step is durable. After a failure every step fails with the same error.
  Result<void> commit(journal::Step step);

 private:
  journal::Journal& journal_;
  std::mutex mutex_;
  std::condition_variable written_;
  journal::Step gathering_;
  std::uint64_t gathering_number_ = 1;
  std::uint64_t written_number_ = 0;
  bool writing_ = false;
  std::optional<Error> error_;
};

}  // namespace mboxferry::transfer
