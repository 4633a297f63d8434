// SPDX-License-Identifier: Apache-2.0
// Reads messages back in pages of UIDs and slices of bytes.
#include "imap/message_fetch.h"

#include <algorithm>

#include "imap/errors.h"
#include "imap/fetch_reply.h"
#include "imap/text.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

// UIDs may be sparse, so the width follows what a page brought; memory is bounded by kMostInPage.
constexpr std::uint64_t kNarrowest = 500;
constexpr std::uint64_t kWidest = std::uint64_t{1} << 16U;
constexpr std::uint64_t kPageBytes = std::uint64_t{256} << 20U;
constexpr std::size_t kMostInPage = 2000;
constexpr std::size_t kSlice = std::size_t{1} << 20U;

Error refused_fetch(const Connection& connection, const ReplyLine& reply) {
  return {ErrorCode::refused,
          connection.label() + ": FETCH refused: " + connection.printed(reply.text), "",
          ErrorScope::mailbox};
}

FetchedMessage message_of(const FetchReply& reply) {
  FetchedMessage message;
  message.uid = *reply.uid;
  message.size = reply.size.value_or(0);
  message.internal_date = reply.internal_date.value_or(Timestamp{});
  message.flags = reply.flags;
  message.keywords = reply.keywords;
  if (reply.body) {
    message::HeaderScanner scanner;
    scanner.feed(*reply.body);
    message.message_id = scanner.finish().message_id;
  }
  return message;
}

struct Page {
  std::vector<FetchedMessage> messages;
  bool overflowed = false;
};

Result<Page> fetch_page(Connection& connection, UidRange range, bool with_message_id) {
  std::string command = "UID FETCH " + std::to_string(range.first) + ":" +
                        std::to_string(range.last) + " (UID RFC822.SIZE INTERNALDATE FLAGS";
  // As much of the field as the index keeps of it.
  if (with_message_id) command += " BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.4096>";
  command += ")";
  Page page;
  connection.reader().set_untagged_limit(kPageBytes);
  MBOXFERRY_ASSIGN(
      const ReplyLine reply,
      connection.command(command, [&](const ReplyLine& data) -> Result<void> {
        if (!same_word(data.name, "FETCH")) return ok();
        const auto items = parse_fetch_items(data.text);
        if (!items) {
          return connection.fail(protocol_error(connection.label(), "a FETCH that cannot be read"));
        }
        // Without a size it tells of a change of flags that nobody asked for.
        if (!items->uid || !items->size) return ok();
        if (*items->uid < range.first || *items->uid > range.last) return ok();
        if (page.messages.size() == kMostInPage) {
          page.overflowed = true;
          return ok();
        }
        page.messages.push_back(message_of(*items));
        return ok();
      }));
  connection.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
  if (reply.status != Status::ok) return refused_fetch(connection, reply);
  return page;
}

/// The highest UID of the selected mailbox, 0 when it is empty. A wrong 0 would have messages sent
/// twice, so an answer without a message is asked for again in another way.
Result<Uid> highest_uid(Connection& connection) {
  Uid highest = 0;
  const auto from_fetch = [&](const ReplyLine& data) -> Result<void> {
    if (!same_word(data.name, "FETCH")) return ok();
    const auto items = parse_fetch_items(data.text);
    if (!items) {
      return connection.fail(protocol_error(connection.label(), "a FETCH that cannot be read"));
    }
    if (items->uid) highest = std::max(highest, *items->uid);
    return ok();
  };
  // Not every server likes `*` in an empty mailbox; its NO is no news.
  MBOXFERRY_TRY(connection.command("UID FETCH * (UID)", from_fetch));
  if (highest > 0) return highest;
  const auto from_search = [&](const ReplyLine& data) -> Result<void> {
    if (!same_word(data.name, "SEARCH")) return ok();
    std::string_view numbers = data.text;
    while (!numbers.empty()) {
      const auto uid = parse_number(take_word(numbers)).value_or(0);
      highest = std::max(highest, static_cast<Uid>(std::min<std::uint64_t>(uid, 0xffffffffU)));
    }
    return ok();
  };
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection.command("UID SEARCH ALL", from_search));
  if (reply.status != Status::ok) return refused_fetch(connection, reply);
  return highest;
}

}  // namespace

