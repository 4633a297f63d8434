// SPDX-License-Identifier: Apache-2.0
// Moves over the folder, finds candidate lines and hands out messages.
#include "mbox/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

constexpr std::string_view kStrayLine = ">From - ";
// An empty line and a byte order mark at the most; these bytes are held back until it is known
// whose they are.
constexpr std::uint64_t kHeldBack = 8;

}  // namespace

Scanner::Scanner(ByteSource& source, ByteSource& peek, const FolderProfile& profile,
                 MessageSink& sink, const Cancellation& cancel, std::uint64_t start,
                 const Accounting& so_far, const WindowSizes& sizes)
    : window_(source, start, sizes),
      landing_(peek, profile.line_ends == LineEnds::cr),
      profile_(profile),
      sink_(sink),
      cancel_(cancel),
      lone_cr_(profile.line_ends == LineEnds::cr),
      resumed_at_(start),
      accounting_(so_far),
      position_(start),
      region_(start),
      emitted_(start) {}

Result<Accounting> Scanner::run() {
  while (true) {
    if (position_ < window_.limit()) {
      MBOXFERRY_TRY(step());
    } else if (window_.at_end()) {
      break;
    } else {
      MBOXFERRY_TRY(slide());
    }
  }
  MBOXFERRY_TRY(finish_folder());
  return accounting_;
}

Result<void> Scanner::slide() {
  if (cancel_.requested()) {
    return Error{ErrorCode::interrupted, "stopped while reading the archive", ""};
  }
  if (in_message() && position_ > region_ + kHeldBack) MBOXFERRY_TRY(emit(position_ - kHeldBack));
  // What the window loses must still tell whether the line at its beginning is a quoted one.
  const std::uint64_t old_base = window_.base();
  const std::uint64_t new_base = window_.next_base(position_);
  std::uint64_t quote = new_base;
  while (quote > old_base && window_.at(quote - 1) == '>') --quote;
  const bool has_quote = quote < new_base || (quote == old_base && quotes_before_base_);
  quotes_before_base_ = has_quote && begins_line(quote);
  if (new_base > old_base) before_base_ = window_.at(new_base - 1);
  return window_.slide(position_);
}

Result<void> Scanner::step() {
  switch (state_) {
    case State::leading:
      return step_leading();
    case State::header:
      return step_header();
    case State::junk:
    case State::body:
      break;
  }
  return step_lines();
}

Result<void> Scanner::step_leading() {
  if (position_ == 0 && window_.view(0, 3) == kByteOrderMark) {
    position_ = region_ = kByteOrderMark.size();
    accounting_.junk += kByteOrderMark.size();
    MBOXFERRY_TRY(report(0, "bom", "a UTF-8 byte order mark"));
  }
  const std::uint64_t limit = window_.limit();
  while (position_ < limit && is_line_end(window_.at(position_))) ++position_;
  if (position_ == limit) return ok();
  if (is_from_at(position_)) {
    MBOXFERRY_ASSIGN(const bool taken, consider(position_));
    if (taken) return ok();
  }
  state_ = State::junk;
  ++position_;
  return ok();
}

Result<void> Scanner::step_header() {
  if (!inside_line_ && is_from_at(position_)) {
    MBOXFERRY_ASSIGN(const bool taken, consider(position_));
    if (taken) return ok();
  }
  const std::string_view text = window_.view(position_, window_.end());
  const Line line = first_line(text, lone_cr_);
  const bool complete = window_.at_end() || (line.has_line_end && line.next < text.size());
  if (!complete) {
    if (!std::exchange(inside_line_, true)) ++header_lines_;
    position_ = window_.end() - 1;  // a CR there may be half of a CRLF
    return ok();
  }
  if (!inside_line_ && line.text.empty() && line.has_line_end) {
    state_ = State::body;
    body_ = position_ + line.next;
    if (content_length_ && !length_contradictory_) stated_end_ = *body_ + *content_length_;
    if (stated_end_ && *stated_end_ < *body_) stated_end_.reset();
  } else if (!std::exchange(inside_line_, false)) {
    read_header_line(line.text);
  }
  position_ += line.next;
  return ok();
}

