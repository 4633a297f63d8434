// SPDX-License-Identifier: Apache-2.0
// One job: archives into one account.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/progress.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// How a run ended. `error` says why it is not complete or refused; `unwritten`, what of the file
/// of refused messages and the journal's notes could not be written at the end, which changes
/// nothing about the verdict.
struct JobResult {
  Verdict verdict = Verdict::failed;
  std::optional<Error> error;
  std::string reason;  ///< what was not read; empty: nothing
  std::vector<Error> unwritten;
  double seconds = 0;
  journal::Count stored_now;
};

/// What a job needs from the world besides files; tests put their own in.
struct Environment {
  std::function<Result<std::unique_ptr<imap::Target>>(const imap::BeforeLogin&)> connect;
  Clock* clock = &system_clock();  ///< not owned
  /// What servers had to say to the user since this was last called, each text once.
  std::function<std::vector<std::string>()> take_notices = {};
};

/// Connects to the account by IMAP, with the machine's clock. `interrupt` ends the waits for a
/// server that have nothing in flight.
Environment real_environment(const JobSettings& settings, const Cancellation& interrupt);

/// Runs or resumes a job until everything is stored, refused or skipped, and verifies it. The
/// journal is created when it is not there. `interrupt` once: finish what is in flight and stop.
JobResult run_job(const JobSettings& settings, const Environment& environment, Observer& observer,
                  const Cancellation& interrupt);

}  // namespace mboxferry::transfer
