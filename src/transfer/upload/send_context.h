// SPDX-License-Identifier: Apache-2.0
// What the connections of one job share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/pace/daily_budget.h"
#include "transfer/pace/tracker.h"
#include "transfer/source/source_folders.h"
#include "transfer/upload/index_gate.h"
#include "transfer/upload/keyword_memory.h"
#include "transfer/upload/refusal_trust.h"
#include "transfer/upload/step_writer.h"
#include "transfer/upload/suspect_memory.h"

namespace mboxferry::transfer {

/// How slow the server is, and whether anything moves. Any thread.
class SendRecord {
 public:
  /// Takes over what an earlier run has noted in the journal.
  Result<void> resume(const journal::Journal& journal);
  /// Notes the wait for an answer, in the journal too when it is much longer than what is known: a
  /// resumed job settles as long as the one that died would have.
  Result<void> note_confirm(std::chrono::milliseconds waited, journal::Journal& journal);
  /// The longest wait for an answer in this job.
  [[nodiscard]] std::chrono::milliseconds slowest_confirm() const;

  /// Notes in the journal how much is stored by now, at most every few seconds and less often in a
  /// long run; `always`: in any case. For the chart of a report.
  Result<void> note_pace(const journal::Count& stored, bool always, Clock& clock,
                         journal::Journal& journal);

  /// Messages were stored, also by earlier runs; in any mailbox.
  void stored(std::uint64_t messages) { stored_.fetch_add(messages, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t stored() const { return stored_.load(std::memory_order_relaxed); }
  /// A mailbox was given up because nothing went through.
  void gave_up() { gave_up_at_ = stored() + 1; }
  /// Nothing was stored since a mailbox was given up: it is not worth waiting as long again.
  [[nodiscard]] bool is_impatient() const { return gave_up_at_ == stored() + 1; }

  KeywordMemory keywords;
  RefusalTrust refusals;
  SuspectMemory suspects;
  std::atomic<bool> disbelieves_uids{false};  ///< the server gave one to different messages

  /// The server refused a message for a NUL in it, with this code and these words.
  struct NulRefusal {
    std::string code;
    std::string text;
  };
  void nul_refused(const std::string& code, const std::string& text);
  /// Nothing: it has not done so yet.
  [[nodiscard]] std::optional<NulRefusal> nul_refusal() const;

  /// Some message was decided.
  void decided() { decisions_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t decisions() const {
    return decisions_.load(std::memory_order_relaxed);
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::milliseconds slowest_{0};
  std::chrono::milliseconds noted_{0};
  std::optional<NulRefusal> nul_refusal_;
  std::optional<std::chrono::steady_clock::time_point> pace_begun_;
  std::chrono::steady_clock::time_point pace_noted_{};
  std::atomic<std::uint64_t> decisions_{0};
  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> gave_up_at_{0};  ///< `stored_` then, plus 1
};

/// Not owned; outlives every connection's work.
struct SendContext {
  const JobSettings& settings;
  const std::vector<SourceFolder>& sources;
  journal::Journal& journal;
  StepWriter& steps;
  IndexGate& gate;
  Tracker& tracker;
  SendRecord& record;
  DailyBudget& budget;
  Clock& clock;
  const Cancellation& interrupt;
};

}  // namespace mboxferry::transfer
