// SPDX-License-Identifier: Apache-2.0
// Line ends, quoting and bookkeeping fields on the way to the wire.
#include "mboxferry/message/wire_form.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "mboxferry/message/mark_fields.h"
#include "message/ascii.h"
#include "message/line_feeds.h"

namespace mboxferry::message {
namespace {

constexpr std::string_view kFrom = "From ";

}  // namespace

// Walks over one piece. [run_, at_) is input that goes out unchanged and has not gone out yet.
class WireEncoder::Pass {
 public:
  Pass(WireEncoder& encoder, std::string_view raw, const ByteConsumer& out)
      : e_(encoder), out_(out), at_(raw.data()), end_(raw.data() + raw.size()), run_(at_) {}

  void walk();
  void finish();

 private:
  static constexpr std::size_t kStaging = 16 * 1024;
  static constexpr std::size_t kLongRun = 4 * 1024;

  void put(std::string_view bytes);
  void flush();
  void deliver(std::string_view bytes);
  void put_run(const char* until);
  void skip_to(const char* position) { at_ = run_ = position; }

  [[nodiscard]] bool is_left_out(std::string_view field_name) const;
  [[nodiscard]] bool can_join_lines() const;
  void join_lines();
  void put_line(const char* lf);
  void resolve_pending_cr();
  void start_line();
  void start_quoted_line();
  void step_field_name();
  void step_quotes();
  void step_from();
  void finish_line();
  void release_held();
  void end_line(bool was_empty);
  const char* find_line_end();
  const char* find(const char*& cached, char wanted);

  WireEncoder& e_;
  const ByteConsumer& out_;
  const char* at_;
  const char* const end_;
  const char* run_;
  const char* next_lf_ = nullptr;
  const char* next_cr_ = nullptr;
  bool whole_lines_left_ = true;  // false: no LF is left in this piece
  std::size_t staged_ = 0;
  std::array<char, kStaging> staging_;  // left uninitialised: short lines are joined here
};

void WireEncoder::Pass::deliver(std::string_view bytes) {
  if (!e_.has_nul_) e_.has_nul_ = std::memchr(bytes.data(), '\0', bytes.size()) != nullptr;
  e_.wire_size_ += bytes.size();
  e_.line_open_ = bytes.back() != '\n';
  out_(bytes);
}

void WireEncoder::Pass::flush() {
  if (staged_ == 0) return;
  deliver({staging_.data(), staged_});
  staged_ = 0;
}

void WireEncoder::Pass::put(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > kLongRun) {
    flush();
    deliver(bytes);
    return;
  }
  if (bytes.size() > kStaging - staged_) flush();
  std::memcpy(staging_.data() + staged_, bytes.data(), bytes.size());
  staged_ += bytes.size();
}

void WireEncoder::Pass::put_run(const char* until) {
  put({run_, static_cast<std::size_t>(until - run_)});
  run_ = until;
}

// A position that was found and not reached yet is kept, so that no byte is searched twice for
// the same character however lines end.
const char* WireEncoder::Pass::find(const char*& cached, char wanted) {
  if (cached != nullptr && cached >= at_) return cached;
  const void* found = std::memchr(at_, wanted, static_cast<std::size_t>(end_ - at_));
  cached = found == nullptr ? end_ : static_cast<const char*>(found);
  return cached;
}

const char* WireEncoder::Pass::find_line_end() {
  const char* lf = find(next_lf_, '\n');
  return e_.options_.carriage_return_ends_line ? std::min(lf, find(next_cr_, '\r')) : lf;
}

void WireEncoder::Pass::end_line(bool was_empty) {
  e_.place_ = Place::line_start;
  if (was_empty) e_.in_header_ = e_.dropping_ = false;
}

void WireEncoder::Pass::resolve_pending_cr() {
  const bool was_empty = e_.place_ == Place::line_start;
  const bool ends_line = *at_ == '\n' || e_.options_.carriage_return_ends_line;
  e_.pending_cr_ = false;
  if (was_empty) e_.dropping_ = false;
  if (*at_ == '\n') skip_to(at_ + 1);
  if (!e_.dropping_) put(ends_line ? "\r\n" : "\r");
  if (ends_line) {
    end_line(was_empty);
  } else {
    e_.place_ = Place::inside;
  }
}