Result<void> fetch_messages(Connection& connection, UidRange range, bool with_message_id,
                            const ReadOnlyTarget::FetchVisitor& visit) {
  std::uint64_t first = std::max<Uid>(range.first, 1);
  std::uint64_t width = kNarrowest;
  // Messages that came since the last command are only shown after the server could say so.
  MBOXFERRY_TRY(connection.command("NOOP"));
  if (range.last - std::min(range.first, range.last) > kNarrowest) {
    MBOXFERRY_ASSIGN(const Uid highest, highest_uid(connection));
    range.last = std::min(range.last, highest);
  }
  while (first <= range.last) {
    const std::uint64_t last = std::min<std::uint64_t>(range.last, first + width - 1);
    MBOXFERRY_ASSIGN(
        Page page,
        fetch_page(connection, {static_cast<Uid>(first), static_cast<Uid>(last)}, with_message_id));
    if (page.overflowed) {
      if (width == kNarrowest) {
        return connection.fail(protocol_error(connection.label(), "more messages than UIDs"));
      }
      width = kNarrowest;
      continue;
    }
    std::sort(page.messages.begin(), page.messages.end(),
              [](const auto& a, const auto& b) { return a.uid < b.uid; });
    for (const FetchedMessage& message : page.messages) MBOXFERRY_TRY(visit(message));
    first = last + 1;
    if (page.messages.size() < kNarrowest / 2) width = std::min(width * 4, kWidest);
  }
  return ok();
}

Result<void> fetch_message_body(Connection& connection, Uid uid, std::uint64_t size,
                                const ReadOnlyTarget::ByteVisitor& visit) {
  connection.reader().set_limit(kSlice + ReplyReader::kDefaultLimit);
  const auto fetch_all = [&]() -> Result<void> {
    for (std::uint64_t offset = 0;;) {
      std::string command = "UID FETCH " + std::to_string(uid) + " (UID BODY.PEEK[]";
      const bool whole = offset == 0 && size <= kSlice;
      if (!whole) command += "<" + std::to_string(offset) + "." + std::to_string(kSlice) + ">";
      std::uint64_t received = 0;
      bool found = false;
      MBOXFERRY_ASSIGN(
          const ReplyLine reply,
          connection.command(command + ")", [&](const ReplyLine& data) -> Result<void> {
            if (!same_word(data.name, "FETCH")) return ok();
            const auto items = parse_fetch_items(data.text);
            if (!items) {
              return connection.fail(
                  protocol_error(connection.label(), "a FETCH that cannot be read"));
            }
            if (!items->body || found || (items->uid && *items->uid != uid)) return ok();
            found = true;
            received = items->body->size();
            return items->body->empty() ? ok() : visit(*items->body);
          }));
      if (reply.status != Status::ok) return refused_fetch(connection, reply);
      if (!found) {
        return Error{ErrorCode::refused,
                     connection.label() + ": message " + std::to_string(uid) + " is gone", "",
                     ErrorScope::message};
      }
      offset += received;
      if (whole || received < kSlice) return ok();
    }
  };
  auto result = fetch_all();
  connection.reader().set_limit(ReplyReader::kDefaultLimit);
  return result;
}

Result<std::optional<Quota>> fetch_quota(Connection& connection,
                                         const std::string& quoted_mailbox) {
  std::optional<Quota> tightest;
  // * QUOTA "root" (STORAGE 10 512 MESSAGE 3 1000)
  const auto visit = [&](const ReplyLine& data) -> Result<void> {
    if (!same_word(data.name, "QUOTA")) return ok();
    const std::size_t open = data.text.rfind('(');
    if (open == std::string_view::npos) return ok();
    std::string_view list = data.text.substr(open + 1);
    list = list.substr(0, list.find(')'));
    while (!list.empty()) {
      const std::string_view resource = take_word(list);
      const auto used = parse_number(take_word(list));
      const auto limit = parse_number(take_word(list));
      constexpr std::uint64_t kMost = std::uint64_t{1} << 50U;
      if (!used || !limit || *used > kMost || *limit > kMost) break;
      if (!same_word(resource, "STORAGE")) continue;
      const Quota quota{*used * 1024, *limit * 1024};
      if (!tightest || quota.limit - std::min(quota.limit, quota.used) <
                           tightest->limit - std::min(tightest->limit, tightest->used)) {
        tightest = quota;
      }
    }
    return ok();
  };
  MBOXFERRY_ASSIGN(const ReplyLine reply,
                   connection.command("GETQUOTAROOT " + quoted_mailbox, visit));
  // A server that will not tell has none to be kept to.
  if (reply.status != Status::ok) return std::optional<Quota>();
  return tightest;
}

}  // namespace mboxferry::imap