void Scanner::read_header_line(std::string_view line) {
  ++header_lines_;
  if (collects_clock_) clock_.header_line(line);
  if (line.empty() || to_lower(line.front()) != 'c') return;
  const auto length = content_length(line.substr(0, 128));
  if (!length) return;
  if (content_length_ && *content_length_ != *length) length_contradictory_ = true;
  content_length_ = length;
}

// Bodies and junk are searched for the five bytes only, which is what makes the pass fast.
Result<void> Scanner::step_lines() {
  const std::uint64_t limit = window_.limit();
  while (position_ < limit) {
    const std::string_view text = window_.view(position_, limit + kFrom.size() - 1);
    const std::size_t found = find_from(text);
    MBOXFERRY_TRY(report_utf16(position_ + std::min<std::uint64_t>(found, limit - position_)));
    if (found == std::string_view::npos) break;
    const std::uint64_t from = position_ + found;
    std::uint64_t start = from;
    while (start > window_.base() && start > region_ && window_.at(start - 1) == '>') --start;
    const bool cut = start == window_.base() && start > region_ && quotes_before_base_;
    const std::uint64_t marked = before_mark(from);
    if ((start < from || cut) && begins_line(start)) {
      if (state_ == State::body) count_quoted(start, from);
    } else if (begins_line(marked) || window_.at(marked - 1) == '\0' ||
               glued_at(marked) != Glued::no) {
      MBOXFERRY_ASSIGN(const bool taken, consider(marked));
      if (taken) return ok();
    }
    position_ = from + kFrom.size();
  }
  position_ = std::max(position_, limit);
  return ok();
}

// What programs joined to the folder, up to `end`. To read it, all of the folder would have to be.
Result<void> Scanner::report_utf16(std::uint64_t end) {
  using namespace std::string_view_literals;
  constexpr std::array<std::string_view, 2> kMarks{
      "\xff\xfe"
      "F\0r\0o\0m\0 \0"sv,
      "\xfe\xff"
      "\0F\0r\0o\0m\0 "sv};
  // Both have a NUL, which mail has not, with other bytes right before it.
  constexpr std::size_t kMostBefore = 3;
  for (std::uint64_t at = position_;;) {
    const std::size_t found = window_.view(at, end + kMostBefore).find('\0');
    if (found == std::string_view::npos) break;
    at += found;
    for (const std::string_view mark : kMarks) {
      const std::size_t before = mark.find('\0');
      const std::uint64_t begin = at - std::min<std::uint64_t>(before, at);
      if (begin < position_ || begin >= end || at - begin != before) continue;
      if (window_.view(begin, begin + mark.size()) == mark)
        MBOXFERRY_TRY(
            sink_.doubt({begin, "From ", "text in UTF-16, which is not split here", false}));
    }
    const std::string_view rest = window_.view(at, end + kMostBefore);
    at += std::min(rest.find_first_not_of('\0'), rest.size());
  }
  return ok();
}

bool Scanner::begins_line(std::uint64_t offset) const {
  if (offset == region_) return true;
  if (offset == window_.base() && quotes_before_base_) return true;
  const char before = offset == window_.base() ? before_base_ : window_.at(offset - 1);
  return before == '\n' || (lone_cr_ && before == '\r');
}

void Scanner::count_quoted(std::uint64_t first_quote, std::uint64_t from) {
  ++quotes_;
  ++counts_.quoted;
  if (from - first_quote > 1) ++counts_.quoted_twice;
  const Line line = first_line(window_.view(from, from + kMaxFromLine + 2), lone_cr_);
  const auto parsed = parse_from_line(line.text);
  if (parsed && parsed->form >= FromForm::vague) ++counts_.quoted_plausible;
}

void Scanner::count_separator(const Candidate& candidate) {
  if (counts_.messages++ > 0 && candidate.blank) ++counts_.after_blank;
  const Envelope& envelope = candidate.from->envelope;
  if (!envelope.exporter_form) counts_.all_exporter = false;
  if (collects_clock_) clock_.begin_message(envelope.date);
  if (!envelope.date) return;
  const std::int64_t minute = envelope.date->unix_seconds / 60;
  if (counts_.dates++ == 0) counts_.first_minute = minute;
  if (minute != counts_.first_minute) counts_.one_minute = false;
}

