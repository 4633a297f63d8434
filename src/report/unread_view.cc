// SPDX-License-Identifier: Apache-2.0
// The parts of archives that were not read, for reports.
#include <fmt/format.h>

#include <cstdio>

#include "mboxferry/report/printable.h"
#include "report/journal_view.h"

namespace mboxferry::report {
namespace {

constexpr std::uint64_t kShown = 20;

struct LeftOut {
  unsigned long long files = 0;
  unsigned long long bytes = 0;
};

Result<LeftOut> left_out_files(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const std::string note, noted_text(journal, journal::kLeftOutNote));
  LeftOut left_out;
  if (std::sscanf(note.c_str(), "%llu %llu", &left_out.files, &left_out.bytes) != 2)
    return LeftOut{};
  return left_out;
}

}  // namespace

Result<UnreadSum> unread_sum(const journal::Journal& journal) {
  UnreadSum sum;
  MBOXFERRY_ASSIGN(sum.count, journal.unread());
  MBOXFERRY_ASSIGN(const std::string accepted, noted_text(journal, journal::kUnreadAcceptedNote));
  sum.accepted = accepted.starts_with('1');
  return sum;
}

Result<void> write_unread(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_TRY(journal.each_unread([&](const journal::UnreadRow& row) -> Result<void> {
    json.begin_object()
        .member("path", row.path)
        .member("offset", row.offset)
        .member("bytes", row.bytes)
        .member("reason", row.reason)
        .end_object();
    return json.result();
  }));
  return json.result();
}

Result<void> write_left_out_files(JsonStream& json, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const LeftOut left_out, left_out_files(journal));
  json.begin_object()
      .member("files", std::uint64_t{left_out.files})
      .member("bytes", std::uint64_t{left_out.bytes})
      .end_object();
  return json.result();
}

Result<void> write_unread_lines(TextOutput& out, const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const UnreadSum sum, unread_sum(journal));
  if (sum.count.messages > 0) {
    MBOXFERRY_TRY(out.write(fmt::format(
        "not read, and may be mail: {} ({}){}\n", counted(sum.count.messages, "part"),
        human_bytes(sum.count.bytes), sum.accepted ? "; accepted by --accept-unread" : "")));
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
  MBOXFERRY_ASSIGN(const LeftOut left_out, left_out_files(journal));
  if (left_out.files == 0) return ok();
  return out.write(fmt::format("left out: {} ({}) of the archive that {} no mail\n",
                               counted(left_out.files, "file"), human_bytes(left_out.bytes),
                               left_out.files == 1 ? "is" : "are"));
}

}  // namespace mboxferry::report