void WireEncoder::Pass::start_line() {
  const char c = *at_;
  if (c == '\n' || c == '\r') {
    if (e_.in_header_ && e_.dropping_) {
      run_ = at_;
      e_.dropping_ = false;
    }
    if (c == '\r' && at_ + 1 == end_) {
      put_run(at_);
      e_.pending_cr_ = true;
      skip_to(end_);
      return;
    }
    const bool crlf = c == '\r' && at_[1] == '\n';
    if (c == '\r' && !crlf && !e_.options_.carriage_return_ends_line) {
      e_.place_ = Place::inside;
      return;
    }
    if (crlf) {
      at_ += 2;
    } else {
      put_run(at_);
      put("\r\n");
      skip_to(at_ + 1);
    }
    end_line(true);
    return;
  }
  if (!e_.in_header_) {
    if (c == '>' && e_.options_.unquote) {
      start_quoted_line();
    } else {
      e_.place_ = Place::inside;
    }
    return;
  }
  if (c == ' ' || c == '\t') {  // folded: the fate of the line before
    e_.place_ = Place::inside;
    return;
  }
  if (e_.dropping_) run_ = at_;
  e_.dropping_ = false;
  if (e_.options_.strip_status_headers) {
    put_run(at_);
    e_.held_.clear();
    e_.place_ = Place::field_name;
  } else {
    e_.place_ = Place::inside;
  }
}

void WireEncoder::Pass::start_quoted_line() {
  const char* rest = std::find_if(at_, end_, [](char c) { return c != '>'; });
  const auto left = static_cast<std::size_t>(end_ - rest);
  if (left < kFrom.size()) {  // undecided within this piece
    put_run(at_);
    skip_to(at_ + 1);
    e_.place_ = Place::quotes;
    return;
  }
  if (std::string_view(rest, kFrom.size()) == kFrom) {
    put_run(at_);
    run_ = at_ + 1;
    ++e_.quotes_removed_;
  }
  at_ = rest;
  e_.place_ = Place::inside;
}

void WireEncoder::Pass::step_quotes() {
  const char* rest = std::find_if(at_, end_, [](char c) { return c != '>'; });
  at_ = rest;
  put_run(at_);
  if (at_ == end_) return;
  e_.matched_ = 0;
  e_.place_ = Place::from;
}

void WireEncoder::Pass::step_from() {
  if (*at_ != kFrom[e_.matched_]) {
    release_held();
    return;
  }
  skip_to(at_ + 1);
  if (++e_.matched_ < kFrom.size()) return;
  put(kFrom);
  ++e_.quotes_removed_;
  e_.place_ = Place::inside;
}

void WireEncoder::Pass::step_field_name() {
  const char c = *at_;
  if (c == ':') {
    std::string_view name = e_.held_;
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    if (is_left_out(name)) {
      e_.dropping_ = true;
      e_.place_ = Place::inside;
      return;
    }
  }
  const auto code = static_cast<unsigned char>(c);
  const bool part_of_name = c == '\t' || (code >= 32 && code < 127);
  if (c == ':' || !part_of_name || e_.held_.size() == kLongestName) {
    release_held();
    return;
  }
  e_.held_ += c;
  skip_to(at_ + 1);
}

// What was held back is ordinary text after all; the line goes on at at_.
void WireEncoder::Pass::release_held() {
  switch (e_.place_) {
    case Place::field_name:
      put(e_.held_);
      break;
    case Place::from:
      put(">");
      put(kFrom.substr(0, e_.matched_));
      break;
    case Place::quotes:
      put(">");
      break;
    case Place::line_start:
    case Place::inside:
      break;
  }
  e_.place_ = Place::inside;
}

bool WireEncoder::Pass::is_left_out(std::string_view field_name) const {
  const FieldKind kind = kind_of_field(field_name);
  return kind == FieldKind::bookkeeping || (kind == FieldKind::mark && e_.options_.strip_marks);
}

