// SPDX-License-Identifier: Apache-2.0
// Reads the facts of many messages, asking ahead of their use.
#include "imap/session/message_walk.h"

#include <algorithm>
#include <utility>

#include "imap/session/message_fetch.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::imap {
namespace {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

constexpr std::uint64_t kNarrow = 2000;
constexpr std::uint64_t kWidest = std::uint64_t{1} << 16U;
// Enough that a server is never idle at a round trip of a second; few wide ones, because pages that
// turn out to be too full are asked for again.
constexpr std::size_t kNarrowPages = 8;
constexpr std::size_t kWidePages = 2;
// After so many the walk asks where the next message is.
constexpr int kEmptyPages = 2;
// A server that cannot tell it is not asked again and again.
constexpr int kMostWrongAnswers = 3;
constexpr std::size_t kMostInPage = 2000;
constexpr std::size_t kMostTextInPage = std::size_t{4} << 20U;
constexpr std::size_t kFewInPage = 250;
// A server whose sequence numbers are wrong is not asked for each UID of a mailbox.
constexpr int kMostGaps = 8;
// With more of them it is no matter of single messages.
constexpr std::size_t kMostWithheld = 1000;
constexpr std::size_t kMostWithheldInARow = 8;

std::size_t text_of(const FetchedMessage& message) {
  std::size_t bytes = message.message_id.size();
  for (const std::string& keyword : message.keywords) bytes += sizeof keyword + keyword.size();
  return bytes;
}

}  // namespace

static_assert(kLookAheadUids <= kMostInPage);

std::string facts_command(std::string_view uids, bool with_message_id) {
  std::string command = "UID FETCH " + std::string(uids) + " (UID RFC822.SIZE INTERNALDATE FLAGS";
  // As much of the field as the index keeps of it.
  if (with_message_id) command += " BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.4096>";
  return command + ")";
}

std::string page_command(std::uint64_t first, std::uint64_t last, bool with_message_id) {
  return facts_command(std::to_string(first) + ":" + std::to_string(last), with_message_id);
}

FetchedMessage message_of(FetchReply& reply) {
  FetchedMessage message;
  message.uid = *reply.uid;
  message.size = *reply.size;
  message.internal_date = reply.internal_date.value_or(Timestamp{});
  message.flags = reply.flags;
  message.keywords = std::move(reply.keywords);
  if (reply.body) {
    message::HeaderScanner scanner;
    scanner.feed(*reply.body);
    message.message_id = scanner.finish().message_id;
  }
  return message;
}

Result<std::unique_ptr<MessageWalk>> ImapMessageWalk::begin(
    Connection& connection, UidRange range, WalkOptions options, std::vector<AskedPage> asked,
    std::function<Result<void>()> come_back) {
  std::unique_ptr<ImapMessageWalk> self(new ImapMessageWalk(connection, range, options));
  self->come_back_ = std::move(come_back);
  for (AskedPage& page : asked) {
    const auto last = std::min<std::uint64_t>(page.last, range.last);
    Page& waiting = self->pages_.emplace_back();
    waiting.tag = std::move(page.tag);
    waiting.first = page.first;
    waiting.last = last;
    self->next_ = self->last_ + 1;
    self->asked_ahead_ = true;
  }
  if (!self->asked_ahead_) MBOXFERRY_TRY(self->start());
  return std::unique_ptr<MessageWalk>(std::move(self));
}

ImapMessageWalk::ImapMessageWalk(Connection& connection, UidRange range, WalkOptions options)
    : connection_(connection),
      options_(options),
      next_(std::max<Uid>(range.first, 1)),
      last_(range.last),
      width_(std::min(kNarrow, connection.fetch_limit().value_or(kNarrow))),
      widest_(std::min(kWidest, connection.fetch_limit().value_or(kWidest))),
      expected_(range.first <= 1 ? 1 : 0) {
  connection_.reader().set_untagged_limit(kUntaggedLimit);
}

ImapMessageWalk::~ImapMessageWalk() {
  if (!connection_.stream().failure()) static_cast<void>(drain());
  connection_.reader().set_untagged_limit(ReplyReader::kDefaultUntaggedLimit);
}

std::string ImapMessageWalk::say(std::string& lines, std::string_view command) {
  std::string tag = connection_.next_tag();
  lines += tag;
  lines += ' ';
  lines += command;
  lines += "\r\n";
  return tag;
}

