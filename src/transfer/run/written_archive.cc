// SPDX-License-Identifier: Apache-2.0
// Looking again at an archive that is written to.
#include "transfer/run/written_archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {

bool was_written_to(const Error& error) {
  return error.code == ErrorCode::archive_changed && error.retry.when == Retry::When::now;
}

Result<std::string> text_about_growth(const std::vector<SourceFolder>& sources) {
  std::string first;
  std::size_t others = 0;
  for (const SourceFolder& source : sources) {
    if (!source.stands_to) continue;
    const auto identity = identity_from_text(source.row.identity);
    MBOXFERRY_ASSIGN(const bool unwritten, identity ? archive::is_unwritten(source.place, *identity)
                                                    : Result<bool>(false));
    if (unwritten && !source.held_back) continue;
    if (!first.empty()) {
      ++others;
      continue;
    }
    first = unwritten ? fmt::format(
                            "{} is being written: its last line has no end yet, so that its last "
                            "message was left; the same command adds it",
                            source.row.file)
                      : fmt::format(
                            "{} is written to without pause: what was complete in its first {} "
                            "bytes is stored, and the same command adds the rest",
                            source.row.file, *source.stands_to);
  }
  if (others > 0) first += fmt::format("; {} more are like it", others);
  return first;
}

JobResult run_while_written_to(JobSettings settings, const RunOnce& run, Observer& observer,
                               Clock& clock, const Cancellation& interrupt) {
  constexpr int kMostInVain = 5;
  constexpr std::chrono::milliseconds kBetweenLooks{1000};
  // Standard input is there only once.
  const bool piped =
      std::find(settings.archives.begin(), settings.archives.end(), "-") != settings.archives.end();
  constexpr int kRestartsBeforeTakingWhatStands = 2;
  journal::Count stored;
  int restarts = 0;
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
    settings.take_what_stands = ++restarts >= kRestartsBeforeTakingWhatStands;
  }
}

}  // namespace mboxferry::transfer
