// SPDX-License-Identifier: Apache-2.0
// The notes about quiet mailboxes: UIDVALIDITY, and the first UID since the job sends again.
#include "transfer/mailbox/quiet_mailbox.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace mboxferry::transfer {
namespace {

constexpr std::uint64_t kQuiet = std::numeric_limits<std::uint64_t>::max();

std::string quiet_note(journal::MailboxId mailbox) { return fmt::format("quiet.{}", mailbox); }

std::string quiet_text(std::uint32_t uid_validity, std::uint64_t first) {
  return fmt::format("{} {}", uid_validity, first);
}

}  // namespace

Result<void> note_quiet_mailboxes(journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto rows, journal.mailboxes());
  return journal.together([&]() -> Result<void> {
    for (const journal::MailboxRow& row : rows)
      if (row.uid_validity != 0)
        MBOXFERRY_TRY(journal.set_note(quiet_note(row.id), quiet_text(row.uid_validity, kQuiet)));
    return ok();
  });
}

Result<std::uint64_t> first_possible_copy(const journal::MailboxRow& mailbox,
                                          const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(quiet_note(mailbox.id)));
  const std::string_view text = note ? std::string_view(*note) : std::string_view();
  const std::size_t space = text.find(' ');
  // UIDs of another UIDVALIDITY say nothing.
  if (space == std::string_view::npos ||
      text.substr(0, space) != fmt::to_string(mailbox.uid_validity))
    return 0;
  std::uint64_t first = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + space + 1, end, first);
  return read.ec == std::errc() && read.ptr == end ? first : 0;
}

Result<void> end_quiet(const journal::MailboxRow& mailbox, journal::Uid uid_next,
                       journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const std::uint64_t first, first_possible_copy(mailbox, journal));
  if (first != kQuiet) return ok();
  return journal.set_note(quiet_note(mailbox.id), quiet_text(mailbox.uid_validity, uid_next));
}

}  // namespace mboxferry::transfer