/// Finds out where the mailbox ends. The first page is asked for with it: often it is the only one.
Result<void> ImapMessageWalk::start() {
  if (next_ > last_) return ok();
  // Messages that came since the last command are only shown after the server could say so.
  // Dovecot answers what follows a NOOP at once before it has looked, so its reply is waited for.
  if (!options_.just_selected) MBOXFERRY_TRY(connection_.look_for_news());
  if (last_ < kLastUid) return ask();
  std::string lines;
  questions_.push_back(say(lines, "UID FETCH * (UID)"));
  add_page(lines, width_);
  MBOXFERRY_TRY(connection_.finish_reply());
  MBOXFERRY_TRY(connection_.send_lines(lines));
  // Not every server likes `*` in an empty mailbox; its NO is no news.
  while (!questions_.empty()) MBOXFERRY_TRY(read_reply());
  // A wrong "empty" would have messages sent twice, so it is asked for in another way.
  if (highest_ == 0) {
    lines.clear();
    search_tag_ = say(lines, "UID SEARCH ALL");
    questions_.push_back(search_tag_);
    MBOXFERRY_TRY(connection_.send_lines(lines));
    while (!questions_.empty()) MBOXFERRY_TRY(read_reply());
  }
  last_ = std::min<std::uint64_t>(last_, highest_);
  last_there_ = highest_;
  return ok();
}

void ImapMessageWalk::add_page(std::string& lines, std::uint64_t width) {
  Page page;
  page.first = next_;
  page.last = std::min(last_, next_ + width - 1);
  next_ = page.last + 1;
  page.tag = say(lines, page_command(page.first, page.last, options_.with_message_id));
  pages_.push_back(std::move(page));
}

Result<void> ImapMessageWalk::ask() {
  const std::size_t wanted = width_ > kNarrow ? kWidePages : kNarrowPages;
  std::string lines;
  if (empty_pages_ >= kEmptyPages && expected_ != 0 && wrong_answers_ < kMostWrongAnswers)
    MBOXFERRY_TRY(cross_emptiness(lines));
  while (pages_.size() < wanted && next_ <= last_) add_page(lines, width_);
  if (lines.empty()) return ok();
  MBOXFERRY_TRY(connection_.finish_reply());
  return connection_.send_lines(lines);
}

/// UIDs may be four thousand millions apart, sequence numbers follow each other: the server tells
/// the UID of the next one. The emptiness before it is asked for all the same, in case that it is
/// none.
Result<void> ImapMessageWalk::cross_emptiness(std::string& lines) {
  empty_pages_ = 0;
  if (next_ > last_) return ok();
  asked_number_ = expected_;
  found_ = 0;
  std::string question;
  questions_.push_back(say(question, "FETCH " + std::to_string(expected_) + " (UID)"));
  MBOXFERRY_TRY(connection_.finish_reply());
  MBOXFERRY_TRY(connection_.send_lines(question));
  while (!questions_.empty()) MBOXFERRY_TRY(read_reply());
  asked_number_ = 0;
  if (found_ == 0) ++wrong_answers_;
  if (found_ <= next_) return ok();
  add_page(lines, found_ - next_);
  width_ = std::min(kNarrow, widest_);
  return ok();
}

Result<void> ImapMessageWalk::read_reply() {
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.next_reply());
  if (reply.kind == Kind::tagged) return take_tagged(reply);
  if (reply.kind == Kind::continuation) {
    return connection_.fail(protocol_error(connection_.label(), "an unasked \"+\""));
  }
  return reply.status == Status::bye ? Result<void>(connection_.goodbye(reply)) : take_data(reply);
}

Result<void> ImapMessageWalk::take_tagged(const ReplyLine& reply) {
  if (const auto question = std::find(questions_.begin(), questions_.end(), reply.tag);
      question != questions_.end()) {
    questions_.erase(question);
    const bool refused = reply.tag == search_tag_ && reply.status != Status::ok;
    return refused ? Result<void>(refused_fetch(connection_, reply)) : ok();
  }
  const auto page = std::find_if(pages_.begin(), pages_.end(),
                                 [&](const Page& asked) { return asked.tag == reply.tag; });
  if (page == pages_.end() || page->answered) {
    return connection_.fail(
        protocol_error(connection_.label(), "a reply to a command that was never given"));
  }
  page->answered = true;
  if (same_word(reply.code, "MESSAGELIMIT")) {
    std::string_view arguments = reply.code_arguments;
    const std::uint64_t limit = parse_number(take_word(arguments)).value_or(0);
    connection_.note_message_limit(std::max<std::uint64_t>(limit, 1));
    page->limited = page->last > page->first;
    if (page->limited) return ok();
  }
  if (reply.status == Status::ok) return ok();
  Error error = refused_fetch(connection_, reply);
  if (!pleads(reply)) {
    page->refused = std::move(error);
    return ok();
  }
  page->cut = !page->messages.empty() && !page->overflowed && connection_.hold_for(reply);
  return page->cut ? ok() : Result<void>(std::move(error));
}