bool WireEncoder::Pass::can_join_lines() const {
  const bool plain = !e_.in_header_ && !e_.dropping_ && !e_.options_.carriage_return_ends_line;
  return plain && whole_lines_left_ &&
         (e_.place_ == Place::line_start || e_.place_ == Place::inside);
}

// Does what start_line() and finish_line() do, for all the lines of a body up to the next that may
// be quoted: nearly all there is of a message, so that this loop is the encoder's speed.
void WireEncoder::Pass::join_lines() {
  LineFeeds line_feeds({at_, static_cast<std::size_t>(end_ - at_)});
  while (at_ != end_) {
    if (*at_ == '>' && e_.options_.unquote && e_.place_ == Place::line_start) return;
    const char* lf = line_feeds.next();
    if (lf == nullptr) {
      whole_lines_left_ = false;
      return;
    }
    if (lf != at_ && lf[-1] == '\r') {
      at_ = lf + 1;
    } else {
      put_line(lf);
    }
    e_.place_ = Place::line_start;
  }
}

// The run up to `lf`, and a CRLF for it. A copy of a fixed size costs less than one of the line's;
// what is too much of it is overwritten by the next line.
void WireEncoder::Pass::put_line(const char* lf) {
  constexpr std::size_t kOrdinaryLine = 80;
  const auto length = static_cast<std::size_t>(lf - run_);
  const auto readable = static_cast<std::size_t>(end_ - run_);
  if (length > kOrdinaryLine || readable < kOrdinaryLine ||
      kStaging - staged_ < kOrdinaryLine + 2) {
    put_run(lf);
    put("\r\n");
  } else {
    char* to = staging_.data() + staged_;
    std::memcpy(to, run_, kOrdinaryLine);
    to[length] = '\r';
    to[length + 1] = '\n';
    staged_ += length + 2;
  }
  skip_to(lf + 1);
}

void WireEncoder::Pass::finish_line() {
  const char* line_end = find_line_end();
  if (line_end == end_) {
    const bool cr = end_ != at_ && end_[-1] == '\r';
    at_ = end_;
    if (!e_.dropping_) put_run(cr ? end_ - 1 : end_);
    run_ = end_;
    e_.pending_cr_ = cr;
    return;
  }
  if (*line_end == '\r' && line_end + 1 == end_) {
    at_ = line_end;
    if (!e_.dropping_) put_run(line_end);
    skip_to(end_);
    e_.pending_cr_ = true;
    return;
  }
  const bool lone_cr = *line_end == '\r' && line_end[1] != '\n';
  const bool lf_only = *line_end == '\n' && (line_end == at_ || line_end[-1] != '\r');
  const char* next = line_end + (*line_end == '\r' && !lone_cr ? 2 : 1);
  if (e_.dropping_) {
    skip_to(next);
  } else if (lone_cr || lf_only) {
    put_run(line_end);
    put("\r\n");
    skip_to(next);
  } else {
    at_ = next;
  }
  end_line(false);
}

void WireEncoder::Pass::walk() {
  if (at_ == end_) return;
  if (e_.pending_cr_) resolve_pending_cr();
  while (at_ != end_) {
    if (can_join_lines()) join_lines();
    if (at_ == end_) break;
    switch (e_.place_) {
      case Place::line_start:
        start_line();
        break;
      case Place::field_name:
        step_field_name();
        break;
      case Place::quotes:
        step_quotes();
        break;
      case Place::from:
        step_from();
        break;
      case Place::inside:
        finish_line();
        break;
    }
  }
  if (!e_.dropping_) put_run(end_);
  flush();
}

void WireEncoder::Pass::finish() {
  release_held();
  if (e_.pending_cr_ && !e_.dropping_) {
    put("\r\n");
    e_.final_line_end_added_ = !e_.options_.carriage_return_ends_line;
  }
  flush();
  if (e_.line_open_) {
    put("\r\n");
    flush();
    e_.final_line_end_added_ = true;
  }
}

void WireEncoder::feed(std::string_view raw, const ByteConsumer& out) {
  Pass(*this, raw, out).walk();
}

void WireEncoder::finish(const ByteConsumer& out) { Pass(*this, {}, out).finish(); }

}  // namespace mboxferry::message
