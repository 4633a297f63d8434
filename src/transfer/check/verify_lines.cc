// SPDX-License-Identifier: Apache-2.0
// What a comparison found that is no error.
#include <fmt/format.h>

#include "mboxferry/transfer/verify.h"

namespace mboxferry::transfer {

std::vector<std::string> lines_about(const VerifyResult& result) {
  std::vector<std::string> lines;
  const auto add = [&](std::uint64_t messages, const char* what, const char* more = "") {
    if (messages > 0)
      lines.push_back(
          fmt::format("{} {} message{}{}", what, messages, messages == 1 ? "" : "s", more));
  };
  add(result.gone_since, "gone since an earlier run compared them:",
      " that somebody deleted, moved or took flags from");
  add(result.existing_in_other_form, "there before the job in another form:",
      ", whose parts were compared when they were left out");
  add(result.existing_unchecked,
      "not compared, since their mailbox has other UIDs now:", " that were there before the job");
  add(result.altered.dates, "the server changed INTERNALDATE of");
  add(result.altered.sizes, "the server shows another size for",
      result.altered.without_status ? ", with the same content: it removes mbox status headers "
                                      "(--strip-status-headers leaves "
                                      "them out before sending)"
                                    : ", with the same content");
  add(result.altered.flags, "the server does not keep flags of");
  add(result.altered.keywords, "the server does not keep keywords of");
  add(result.altered.merged, "the server merged", " with the same mail that it had already");
  add(result.altered.moved, "the server gave other UIDs to");
  add(result.altered.renumbered,
      "UIDs given anew (another UIDVALIDITY):", ", found by Message-ID, size and content");
  return lines;
}

}  // namespace mboxferry::transfer
