// SPDX-License-Identifier: Apache-2.0
// Comparing, putting back, comparing again.
#include "transfer/check/final_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "transfer/check/altered_mail.h"

namespace mboxferry::transfer {
namespace {

std::string told(const Difference& difference) {
  const std::string place = fmt::format("{}: the message at byte {} of {}", difference.mailbox,
                                        difference.offset, difference.folder);
  // Nobody can change these of a message that is stored.
  if (difference.what == "size" || difference.what == "content" ||
      difference.what == "internaldate")
    return fmt::format("{} was altered by the server: {} is different", place, difference.what);
  const bool plain = difference.what == "missing" || difference.what == "twice";
  const std::string twice =
      fmt::format("there twice (UID {}, and a copy as UID {})", difference.copy_of, difference.uid);
  return fmt::format("{} is {}{} on the server", place, plain ? "" : "different: ",
                     difference.what == "twice" ? twice : difference.what);
}

/// For a later reconciliation, which may find nothing in the mailbox that the server confirmed.
Result<void> note_ways(const VerifyResult& result, journal::Journal& journal) {
  const bool all_kept = result.checked > result.existing && result.good() &&
                        result.altered.sizes == 0 && result.altered.dates == 0;
  MBOXFERRY_ASSIGN(const auto note, journal.note(kWaysNote));
  if (!all_kept || note) return ok();
  ServerWays ways;
  ways.add(0, false);
  return journal.set_note(kWaysNote, ways.to_text());
}

}  // namespace

bool FlagRepair::take(const Difference& difference) {
  const bool lost = difference.what == "keywords" && !difference.has_others;
  if (!lost || difference.compared_before || lost_.size() == kMost) return false;
  lost_.push_back(difference);
  return true;
}

Result<std::uint64_t> FlagRepair::put_back(imap::Target& target) {
  std::uint64_t put_back = 0;
  std::string selected;
  for (const Difference& lost : lost_) {
    if (lost.mailbox != selected) {
      MBOXFERRY_TRY(target.select(lost.mailbox));
      selected = lost.mailbox;
    }
    const auto added = target.add_flags(lost.uid, lost.flags, lost.keywords);
    if (!added && added.error().scope != ErrorScope::message) return added.error();
    if (added) ++put_back;
  }
  lost_.clear();
  return put_back;
}

Result<VerifyResult> check_what_is_stored(journal::Journal& journal, imap::Target& target,
                                          const VerifyOptions& options, Observer& observer,
                                          const Cancellation& interrupt) {
  FlagRepair repair;
  bool repaired = false;
  const auto show = [&](const Difference& difference) {
    if (difference.what == "unexpected") return;
    if (!repaired && repair.take(difference)) return;
    // The others are told by their numbers.
    if (difference.judgement == Difference::Judgement::error) observer.notice(told(difference));
  };
  MBOXFERRY_ASSIGN(VerifyResult result, verify_job(journal, target, options, show, interrupt));
  if (!repair.empty()) {
    MBOXFERRY_ASSIGN(const std::uint64_t messages, repair.put_back(target));
    if (messages > 0)
      observer.notice(
          fmt::format("the server had lost keywords of {} message{}; they were put back", messages,
                      messages == 1 ? "" : "s"));
    repaired = true;
    MBOXFERRY_ASSIGN(result, verify_job(journal, target, options, show, interrupt));
  }
  const std::vector<std::string> lines = lines_about(result);
  for (const std::string& line : lines) observer.notice(line);
  MBOXFERRY_TRY(journal.together([&]() -> Result<void> {
    for (const auto& [name, value] : result.compared) MBOXFERRY_TRY(journal.set_note(name, value));
    MBOXFERRY_TRY(note_ways(result, journal));
    return journal.set_note(journal::kComparisonNote, fmt::format("{}", fmt::join(lines, "\n")));
  }));
  return result;
}

}  // namespace mboxferry::transfer
