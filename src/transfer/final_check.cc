// SPDX-License-Identifier: Apache-2.0
// Comparing, putting back, comparing again.
#include "transfer/final_check.h"

#include <fmt/format.h>

#include "transfer/flag_repair.h"

namespace mboxferry::transfer {
namespace {

std::string told(const Difference& difference) {
  const bool plain = difference.what == "missing" || difference.what == "twice";
  const std::string twice =
      fmt::format("there twice (UID {}, and a copy as UID {})", difference.copy_of, difference.uid);
  return fmt::format("{}: the message at byte {} of {} is {}{} on the server", difference.mailbox,
                     difference.offset, difference.folder, plain ? "" : "different: ",
                     difference.what == "twice" ? twice : difference.what);
}

}  // namespace

Result<VerifyResult> check_what_is_stored(journal::Journal& journal, imap::Target& target,
                                          Observer& observer, const Cancellation& interrupt) {
  FlagRepair repair;
  bool repaired = false;
  const auto show = [&](const Difference& difference) {
    if (difference.what == "unexpected") return;
    if (!repaired && repair.take(difference)) return;
    observer.notice(told(difference));
  };
  MBOXFERRY_ASSIGN(VerifyResult result, verify_job(journal, target, false, show, interrupt));
  if (repair.empty()) return result;
  MBOXFERRY_ASSIGN(const std::uint64_t messages, repair.put_back(target));
  observer.notice(
      fmt::format("the server had lost flags or keywords of {} message{}; they were put back",
                  messages, messages == 1 ? "" : "s"));
  repaired = true;
  return verify_job(journal, target, false, show, interrupt);
}

}  // namespace mboxferry::transfer
