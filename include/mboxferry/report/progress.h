// SPDX-License-Identifier: Apache-2.0
// Shows where a job stands, for people or for programs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/time.h"

namespace mboxferry::report {

/// One moment of a job. Counts are of messages and of wire bytes.
struct ProgressSample {
  std::string phase;
  bool totals_known = false;  ///< the totals will not grow any more
  std::uint64_t messages_total = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t messages_done = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t messages_now = 0;  ///< done in this run, for the rate
  std::uint64_t bytes_now = 0;
  std::uint64_t refused = 0;
  std::uint64_t archive_bytes = 0;
  std::uint64_t read_bytes = 0;
  std::string mailbox;
  std::string waiting;         ///< why it waits or is slowed down; empty: neither
  double waiting_seconds = 0;  ///< until it goes on; 0: it is only slowed down
  std::uint64_t unread = 0;    ///< parts of the archive that may be mail and are not read
};

/// Per second, over the last seconds.
struct Rate {
  double messages = 0;
  double bytes = 0;
};

enum class ProgressStyle { none, plain, live, json };
std::optional<ProgressStyle> progress_style_from_name(std::string_view name);

/// Prints progress on a file descriptor. Failing writes are ignored: a closed terminal must not end
/// a job. One call at a time; each returns soon.
class ProgressPrinter {
 public:
  ProgressPrinter() = default;
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;
  virtual ~ProgressPrinter() = default;

  /// May be called as often as anything changes; prints only now and then.
  virtual void progress(const ProgressSample& sample) = 0;
  /// One line that stays.
  virtual void notice(std::string_view line) = 0;
  /// Shows the last state, and leaves the terminal as it was.
  virtual void finish() = 0;
};

/// `live` repaints one line with ANSI sequences; `plain` prints a line every few seconds; `json` an
/// object a line, every second, which names `account`. Notices are printed by all of them, `none`
/// included.
std::unique_ptr<ProgressPrinter> make_progress_printer(ProgressStyle style, int descriptor,
                                                       Clock& clock, std::string account = {});

}  // namespace mboxferry::report