Result<void> Scanner::start_message(const Candidate& candidate) {
  count_separator(candidate);
  state_ = State::header;
  is_patch_ = candidate.from->has_patch_date;
  accounting_.separator += candidate.next_line - candidate.offset;
  position_ = region_ = emitted_ = candidate.next_line;
  quotes_ = header_lines_ = protected_until_ = 0;
  body_.reset();
  content_length_.reset();
  stated_end_.reset();
  length_contradictory_ = length_lies_ = inside_line_ = false;
  MBOXFERRY_TRY(strip_stray_line());
  return sink_.begin(region_, candidate.from->envelope);
}

Result<void> Scanner::strip_stray_line() {
  const std::string_view text = window_.view(region_, region_ + kMaxFromLine);
  if (!text.starts_with(kStrayLine)) return ok();
  const Line line = first_line(text, lone_cr_);
  if (!line.has_line_end) return ok();
  MBOXFERRY_TRY(report(region_, "stray-quoted-from", std::string(line.text.substr(0, 200))));
  accounting_.quoting += line.next;
  position_ = region_ = emitted_ = region_ + line.next;
  return ok();
}

Result<void> Scanner::emit(std::uint64_t until) {
  while (emitted_ < until) {
    const std::string_view piece = window_.view(emitted_, until);
    MBOXFERRY_TRY(sink_.bytes(piece));
    emitted_ += piece.size();
  }
  return ok();
}

Result<void> Scanner::finish_message(std::uint64_t end, std::uint64_t resume_at) {
  MBOXFERRY_TRY(emit(end));
  MBOXFERRY_TRY(check_length(end, resume_at));
  const std::uint64_t removed = profile_.unquote ? quotes_ : 0;
  accounting_.message += end - region_ - removed;
  accounting_.quoting += removed;
  accounting_.separator += resume_at - end;
  return sink_.end(end - region_, resume_at, accounting_);
}

Result<void> Scanner::check_length(std::uint64_t end, std::uint64_t resume_at) {
  if (!content_length_ || !body_) return ok();
  if (stated_end_ && (*stated_end_ == end || *stated_end_ == resume_at)) {
    ++counts_.lengths_landed;
    return ok();
  }
  ++counts_.lengths_lied;
  if (length_lies_) return ok();
  length_lies_ = true;
  return report(region_, "content-length-lies",
                fmt::format("Content-Length says {}, the body has {} bytes", *content_length_,
                            end > *body_ ? end - *body_ : 0));
}

Result<void> Scanner::finish_junk(std::uint64_t end) {
  if (end == region_) return ok();
  accounting_.junk += end - region_;
  // Blank lines are no mail.
  const std::uint64_t unread = state_ == State::junk ? end - region_ : 0;
  return sink_.problem(
      {region_, "junk", fmt::format("{} bytes belong to no message", end - region_), unread});
}

Result<void> Scanner::finish_folder() {
  const std::uint64_t end = window_.end();
  if (!in_message()) return finish_junk(end);
  Candidate candidate;
  candidate.offset = end;
  find_blank(candidate);
  const std::uint64_t message_end = message_end_before(candidate);
  if (end > region_ && !is_line_end(window_.at(end - 1))) {
    MBOXFERRY_TRY(report(end, "no-final-newline", "the last line has no line end"));
  }
  MBOXFERRY_TRY(report_missing_end(end));
  return finish_message(message_end, end);
}

// In a folder whose lengths are right the last one is, too.
Result<void> Scanner::report_missing_end(std::uint64_t end) {
  constexpr std::uint64_t kLineEnd = 2;
  if (collects_clock_ || !profile_.use_content_length || !stated_end_ || length_lies_) return ok();
  if (*stated_end_ <= end + kLineEnd) return ok();
  length_lies_ = true;
  const std::uint64_t missing = *stated_end_ - end;
  return sink_.problem({end, "missing-end",
                        fmt::format("Content-Length says that {} bytes more belong to the last "
                                    "message: its end is missing",
                                    missing),
                        missing});
}

Result<void> Scanner::report_doubt(const Candidate& candidate, const char* reason, bool taken) {
  return sink_.doubt({candidate.offset, std::string(candidate.line.substr(0, 200)), reason, taken});
}

Result<void> Scanner::report(std::uint64_t offset, const char* code, std::string text) {
  return sink_.problem({offset, code, std::move(text)});
}

}  // namespace mboxferry::mbox
