// SPDX-License-Identifier: Apache-2.0
// Where a job stands and how it ends, for those who watch it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Where a job stands. Totals grow while the index pass runs.
struct Progress {
  enum class Phase { reading, connecting, reconciling, sending, verifying, done };
  Phase phase = Phase::reading;
  bool totals_known = false;  ///< every folder is indexed
  journal::Count total;       ///< planned or already dealt with, as far as known
  journal::Count stored;
  journal::Count stored_now;  ///< in this run, for the rate
  std::uint64_t refused = 0;
  std::uint64_t archive_bytes = 0;  ///< on disk, all folders
  std::uint64_t read_bytes = 0;     ///< of them, by the index pass
  std::uint64_t unread = 0;         ///< parts that may be mail and are not read, as far as known
  std::string mailbox;              ///< the one worked on
  std::string waiting;  ///< why it waits, or what slows it down on purpose; empty: neither
  std::chrono::milliseconds waiting_left{0};  ///< until it goes on; 0: it is only slowed down
};
std::string_view phase_name(Progress::Phase phase);

/// Hears what happens. Called from the job's threads, one call at a time; must not block long.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void progress(const Progress& progress) = 0;
  /// One line worth showing: a retry, a wait, a warning. Never a secret.
  virtual void notice(std::string_view line) = 0;
};

/// incomplete: everything that could be read is stored or refused, and something was not read.
enum class Verdict { complete, refused, incomplete, failed, interrupted };
std::string_view verdict_name(Verdict verdict);
/// How reports and journals call the end of a run that has `error`: what the same command may go on
/// with later is `unfinished`, as in a batch, and not failed.
std::string_view verdict_name(const Error& error);

}  // namespace mboxferry::transfer
