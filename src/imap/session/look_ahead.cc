// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are selected and read before their turn.
#include "imap/session/look_ahead.h"

#include <algorithm>
#include <utility>

#include "imap/session/message_walk.h"
#include "imap/session/selection.h"

namespace mboxferry::imap {
Result<void> LookAhead::ask(std::span<const Wanted> wanted) {
  std::string lines;
  for (const Wanted& one : wanted) {
    Look look{one.mailbox, connection_.next_tag(), {}};
    lines += look.select_tag + " SELECT " + one.quoted_name + "\r\n";
    for (std::uint64_t first = one.first; look.pages.size() < one.pages && first <= kLastUid;
         first += kLookAheadUids) {
      const AskedPage& page = look.pages.emplace_back(
          AskedPage{connection_.next_tag(), first,
                    std::min<std::uint64_t>(first + kLookAheadUids - 1, kLastUid)});
      lines += page.tag + " " + page_command(page.first, page.last, false) + "\r\n";
    }
    looks_.push_back(std::move(look));
  }
  if (lines.empty()) return ok();
  MBOXFERRY_TRY(connection_.finish_reply());
  return connection_.send_lines(lines);
}

Result<std::optional<SelectedMailbox>> LookAhead::select(const std::string& mailbox) {
  if (looks_.empty() || looks_.front().mailbox != mailbox) {
    return std::optional<SelectedMailbox>();
  }
  MBOXFERRY_TRY(drop_pages());
  Look look = std::move(looks_.front());
  looks_.pop_front();
  pages_ = std::move(look.pages);
  const auto selected = read_selection(connection_, look.select_tag, mailbox);
  if (!selected) {
    // Nothing is selected, so that each FETCH behind it is refused, too.
    if (!connection_.stream().failure()) MBOXFERRY_TRY(drop_pages());
    return Error(selected.error());
  }
  return std::optional(*selected);
}

std::vector<AskedPage> LookAhead::take_pages(UidRange range) {
  std::vector<AskedPage> taken;
  if (pages_.empty() || range.first != pages_.front().first || range.last > pages_.back().last)
    return taken;
  while (!pages_.empty() && pages_.front().first <= range.last) {
    taken.push_back(std::move(pages_.front()));
    pages_.pop_front();
  }
  return taken;
}

Result<void> LookAhead::pass(std::string_view tag) {
  connection_.reader().set_untagged_limit(ImapMessageWalk::kUntaggedLimit);
  const auto reply = connection_.await(tag);
  connection_.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
  return reply ? ok() : Result<void>(reply.error());
}

Result<void> LookAhead::drop_pages() {
  while (!pages_.empty()) {
    const AskedPage page = std::move(pages_.front());
    pages_.pop_front();
    MBOXFERRY_TRY(pass(page.tag));
  }
  return ok();
}

Result<bool> LookAhead::drop() {
  const bool moved = !looks_.empty();
  MBOXFERRY_TRY(drop_pages());
  while (!looks_.empty()) {
    Look look = std::move(looks_.front());
    looks_.pop_front();
    pages_ = std::move(look.pages);
    MBOXFERRY_TRY(pass(look.select_tag));
    MBOXFERRY_TRY(drop_pages());
  }
  return moved;
}

}  // namespace mboxferry::imap