Result<void> ImapMessageWalk::take_data(const ReplyLine& data) {
  if (same_word(data.name, "FETCH")) return take_fetch(data.number, data.text);
  if (same_word(data.name, "EXPUNGE") || same_word(data.name, "VANISHED")) {
    expected_ = 0;
    for (Page& page : pages_) page.shifted = true;
  }
  if (!same_word(data.name, "SEARCH")) return ok();
  std::string_view numbers = data.text;
  while (!numbers.empty()) {
    const std::uint64_t uid = parse_number(take_word(numbers)).value_or(0);
    highest_ = std::max(highest_, static_cast<Uid>(std::min<std::uint64_t>(uid, 0xffffffffU)));
  }
  return ok();
}

Result<void> ImapMessageWalk::take_fetch(std::uint32_t number, std::string_view items) {
  auto fetched = parse_fetch_items(items);
  if (!fetched) {
    return connection_.fail(protocol_error(connection_.label(), "a FETCH that cannot be read"));
  }
  if (!fetched->uid) return ok();
  highest_ = std::max(highest_, *fetched->uid);
  if (number == asked_number_) found_ = *fetched->uid;
  // Without a size it tells of a change of flags that nobody asked for.
  if (!fetched->size) return ok();
  const auto page = std::find_if(pages_.begin(), pages_.end(), [&](const Page& asked) {
    return asked.first <= *fetched->uid && *fetched->uid <= asked.last;
  });
  if (page == pages_.end() || page->overflowed) return ok();
  shown_any_ = true;
  FetchedMessage message = message_of(*fetched);
  message.number = number;
  page->text_bytes += text_of(message);
  page->overflowed = page->messages.size() == kMostInPage || page->text_bytes > kMostTextInPage;
  if (!page->overflowed) page->messages.push_back(std::move(message));
  return ok();
}

Result<std::optional<FetchedMessage>> ImapMessageWalk::next() {
  while (used_ == ready_.size()) {
    if (ended_) return *ended_;
    MBOXFERRY_TRY(ask());
    if (pages_.empty()) return std::optional<FetchedMessage>();
    Result<void> read;
    while (read && !pages_.front().answered) read = read_reply();
    if (!read) {
      MBOXFERRY_TRY(end_with(read.error()));
      continue;
    }
    Page page = std::move(pages_.front());
    pages_.pop_front();
    MBOXFERRY_TRY(use(std::move(page)));
  }
  return std::optional(std::move(ready_[used_++]));
}

Result<void> ImapMessageWalk::end_with(Error error) {
  if (!connection_.stream().failure()) return error;
  Page& page = pages_.front();
  connection_.note_cut_page(page.messages.size());
  ready_ = std::exchange(page.messages, {});
  used_ = 0;
  ready_.resize(page.overflowed || page.shifted ? 0 : without_gap());
  if (ready_.empty()) return error;
  ended_ = std::move(error);
  return ok();
}

/// By sequence numbers, which have no holes.
std::size_t ImapMessageWalk::without_gap() const {
  std::uint32_t expected = expected_;
  Uid last = 0;
  const auto gap = std::find_if(ready_.begin(), ready_.end(), [&](const FetchedMessage& message) {
    return expected == 0 || message.number != expected++ ||
           std::exchange(last, message.uid) >= message.uid;
  });
  return static_cast<std::size_t>(gap - ready_.begin());
}

Result<void> ImapMessageWalk::use_refused(const Page& page) {
  ready_.resize(page.shifted ? 0 : without_gap());
  if (!ready_.empty()) {
    withheld_in_a_row_ = 0;
    expected_ = ready_.back().number + 1;
    const std::uint64_t rest = page.last - ready_.back().uid;
    if (rest == 0) return ok();
    width_ = (rest + 7) / 8;
    return go_back_to(std::uint64_t{ready_.back().uid} + 1);
  }
  const std::uint64_t width = page.last - page.first + 1;
  if (width > 1) return ask_again(page, (width + 7) / 8);
  // A busy server may say of all that something failed.
  const bool may_be_busy = page.refused->retry.when == Retry::When::later && !shown_any_;
  ++withheld_;
  ++withheld_in_a_row_;
  if (may_be_busy || withheld_ > kMostWithheld || withheld_in_a_row_ > kMostWithheldInARow)
    return *page.refused;
  if (expected_ != 0) ++expected_;
  if (!options_.with_withheld) return ok();
  FetchedMessage& message = ready_.emplace_back();
  message.uid = static_cast<Uid>(page.first);
  message.withheld = true;
  return ok();
}

