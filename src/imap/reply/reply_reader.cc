// SPDX-License-Identifier: Apache-2.0
// Reads replies one by one.
#include "imap/reply/reply_reader.h"

#include <algorithm>
#include <utility>

#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {

Error ReplyReader::broken(const std::string& why) {
  wire_.stream.fail(protocol_error(place_, why));
  return *wire_.stream.failure();
}

Result<void> ReplyReader::receive() {
  const auto count = wire_.stream.read(buffer_);
  if (!count) return count.error();
  unread_ = {buffer_.data(), *count};
  wire_.received.feed(unread_);
  return ok();
}

Result<ReplyLine> ReplyReader::next() {
  for (;;) {
    MBOXFERRY_ASSIGN(auto reply, next_if_there());
    if (reply) return *reply;
    MBOXFERRY_TRY(receive());
  }
}

Result<std::optional<ReplyLine>> ReplyReader::next_if_there() {
  for (;;) {
    MBOXFERRY_ASSIGN(const bool complete, use_buffer());
    if (complete) break;
    if (!wire_.stream.readable_now()) return std::optional<ReplyLine>();
    MBOXFERRY_TRY(receive());
  }
  current_ = std::move(partial_);
  partial_.clear();
  blanks_between_ = 0;
  first_line_ = 0;
  line_start_ = 0;
  blank_at_ = 0;
  const auto line = parse_reply_line(current_);
  if (!line) return broken("a line that is no reply");
  if (line->kind != ReplyLine::Kind::untagged) wire_.stream.answered();
  untagged_ = line->kind == ReplyLine::Kind::untagged ? untagged_ + current_.size() : 0;
  if (untagged_ > untagged_limit_) return broken("it talks without end");
  return line;
}

std::string ReplyReader::take_unread() { return std::string(std::exchange(unread_, {})); }

/// An empty line that some servers put behind a literal, within a FETCH whose parenthesis is still
/// open, one for each literal; or between two replies.
bool ReplyReader::is_needless_blank() {
  const std::string_view line = std::string_view(partial_).substr(line_start_);
  if (line != "\r\n" && line != "\n") return false;
  if (line_start_ == 0) return ++blanks_between_ <= kMostBlanksBetween;
  const auto reply = parse_reply_line(std::string_view(partial_).substr(0, first_line_));
  const bool is_open =
      reply && reply->kind == ReplyLine::Kind::untagged && same_word(reply->name, "FETCH");
  return is_open && std::exchange(blank_at_, line_start_) != line_start_;
}

Result<bool> ReplyReader::use_buffer() {
  while (!unread_.empty()) {
    std::size_t count = unread_.size();
    bool line_ends = false;
    if (literal_left_ > 0) {
      count = std::min(count, literal_left_);
      literal_left_ -= count;
    } else if (const std::size_t line_feed = unread_.find('\n'); line_feed != unread_.npos) {
      count = line_feed + 1;
      line_ends = true;
    }
    if (partial_.size() + count > limit_) return broken("a reply that is too long");
    partial_ += unread_.substr(0, count);
    unread_.remove_prefix(count);
    if (!line_ends) continue;
    if (is_needless_blank()) {
      partial_.resize(line_start_);
      continue;
    }
    const std::string_view all = partial_;
    if (first_line_ == 0) first_line_ = all.size();
    const auto literal = announced_literal(all.substr(0, first_line_), all.substr(line_start_));
    if (!literal) return true;
    if (*literal > limit_) return broken("a literal that is too long");
    literal_left_ = static_cast<std::size_t>(*literal);
    line_start_ = all.size() + literal_left_;
  }
  return false;
}

}  // namespace mboxferry::imap
