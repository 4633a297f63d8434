// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of a message in slices, and quotas.
#include "imap/session/message_fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "imap/reply/fetch_reply.h"
#include "imap/reply/response_codes.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

constexpr std::size_t kSlice = std::size_t{1} << 20U;
// Some servers only estimate a message's size.
constexpr std::uint64_t kMostPerSize = 2;

}  // namespace

Error refused_fetch(const Connection& connection, const ReplyLine& reply) {
  return connection.refusal("FETCH", reply);
}

bool pleads(const ReplyLine& reply) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  return meaning.retry.when == Retry::When::later && meaning.code != ResponseCode::server_bug;
}

Error refused_body(const Connection& connection, const ReplyLine& reply, ErrorScope scope) {
  Error error = refused_fetch(connection, reply);
  if (pleads(reply)) return error;
  error.code = ErrorCode::refused;
  error.retry.when = Retry::When::never;
  error.scope = scope;
  return error;
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
      // What came is whole; only the next command has to wait.
      const bool refused = reply.status != Status::ok && !(found && connection.hold_for(reply));
      if (refused) return refused_body(connection, reply, ErrorScope::message);
      if (!found) {
        return Error{ErrorCode::refused,
                     connection.label() + ": message " + std::to_string(uid) + " is gone", "",
                     ErrorScope::message};
      }
      offset += received;
      if (whole || received < kSlice) return ok();
      if (offset / kMostPerSize > size + kSlice) {
        return connection.fail(
            protocol_error(connection.label(), "a message that is longer than it should be"));
      }
    }
  };
  auto result = fetch_all();
  connection.reader().set_limit(ReplyReader::kDefaultLimit);
  return result;
}

Result<void> fetch_message_bodies(Connection& connection, std::span<const WantedBody> bodies,
                                  const ReadOnlyTarget::BodyVisitor& visit) {
  std::set<Uid> wanted;
  for (const WantedBody& body : bodies) wanted.insert(body.uid);
  if (wanted.empty()) return ok();
  // Some servers only estimate a message's size.
  const std::size_t longest = kSlice + ReplyReader::kDefaultLimit;
  connection.reader().set_limit(longest);
  connection.reader().set_untagged_limit(longest * wanted.size());
  const std::string command = fmt::format("UID FETCH {} (UID BODY.PEEK[])", fmt::join(wanted, ","));
  const auto reply = connection.command(command, [&](const ReplyLine& data) -> Result<void> {
    if (!same_word(data.name, "FETCH")) return ok();
    const auto items = parse_fetch_items(data.text);
    if (!items)
      return connection.fail(protocol_error(connection.label(), "a FETCH that cannot be read"));
    if (!items->body || !items->uid || wanted.erase(*items->uid) == 0) return ok();
    return visit(*items->uid, *items->body);
  });
  connection.reader().set_limit(ReplyReader::kDefaultLimit);
  connection.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
  if (!reply) return Error(reply.error());
  if (reply->status == Status::ok) return ok();
  return refused_body(connection, *reply, ErrorScope::mailbox);
}

Result<std::optional<Quota>> fetch_quota(Connection& connection,
                                         const std::string& quoted_mailbox) {
  Quota tightest;
  // Of each root, the one with the least room.
  const auto note = [](std::uint64_t used, std::uint64_t limit, std::uint64_t& known_used,
                       std::uint64_t& known_limit) {
    const std::uint64_t known = known_limit - std::min(known_limit, known_used);
    if (known_limit != Quota::kUnlimited && limit - std::min(limit, used) >= known) return;
    known_used = used;
    known_limit = limit;
  };
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
      if (!used || !limit) break;
      if (*used > kMost || *limit > kMost) continue;  // as good as none
      if (*limit == 0 && *used > 0) {
        connection.tell(fmt::format("{}: its quota of {} is 0 and more is used; taken for none",
                                    connection.label(), printable(resource)));
        continue;
      }
      if (same_word(resource, "STORAGE"))
        note(*used * 1024, *limit * 1024, tightest.used, tightest.limit);
      if (same_word(resource, "MESSAGE"))
        note(*used, *limit, tightest.messages, tightest.most_messages);
    }
    return ok();
  };
  MBOXFERRY_ASSIGN(const ReplyLine reply,
                   connection.command("GETQUOTAROOT " + quoted_mailbox, visit));
  // A server that will not tell has none to be kept to.
  const bool limited =
      tightest.limit != Quota::kUnlimited || tightest.most_messages != Quota::kUnlimited;
  if (reply.status != Status::ok || !limited) return std::optional<Quota>();
  return std::optional(tightest);
}

}  // namespace mboxferry::imap