/// Makes the page's messages ready, or has it asked for again in narrower ones.
Result<void> ImapMessageWalk::use(Page page) {
  const std::uint64_t width = page.last - page.first + 1;
  ready_ = std::move(page.messages);
  used_ = 0;
  if (page.overflowed) {
    ready_.clear();
    if (width == 1) {
      return connection_.fail(protocol_error(connection_.label(), "more messages than UIDs"));
    }
    return ask_again(page, width > kNarrow ? kNarrow : (width + 7) / 8);
  }
  std::stable_sort(ready_.begin(), ready_.end(),
                   [](const auto& a, const auto& b) { return a.uid < b.uid; });
  ready_.erase(std::unique(ready_.begin(), ready_.end(),
                           [](const auto& a, const auto& b) { return a.uid == b.uid; }),
               ready_.end());
  if (page.refused) return use_refused(page);
  withheld_in_a_row_ = 0;
  // What is behind the last that came is asked for again.
  if (page.cut && ready_.back().uid < page.last) {
    page.last = ready_.back().uid;
    MBOXFERRY_TRY(go_back_to(page.last + 1));
  }
  if (page.limited) return ask_again(page, std::min(connection_.fetch_limit().value_or(1), width));
  const bool gap = has_gap(page);
  if (gap && width > 1) {
    // A server that gives only so many at a time has just shown how many.
    const std::uint64_t came = std::max<std::uint64_t>(ready_.size(), 1);
    widest_ = std::min(came, (width + 7) / 8);
    return ask_again(page, widest_);
  }
  if (gap) {
    ++gaps_;
    widest_ = std::min(kWidest, connection_.fetch_limit().value_or(kWidest));
  }
  if (!ready_.empty()) expected_ = ready_.back().number + 1;
  if (gap && ready_.empty()) expected_ = 0;
  empty_pages_ = ready_.empty() && width >= widest_ && !gap ? empty_pages_ + 1 : 0;
  if (ready_.size() <= kFewInPage && width == width_) width_ = std::min(width_ * 4, widest_);
  return ok();
}

/// Sequence numbers have no holes (RFC 3501 section 2.3.1.2), so that those of the messages that
/// came tell of others that did not.
bool ImapMessageWalk::has_gap(const Page& page) const {
  if (page.shifted || gaps_ >= kMostGaps) return false;
  std::uint32_t expected = expected_;
  for (const FetchedMessage& message : ready_) {
    if (message.number == 0) return false;
    if (expected != 0 && message.number > expected) return true;
    expected = message.number + 1;
  }
  const bool ends_here = page.first <= last_there_ && last_there_ <= page.last;
  return ends_here && (ready_.empty() || ready_.back().uid < last_there_);
}

Result<void> ImapMessageWalk::ask_again(const Page& page, std::uint64_t width) {
  ready_.clear();
  MBOXFERRY_TRY(go_back_to(page.first));
  width_ = std::max<std::uint64_t>(width, 1);
  return ok();
}

Result<void> ImapMessageWalk::go_back_to(std::uint64_t uid) {
  MBOXFERRY_TRY(drain());
  // Behind pages that were asked for ahead, another mailbox may be selected.
  if (std::exchange(asked_ahead_, false) && come_back_) MBOXFERRY_TRY(come_back_());
  next_ = uid;
  return ok();
}

/// Reads what is on its way, for nobody.
Result<void> ImapMessageWalk::drain() {
  for (Page& page : pages_) {
    page.overflowed = true;
    page.messages.clear();
  }
  const auto on_its_way = [](const Page& page) { return !page.answered; };
  while (!questions_.empty() || std::any_of(pages_.begin(), pages_.end(), on_its_way)) {
    const auto read = read_reply();
    // The refusal of a page ends that page and no more.
    if (!read && connection_.stream().failure()) return read;
  }
  pages_.clear();
  return ok();
}

}  // namespace mboxferry::imap
