// SPDX-License-Identifier: Apache-2.0
// SEARCH for a few messages in each of several mailboxes.
#include "imap/session/inquiry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "imap/reply/fetch_reply.h"
#include "imap/session/message_fetch.h"
#include "imap/session/message_walk.h"
#include "imap/session/selection.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

constexpr std::int64_t kDay = 86'400;
// A short one is part of many others, and SEARCH looks for parts; a long one is not worth the line.
constexpr std::size_t kShortestId = 8;
constexpr std::size_t kLongestId = 120;
constexpr std::size_t kMostCandidates = 400;
// A SEARCH may name every message of a mailbox.
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20U;

/// Fit for a quoted string (RFC 3501 section 9): an archive may hold any bytes.
bool is_searchable(std::string_view message_id) {
  const auto is_plain = [](char c) { return is_visible(c) && c != '"' && c != '\\'; };
  return message_id.size() >= kShortestId && message_id.size() <= kLongestId &&
         std::all_of(message_id.begin(), message_id.end(), is_plain);
}

/// RFC 3501 section 9, `date`.
std::string day_of(std::int64_t unix_seconds) {
  std::string day = format_internal_date({unix_seconds, 0}).substr(0, 11);
  if (day.front() == '0') day.erase(0, 1);
  return day;
}

std::string key_of(const Likeness& wanted, bool exact_size) {
  const std::string size =
      wanted.size == 0 ? ""
                       : fmt::format("LARGER {} SMALLER {}",
                                     wanted.size - 1 - std::min(wanted.slack, wanted.size - 1),
                                     wanted.size + 1 + wanted.slack);
  if (is_searchable(wanted.message_id)) {
    const std::string id = "HEADER Message-ID \"" + wanted.message_id + "\"";
    return exact_size && !size.empty() ? "(" + size + " " + id + ")" : id;
  }
  if (size.empty()) return {};
  // Days are those of a zone that only the server knows.
  const std::int64_t date = wanted.date.unix_seconds;
  return fmt::format("({} SINCE {} BEFORE {})", size, day_of(date - kDay), day_of(date + 2 * kDay));
}

}  // namespace

std::string search_keys(std::span<const Likeness> likenesses, bool exact_size) {
  std::string keys;
  for (const Likeness& wanted : likenesses) {
    const std::string key = key_of(wanted, exact_size);
    if (key.empty()) continue;
    keys = keys.empty() ? key : "OR " + key + " " + keys;
  }
  return keys;
}

void MailboxSearch::add(const Inquiry& inquiry, const std::string& quoted_name) {
  Tags& tags = sent_.emplace_back();
  if (!quoted_name.empty()) {
    tags.select = connection_.next_tag();
    lines_ += tags.select + " SELECT " + quoted_name + "\r\n";
  }
  const std::string keys = search_keys(inquiry.likenesses, inquiry.exact_size);
  if (keys.empty()) return;
  tags.search = connection_.next_tag();
  lines_ += tags.search + " UID SEARCH " + keys + "\r\n";
}

Result<void> MailboxSearch::send() {
  if (lines_.empty()) return ok();
  MBOXFERRY_TRY(connection_.finish_reply());
  return connection_.send_lines(lines_);
}

