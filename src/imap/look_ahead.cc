// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are selected and read before their turn.
#include "imap/look_ahead.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "imap/message_walk.h"
#include "imap/selection.h"

namespace mboxferry::imap {

Result<void> LookAhead::ask(std::span<const Wanted> wanted) {
  std::string lines;
  for (const Wanted& one : wanted) {
    Look look{one.mailbox, connection_.next_tag(), {connection_.next_tag(), one.first, 0}};
    look.page.last = std::min<std::uint64_t>(look.page.first + kLookAheadUids - 1,
                                             std::numeric_limits<Uid>::max());
    lines += look.select_tag + " SELECT " + one.quoted_name + "\r\n";
    lines += look.page.tag + " " + page_command(look.page.first, look.page.last, false) + "\r\n";
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
  MBOXFERRY_TRY(drop_page());
  const Look look = std::move(looks_.front());
  looks_.pop_front();
  page_ = look.page;
  const auto selected = read_selection(connection_, look.select_tag, mailbox);
  if (!selected) {
    // Nothing is selected, so that the FETCH behind it is refused, too.
    if (!connection_.stream().failure()) MBOXFERRY_TRY(drop_page());
    return Error(selected.error());
  }
  return std::optional(*selected);
}

std::optional<AskedPage> LookAhead::take_page(UidRange range) {
  const bool holds_all = page_ && range.first == page_->first && range.last <= page_->last;
  return holds_all ? std::exchange(page_, std::nullopt) : std::nullopt;
}

Result<void> LookAhead::pass(std::string_view tag) {
  connection_.reader().set_untagged_limit(ImapMessageWalk::kUntaggedLimit);
  const auto reply = connection_.await(tag);
  connection_.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
  return reply ? ok() : Result<void>(reply.error());
}

Result<void> LookAhead::drop_page() {
  if (!page_) return ok();
  const AskedPage page = *std::exchange(page_, std::nullopt);
  return pass(page.tag);
}

Result<bool> LookAhead::drop() {
  const bool moved = !looks_.empty();
  MBOXFERRY_TRY(drop_page());
  while (!looks_.empty()) {
    const Look look = std::move(looks_.front());
    looks_.pop_front();
    MBOXFERRY_TRY(pass(look.select_tag));
    MBOXFERRY_TRY(pass(look.page.tag));
  }
  return moved;
}

}  // namespace mboxferry::imap
