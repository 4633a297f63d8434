// SPDX-License-Identifier: Apache-2.0
// From the archives' lists to the journal.
#include "transfer/source/unread.h"

#include <fmt/format.h>

#include "mboxferry/base/human_bytes.h"

namespace mboxferry::transfer {
namespace {

constexpr std::uint64_t kMostTold = 20;

}  // namespace

Result<void> UnreadFiles::each(archive::NotReadKind kind,
                               const archive::NotReadList::Visitor& visit) const {
  for (const archive::Archive& archive : archives_) {
    MBOXFERRY_TRY(archive.not_read().each(kind, [&](const archive::NotRead& one) {
      return filter_.admits_file(one.name) ? visit(one) : ok();
    }));
  }
  for (const archive::NotRead& one : folders_) {
    if (one.kind == kind) MBOXFERRY_TRY(visit(one));
  }
  return ok();
}

Result<void> UnreadFiles::tell(Observer& observer) const {
  std::uint64_t unread = 0;
  std::uint64_t others = 0;
  MBOXFERRY_TRY(each(archive::NotReadKind::unread, [&](const archive::NotRead& one) {
    if (unread++ < kMostTold) observer.notice("unread: " + one.place + ": " + one.reason);
    return ok();
  }));
  if (unread > kMostTold)
    observer.notice(fmt::format("and {} more that are unread", unread - kMostTold));
  MBOXFERRY_TRY(each(archive::NotReadKind::not_mail, [&](const archive::NotRead&) {
    ++others;
    return ok();
  }));
  if (others > 0) {
    observer.notice(fmt::format("left out: {} file{} that {} no mail (scan --left-out names them)",
                                others, others == 1 ? "" : "s", others == 1 ? "is" : "are"));
  }
  return ok();
}

Result<void> UnreadFiles::write(journal::Journal& journal) const {
  MBOXFERRY_TRY(journal.begin_unread());
  MBOXFERRY_TRY(each(archive::NotReadKind::unread, [&](const archive::NotRead& one) {
    return journal.add_unread({0, one.place, 0, one.bytes, one.reason});
  }));
  archive::NotReadList::Count others;
  MBOXFERRY_TRY(each(archive::NotReadKind::not_mail, [&](const archive::NotRead& one) {
    ++others.files;
    others.bytes += one.bytes;
    return ok();
  }));
  return journal.set_note(journal::kLeftOutNote, fmt::format("{} {}", others.files, others.bytes));
}

Result<std::string> unread_text(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const journal::Count count, journal.unread());
  if (count.messages == 0) return std::string();
  std::string text =
      fmt::format("{} of the archive ({}) {} not read",
                  count.messages == 1 ? "a part" : fmt::format("{} parts", count.messages),
                  count.bytes == 0 ? "size unknown" : human_bytes(count.bytes),
                  count.messages == 1 ? "is" : "are");
  bool first = true;
  const Error enough{ErrorCode::interrupted, "the first is enough", ""};
  const auto walked = journal.each_unread([&](const journal::UnreadRow& row) -> Result<void> {
    if (!std::exchange(first, false)) return enough;
    text +=
        fmt::format("{}{}: {}", count.messages == 1 ? ": " : "; the first: ", row.path, row.reason);
    return ok();
  });
  if (!walked && walked.error().code != enough.code) return walked.error();
  return text;
}

}  // namespace mboxferry::transfer
