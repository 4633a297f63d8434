// SPDX-License-Identifier: Apache-2.0
// The record of a job's connections.
#include "transfer/upload/send_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "transfer/mailbox/given_uids.h"

namespace mboxferry::transfer {

namespace {
constexpr const char* kSlowestConfirmNote = "slowest_confirm_ms";
constexpr std::chrono::seconds kPaceStep(5);
}  // namespace

Result<void> SendRecord::resume(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto slowest, journal.note(kSlowestConfirmNote));
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(0));
  stored_ = counts.stored.messages;
  MBOXFERRY_ASSIGN(const bool disbelieved, are_uids_disbelieved(journal));
  disbelieves_uids = disbelieved;
  MBOXFERRY_ASSIGN(const auto stores_refused, journal.note(kStoresRefusedNote));
  if (stores_refused) refusals.stores_refused();
  MBOXFERRY_TRY(suspects.resume(journal));
  const std::scoped_lock lock(mutex_);
  noted_ = std::chrono::milliseconds(std::strtoll(slowest.value_or("0").c_str(), nullptr, 10));
  slowest_ = noted_;
  return ok();
}

Result<void> SendRecord::note_confirm(std::chrono::milliseconds waited, journal::Journal& journal) {
  {
    const std::scoped_lock lock(mutex_);
    slowest_ = std::max(slowest_, waited);
    // When it has doubled, so that it costs a sync a handful of times in a job.
    if (slowest_ < std::max(2 * noted_, std::chrono::milliseconds(100))) return ok();
    noted_ = slowest_;
    waited = slowest_;
  }
  return journal.set_note(kSlowestConfirmNote, std::to_string(waited.count()));
}

Result<void> SendRecord::note_pace(const journal::Count& stored, bool always, Clock& clock,
                                   journal::Journal& journal) {
  {
    const std::scoped_lock lock(mutex_);
    const auto now = clock.now();
    if (!pace_begun_) pace_begun_ = now;
    // Steps that grow with the run: a week has 1,500 notes.
    const auto step =
        std::max<std::chrono::steady_clock::duration>(kPaceStep, (now - *pace_begun_) / 200);
    if (!always && now - pace_noted_ < step) return ok();
    pace_noted_ = now;
  }
  return journal.set_note(fmt::format("{}{:010}", journal::kPaceNote, clock.unix_seconds()),
                          fmt::format("{} {}", stored.messages, stored.bytes));
}

void SendRecord::nul_refused(const std::string& code, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (!nul_refusal_) nul_refusal_ = NulRefusal{code, text};
}

std::optional<SendRecord::NulRefusal> SendRecord::nul_refusal() const {
  const std::scoped_lock lock(mutex_);
  return nul_refusal_;
}

std::chrono::milliseconds SendRecord::slowest_confirm() const {
  const std::scoped_lock lock(mutex_);
  return slowest_;
}

}  // namespace mboxferry::transfer