Result<MailboxSearch::Found> MailboxSearch::read(const Inquiry& inquiry) {
  const Tags& tags = sent_[next_++];
  Found found;
  found.was_selected = tags.select.empty();
  if (!found.was_selected) {
    auto selected = read_selection(connection_, tags.select, inquiry.mailbox);
    if (!selected && connection_.stream().failure()) return Error(selected.error());
    if (selected) found.selected = *std::move(selected);
    // An absent mailbox holds nothing; of one that may not be opened now, that is not known.
    if (!selected && selected.error().code == ErrorCode::try_later) found.busy = selected.error();
  }
  if (tags.search.empty()) return found;
  connection_.reader().set_limit(kLongestAnswer);
  connection_.reader().set_untagged_limit(ImapMessageWalk::kUntaggedLimit);
  const auto reply = connection_.await(tags.search, [&](const ReplyLine& data) -> Result<void> {
    if (!same_word(data.name, "SEARCH")) return ok();
    std::string_view numbers = data.text;
    while (!numbers.empty() && found.uids.size() < kMostCandidates) {
      const auto uid = parse_number(take_word(numbers));
      if (uid && *uid > 0 && *uid <= 0xffffffffU) found.uids.push_back(static_cast<Uid>(*uid));
    }
    return ok();
  });
  connection_.reader().set_limit(ReplyReader::kDefaultLimit);
  connection_.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
  if (!reply) return Error(reply.error());
  if (reply->status != Status::ok && !found.busy) {
    Error error = refused_fetch(connection_, *reply);
    if (error.code == ErrorCode::try_later) found.busy = std::move(error);
  }
  const bool can_be_asked = found.was_selected || found.selected;
  found.answered = reply->status == Status::ok || !can_be_asked;
  // RFC 9738: the others were not looked at.
  if (same_word(reply->code, "MESSAGELIMIT") && found.uids.empty()) found.answered = false;
  // A server may answer for the mailbox before, which is still selected.
  if (reply->status != Status::ok || !can_be_asked) found.uids.clear();
  return found;
}

namespace {

/// Asks for messages, and for those that a refusal left out again in two halves.
class FactsReader {
 public:
  explicit FactsReader(Connection& connection) : connection_(connection) {}

  Result<void> read(std::span<const Uid> uids) {
    const std::size_t before = messages_.size();
    MBOXFERRY_ASSIGN(
        const ReplyLine reply,
        connection_.command(facts_command(fmt::format("{}", fmt::join(uids, ",")), true),
                            [&](const ReplyLine& data) -> Result<void> {
                              if (!same_word(data.name, "FETCH")) return ok();
                              auto fetched = parse_fetch_items(data.text);
                              if (!fetched)
                                return connection_.fail(protocol_error(
                                    connection_.label(), "a FETCH that cannot be read"));
                              const bool whole = fetched->uid && fetched->size;
                              if (whole && messages_.size() - before < uids.size())
                                messages_.push_back(message_of(*fetched));
                              return ok();
                            }));
    if (reply.status == Status::ok) return ok();
    // A server that refuses all is not asked for each of them.
    if (pleads(reply) || ++refusals_ > kMostRefusals) return refused_fetch(connection_, reply);
    if (uids.size() == 1) return ok();
    std::vector<Uid> left;
    std::copy_if(uids.begin(), uids.end(), std::back_inserter(left), [&](Uid uid) {
      return std::none_of(messages_.begin() + static_cast<std::ptrdiff_t>(before), messages_.end(),
                          [&](const FetchedMessage& shown) { return shown.uid == uid; });
    });
    if (left.empty()) return ok();
    const std::span<const Uid> rest = left;
    const std::size_t half = (rest.size() + 1) / 2;
    MBOXFERRY_TRY(read(rest.first(half)));
    return half < rest.size() ? read(rest.subspan(half)) : ok();
  }

  std::vector<FetchedMessage> take() { return std::move(messages_); }

 private:
  static constexpr int kMostRefusals = 64;
  Connection& connection_;
  std::vector<FetchedMessage> messages_;
  int refusals_ = 0;
};

}  // namespace

Result<std::vector<FetchedMessage>> fetch_facts(Connection& connection,
                                                const std::vector<Uid>& uids) {
  const std::size_t most = static_cast<std::size_t>(
      std::min<std::uint64_t>(connection.fetch_limit().value_or(uids.size()), uids.size()));
  FactsReader reader(connection);
  for (std::span<const Uid> left = uids; !left.empty();) {
    const std::size_t count = std::min(most, left.size());
    MBOXFERRY_TRY(reader.read(left.first(count)));
    left = left.subspan(count);
  }
  return reader.take();
}

}  // namespace mboxferry::imap
