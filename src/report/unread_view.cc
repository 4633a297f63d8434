// SPDX-License-Identifier: Apache-2.0
// The parts of archives that were not read, for reports.
#include <fmt/format.h>

#include "mboxferry/report/job_report.h"
#include "mboxferry/report/printable.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

constexpr std::uint64_t kShown = 20;

}  // namespace

Result<UnreadSum> unread_sum(const journal::Journal& journal) {
  UnreadSum sum;
  MBOXFERRY_ASSIGN(sum.count, journal.unread());
  MBOXFERRY_ASSIGN(sum.accepted, journal::unread_accepted(journal));
  return sum;
}

void write_unread_part(JsonStream& json, const journal::UnreadRow& part) {
  json.begin_object()
      .member("path", part.path)
      .member("offset", part.offset)
      .member("bytes", part.bytes)
      .member("reason", part.reason)
      .end_object();
}

Result<void> write_unread(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_TRY(journal.each_unread([&](const journal::UnreadRow& row) -> Result<void> {
    write_unread_part(json, row);
    return json.result();
  }));
  return json.result();
}

Result<void> write_left_out_files(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const journal::Count left_out, journal::left_out_files(journal));
  json.begin_object()
      .member("files", left_out.messages)
      .member("bytes", left_out.bytes)
      .end_object();
  return json.result();
}

Result<void> write_unread_lines(TextOutput& out, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const UnreadSum sum, unread_sum(journal));
  if (sum.count.messages > 0) {
    MBOXFERRY_TRY(out.write(
        fmt::format("not read, and may be mail: {} ({}){}\n", counted(sum.count.messages, "part"),
                    sum.count.bytes == 0 ? "size unknown" : human_bytes(sum.count.bytes),
                    sum.accepted ? "; accepted by --accept-unread" : "")));
  }
  std::uint64_t shown = 0;
  const Error enough{ErrorCode::interrupted, "enough", ""};
  const auto listed = journal.each_unread([&](const journal::UnreadRow& row) -> Result<void> {
    if (shown++ == kShown) return enough;
    return out.write(fmt::format("  {}{}: {}\n", printable(row.path),
                                 row.offset > 0 ? fmt::format(" from byte {}", row.offset) : "",
                                 shortened(row.reason, 200)));
  });
  if (!listed && shown <= kShown) return listed.error();
  if (sum.count.messages > kShown) {
    MBOXFERRY_TRY(
        out.write(fmt::format("  and {} more; --json lists all\n", sum.count.messages - kShown)));
  }
  if (sum.count.messages > 0 && !sum.accepted) {
    MBOXFERRY_TRY(
        out.write("  mend what is named and run the same command again, or go without it with "
                  "--accept-unread\n"));
  }
  MBOXFERRY_ASSIGN(const journal::Count left_out, journal::left_out_files(journal));
  if (left_out.messages == 0) return ok();
  return out.write(fmt::format("left out: {} ({}) of the archive that {} no mail\n",
                               counted(left_out.messages, "file"), human_bytes(left_out.bytes),
                               left_out.messages == 1 ? "is" : "are"));
}

}  // namespace mboxferry::report
