// SPDX-License-Identifier: Apache-2.0
// Shows where a batch stands, for people or for programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/report/progress.h"

namespace mboxferry::report {

/// One account at work.
struct AccountSample {
  std::string account;
  ProgressSample sample;
};

/// One moment of a batch.
struct BatchSample {
  std::uint64_t accounts = 0;
  std::uint64_t waiting = 0;
  std::uint64_t complete = 0;
  std::uint64_t refused = 0;     ///< accounts that are finished, with some messages refused
  std::uint64_t incomplete = 0;  ///< accounts that are finished, with something not read
  std::uint64_t later = 0;
  std::uint64_t failed = 0;  ///< also those whose login was refused
  std::uint64_t login_refused = 0;
  std::uint64_t archive_bytes = 0;
  std::uint64_t archive_bytes_done = 0;  ///< of accounts that this run is through with
  std::uint64_t archive_bytes_left = 0;  ///< of these, of accounts that did not arrive
  std::uint64_t messages_now = 0;  ///< stored in this run
  std::uint64_t bytes_now = 0;
  std::vector<AccountSample> at_work;
  std::string waits_for;  ///< why nobody works though accounts wait
};

/// Prints on a file descriptor. One call at a time; failing writes are ignored.
class BatchPrinter {
 public:
  BatchPrinter() = default;
  BatchPrinter(const BatchPrinter&) = delete;
  BatchPrinter& operator=(const BatchPrinter&) = delete;
  virtual ~BatchPrinter() = default;

  virtual void progress(const BatchSample& sample) = 0;
  virtual void notice(std::string_view account, std::string_view line) = 0;
  virtual void finish() = 0;
};

/// `live` repaints a few lines, `plain` prints one every few seconds, `json` an object every
/// second; notices are printed by all, `none` included.
std::unique_ptr<BatchPrinter> make_batch_printer(ProgressStyle style, int descriptor, Clock& clock);

}  // namespace mboxferry::report
