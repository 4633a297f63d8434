// SPDX-License-Identifier: Apache-2.0
// Looking again at an archive that is written to.
#include "transfer/written_archive.h"

#include <algorithm>

#include "transfer/waiting.h"

namespace mboxferry::transfer {

bool was_written_to(const Error& error) {
  return error.code == ErrorCode::archive_changed && error.retry.when == Retry::When::now;
}

JobResult run_while_written_to(JobSettings settings, const RunOnce& run, Observer& observer,
                               Clock& clock, const Cancellation& interrupt) {
  constexpr int kMostInVain = 5;
  constexpr std::chrono::milliseconds kBetweenLooks{1000};
  // Standard input is there only once.
  const bool piped =
      std::find(settings.archives.begin(), settings.archives.end(), "-") != settings.archives.end();
  journal::Count stored;
  for (int in_vain = 0;;) {
    const bool may_look_again = !piped && in_vain < kMostInVain;
    JobResult result = run(settings, may_look_again);
    in_vain = result.stored_now.messages > 0 ? 0 : in_vain + 1;
    stored.messages += result.stored_now.messages;
    stored.bytes += result.stored_now.bytes;
    result.stored_now = stored;
    if (!may_look_again || !result.error || !was_written_to(*result.error)) return result;
    observer.notice(result.error->what + "; looking at it again");
    if (!wait_unless(interrupt, clock, kBetweenLooks)) {
      result.verdict = Verdict::interrupted;
      result.error =
          Error{ErrorCode::interrupted, "interrupted while another program wrote to the archive",
                "run the same command again to go on"};
      return result;
    }
    // What was refused is tried once in a run, and the archive is opened anew.
    settings.retry.reset();
    settings.opened.clear();
  }
}

}  // namespace mboxferry::transfer
