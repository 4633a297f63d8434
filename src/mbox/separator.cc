// SPDX-License-Identifier: Apache-2.0
// Decides whether a line that begins with `From ` separates; docs/decisions/0002 has the reasons.
#include <fmt/format.h>

#include <algorithm>

#include "mbox/inclusion.h"
#include "mbox/mime_part.h"
#include "mbox/scanner.h"
#include "mbox/text.h"

namespace mboxferry::mbox {
namespace {

// `From ` within a line is frequent, and what follows it is looked at each time.
constexpr std::uint64_t kLongestGlued = 512;
constexpr std::uint64_t kPartLookBack = 2048;
constexpr std::uint64_t kPartLookAhead = std::uint64_t{512} << 10;

}  // namespace

Scanner::Candidate Scanner::look_at(std::uint64_t offset) const {
  Candidate candidate;
  candidate.offset = offset;
  candidate.marked = window_.view(offset, offset + kByteOrderMark.size()) == kByteOrderMark;
  candidate.glued = glued_at(offset);
  const std::uint64_t begin = candidate.marked ? offset + kByteOrderMark.size() : offset;
  const std::string_view text = window_.view(begin, begin + kMaxFromLine + 2);
  const Line line = first_line(text, lone_cr_);
  candidate.line = line.text;
  candidate.next_line = begin + line.next;
  const bool whole = line.has_line_end || candidate.next_line == window_.end();
  if (whole) candidate.from = parse_from_line(line.text);
  find_blank(candidate);
  candidate.clear = candidate.blank || offset == region_ || state_ == State::leading;
  const bool first = state_ == State::leading;
  if (!whole || (!candidate.from && !candidate.clear)) return candidate;

  const std::uint64_t follow_end = candidate.next_line + kFollowBytes;
  candidate.follow = what_follows(window_.view(candidate.next_line, follow_end),
                                  window_.at_end() && follow_end >= window_.end(), lone_cr_);
  // At the very beginning even a form that nobody knows is a separator when mail follows it.
  const bool resumed = first && resumed_at_ > 0;
  if (!candidate.from && !first) candidate.from = unknown_form(candidate);
  if (!candidate.from && first && (candidate.follow == Follow::known_header || resumed)) {
    candidate.from = FromLine{};
    candidate.from->envelope.sender = line.text.substr(5).substr(0, kMaxSender);
    candidate.from->form = FromForm::vague;
  }
  return candidate;
}

std::optional<FromLine> Scanner::unknown_form(const Candidate& candidate) const {
  const std::string_view text =
      window_.view(candidate.next_line, candidate.next_line + kFollowBytes);
  if (!begins_message(text, lone_cr_)) return std::nullopt;
  auto unusual = parse_unusual_from_line(candidate.line);
  if (unusual) return unusual;
  FromLine prose;
  prose.form = FromForm::prose;
  return prose;
}

bool Scanner::is_from_at(std::uint64_t offset) const {
  std::string_view text = window_.view(offset, offset + kByteOrderMark.size() + kFrom.size());
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text.starts_with(kFrom);
}

std::uint64_t Scanner::before_mark(std::uint64_t from) const {
  constexpr std::uint64_t kSize = kByteOrderMark.size();
  const std::uint64_t first = std::max(window_.base(), region_);
  const bool marked = from >= first + kSize && window_.view(from - kSize, from) == kByteOrderMark;
  return marked ? from - kSize : from;
}

// The message before was written without its last line end. Prose may say the same, so that the
// line must be complete and a header must follow that nobody writes in prose.
Scanner::Glued Scanner::glued_at(std::uint64_t offset) const {
  if (state_ != State::body || offset <= *body_ || begins_line(offset)) return Glued::no;
  const char before = window_.at(offset - 1);
  if (before == '\0') return Glued::no;
  const bool marked = window_.view(offset, offset + kByteOrderMark.size()) == kByteOrderMark;
  const std::uint64_t begin = marked ? offset + kByteOrderMark.size() : offset;
  const Line line = first_line(window_.view(begin, begin + kLongestGlued), lone_cr_);
  // Most that comes here is prose, which has no time of the day and no header behind it.
  if (!line.has_line_end || line.text.find(':') == std::string_view::npos) return Glued::no;
  if (line.text.find(kFrom, kFrom.size()) != std::string_view::npos) return Glued::no;
  const std::uint64_t next = begin + line.next;
  if (!begins_message(window_.view(next, next + kFollowBytes), lone_cr_)) return Glued::no;
  const auto from = parse_from_line(line.text);
  const bool complete = from && from->form == FromForm::dated &&
                        (from->envelope.exporter_form || !from->envelope.sender.empty());
  if (!complete) return Glued::no;
  constexpr std::string_view kQuotes = "\"'`|*#";
  const bool quoted = is_blank(before) || kQuotes.find(before) != std::string_view::npos;
  return quoted ? Glued::as_quoted : Glued::behind_text;
}

void Scanner::find_blank(Candidate& candidate) const {
  candidate.blank_start = candidate.offset;
  if (candidate.offset <= region_) return;
  const auto ends_line = [&](char c) { return c == '\n' || (lone_cr_ && c == '\r'); };
  std::uint64_t start = candidate.offset - 1;
  if (!ends_line(window_.at(start))) return;
  if (window_.at(start) == '\n' && start > region_ && window_.at(start - 1) == '\r') --start;
  candidate.blank = start == region_ || ends_line(window_.at(start - 1));
  if (candidate.blank) candidate.blank_start = start;
}

// The empty line that ends a header belongs to the message, even when no body follows.
std::uint64_t Scanner::message_end_before(const Candidate& candidate) const {
  const bool ends_header = body_ == candidate.offset && header_lines_ > 0;
  return ends_header ? candidate.offset : candidate.blank_start;
}

Result<bool> Scanner::consider(std::uint64_t offset) {
  const Candidate candidate = look_at(offset);
  Verdict verdict;
  if (candidate.from) {
    if (!candidate.clear && candidate.follow == Follow::known_header) ++counts_.without_blank;
    verdict = decide(candidate);
    if (offset < protected_until_) verdict = {false, protected_reason_};
    if (verdict.taken && in_message()) {
      MBOXFERRY_ASSIGN(const bool counted, inside_length(candidate));
      if (counted || inside_part(candidate) || inside_inclusion(candidate)) {
        verdict = {false, protected_reason_};
      }
    }
    if (verdict.reason != nullptr) {
      MBOXFERRY_TRY(report_doubt(candidate, verdict.reason, verdict.taken));
    }
  }
  if (!verdict.taken) {
    MBOXFERRY_TRY(count_unquoted(candidate));
    return false;
  }
  if (in_message()) {
    if (!candidate.clear && candidate.glued == Glued::no && profile_.blank_line_before) {
      MBOXFERRY_TRY(report(offset, "missing-blank-line", "no empty line before the separator"));
    }
    MBOXFERRY_TRY(finish_message(message_end_before(candidate), offset));
  } else {
    MBOXFERRY_TRY(finish_junk(candidate.blank_start));
    accounting_.separator += offset - candidate.blank_start;
  }
  if (candidate.marked) {
    MBOXFERRY_TRY(report(offset, "bom", "a UTF-8 byte order mark before a separator"));
  }
  MBOXFERRY_TRY(start_message(candidate));
  return true;
}

Scanner::Verdict Scanner::decide(const Candidate& candidate) const {
  if (state_ == State::leading && resumed_at_ > 0) return {true};
  const bool stated = profile_.use_content_length && stated_end_ &&
                      (*stated_end_ == candidate.offset || *stated_end_ == candidate.blank_start);
  if (stated && candidate.follow != Follow::text) return {true};
  if (candidate.glued == Glued::behind_text) return {true, "at the end of another line"};
  if (candidate.glued == Glued::as_quoted)
    return {false, "at the end of another line, behind a blank or a sign of quotation"};
  if (candidate.from->form == FromForm::unusual)
    return {true, "no date in a form that is known, and a header follows"};
  if (candidate.from->form == FromForm::prose)
    return {false, "no sender and date, though a header follows"};
  // In a folder of patches every From_ line has git's date; in other mail it is a patch in a body.
  if (candidate.from->names_commit && in_message() && !is_patch_) {
    return {false, "git's line of a patch, in a message"};
  }
  if (candidate.clear) return decide_clear(candidate);
  if (!profile_.blank_line_before && candidate.follow == Follow::known_header) return {true};
  return decide_close(candidate);
}

// Where a separator may stand: at the beginning, behind an empty line, behind a From_ line.
Scanner::Verdict Scanner::decide_clear(const Candidate& candidate) const {
  const FromForm form = candidate.from->form;
  const bool first = state_ == State::leading || candidate.offset == region_;
  const bool dated = form == FromForm::dated;
  const bool weak = form <= FromForm::address;
  switch (candidate.follow) {
    case Follow::known_header:
      return {true};
    case Follow::header:
      if (weak && !first) return {true, "no date, and no well-known header field follows"};
      return {true};
    case Follow::end_of_file:
      if (first || dated || form == FromForm::exporter) return {true};
      return {false, "no date, and nothing follows"};
    case Follow::from_line:
      if (first || dated || form == FromForm::exporter) return {true};
      return {false, "no date, and no header fields follow"};
    case Follow::empty_line:
      if (first || dated) return {true, "no header fields follow"};
      return {false, "no date, and no header fields follow"};
    case Follow::text:
      break;
  }
  if (dated && state_ == State::leading) return {true, "no header fields follow"};
  return {false, "no header fields follow"};
}

// No empty line before it: only a line with a date and mail behind it can be one.
Scanner::Verdict Scanner::decide_close(const Candidate& candidate) const {
  const FromForm form = candidate.from->form;
  if (candidate.follow == Follow::known_header) {
    if (form == FromForm::dated || form == FromForm::exporter) {
      return {true, "no empty line before it"};
    }
    if (state_ == State::header) return {true, "inside a header"};
  }
  return {false, "no empty line before it"};
}

Result<bool> Scanner::inside_length(const Candidate& candidate) {
  if (!profile_.use_content_length || !stated_end_ || length_lies_) return false;
  if (*stated_end_ <= candidate.offset) return false;
  MBOXFERRY_ASSIGN(const bool lands, landing_.lands(window_, *stated_end_));
  if (lands) {
    protected_until_ = *stated_end_;
    protected_reason_ = "inside the message by its Content-Length";
    return true;
  }
  length_lies_ = true;
  MBOXFERRY_TRY(
      report(region_, "content-length-lies",
             fmt::format("Content-Length says {}, and no message ends there", *content_length_)));
  return false;
}

bool Scanner::inside_part(const Candidate& candidate) {
  // A writer that quotes leaves no such line in a body.
  if (profile_.dialect == Dialect::mboxo || profile_.dialect == Dialect::mboxcl) return false;
  if (state_ != State::body || !candidate.blank) return false;
  const std::uint64_t offset = candidate.offset;
  const std::uint64_t from = std::max(region_, offset - std::min(offset, kPartLookBack));
  const std::string_view boundary =
      boundary_of_part_header(window_.view(from, candidate.blank_start));
  if (boundary.empty()) return false;
  // Bounded by the message's length so far: a folder of tiny messages stays cheap.
  const std::uint64_t reach = std::min(kPartLookAhead, 8192 + 32 * (offset - region_));
  const auto delimiter = next_delimiter(window_.view(offset, offset + reach), boundary);
  if (!delimiter) return false;
  protected_until_ = offset + *delimiter;
  protected_reason_ = "inside a MIME part that ends later";
  return true;
}

bool Scanner::inside_inclusion(const Candidate& candidate) {
  if (profile_.dialect == Dialect::mboxo || profile_.dialect == Dialect::mboxcl) return false;
  if (state_ != State::body || !candidate.blank) return false;
  const std::uint64_t offset = candidate.offset;
  const std::uint64_t from = std::max(region_, offset - std::min(offset, kPartLookBack));
  const auto inclusion = inclusion_begun_by(window_.view(from, candidate.blank_start));
  if (!inclusion) return false;
  const std::uint64_t reach = std::min(kPartLookAhead, 32768 + 32 * (offset - region_));
  const auto end = inclusion_end(window_.view(offset, offset + reach), *inclusion);
  if (!end) return false;
  protected_until_ = offset + *end;
  protected_reason_ = "inside an included message that ends later";
  return true;
}

Result<void> Scanner::count_unquoted(const Candidate& candidate) {
  if (state_ != State::body || candidate.glued != Glued::no) return ok();
  ++counts_.unquoted;
  if (candidate.plausible()) ++counts_.unquoted_plausible;
  const bool contradicts = candidate.plausible() || candidate.offset >= kSurveyBytes;
  if (!profile_.unquote || !contradicts || contradicted_) return ok();
  contradicted_ = true;
  return report(candidate.offset, "dialect-contradicted",
                "a body line begins with an unquoted \"From \" in a folder whose writer quotes");
}

}  // namespace mboxferry::mbox
