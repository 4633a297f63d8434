// SPDX-License-Identifier: Apache-2.0
// Which parts of a message Apple Mail keeps in files of their own.
#include "archive/stripped_parts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

constexpr std::size_t kLongestLine = 2000;
constexpr std::size_t kLongestField = 8000;
constexpr std::size_t kLongestNumber = 64;
constexpr std::size_t kMostLevels = 32;
constexpr std::size_t kMostParts = 1000;
constexpr std::string_view kSizeField = "x-apple-content-length";
constexpr std::string_view kFieldBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kFieldBlanks)));
  return text.substr(0, text.find_last_not_of(kFieldBlanks) + 1);
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), to_lower);
  return small;
}

// The next parameter of a Content-Type without the `;` before it, which is taken away.
std::string_view take_parameter(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
    if (text[end] == '\\' && quoted && end + 1 < text.size()) {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    }
  }
  const std::string_view parameter = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + 1));
  return parameter;
}

std::string unquoted(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string plain;
  for (std::size_t at = 1; at < value.size() && value[at] != '"'; ++at) {
    if (value[at] == '\\' && at + 1 < value.size()) ++at;
    plain += value[at];
  }
  return plain;
}

std::string boundary_of(std::string_view type) {
  take_parameter(type);
  while (!type.empty()) {
    const std::string_view parameter = take_parameter(type);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos ||
        !equals_ignoring_case(trimmed(parameter.substr(0, equals)), "boundary"))
      continue;
    return unquoted(trimmed(parameter.substr(equals + 1)));
  }
  return {};
}

std::string joined(const std::string& prefix, unsigned number) {
  return prefix + (prefix.empty() ? "" : ".") + std::to_string(number);
}

bool has_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && equals_ignoring_case(line.substr(0, name.size()), name) &&
         trimmed(line.substr(name.size())).starts_with(':');
}

}  // namespace

StrippedParts::StrippedParts() { begin_header("", true); }

void StrippedParts::begin_header(std::string number, bool is_message) {
  state_ = State::header;
  number_ = std::move(number);
  is_message_ = is_message;
  field_.clear();
  type_.clear();
  part_ = {};
  sizes_ = 0;
  sure_ = sure_ && number_.size() <= kLongestNumber;
}

void StrippedParts::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const std::size_t room = kLongestLine - line_.size();
    line_ += piece.substr(0, room);
    // The end of a line that is too long tells whether it is CRLF.
    if (piece.size() > room) line_.back() = piece.back();
    at_ += piece.size();
    bytes.remove_prefix(piece.size());
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(1);
    ++at_;
    end_line();
  }
}

void StrippedParts::end_line() {
  Line line{line_, line_begin_, at_, line_.ends_with('\r')};
  if (line.has_crlf) line.text.remove_suffix(1);
  take(line);
  line_.clear();
  line_begin_ = at_;
}

void StrippedParts::finish() {
  if (!line_.empty()) end_line();
  if (state_ == State::header) end_header(at_);
  if (state_ == State::content) end_content(at_);
  state_ = State::between;
}

void StrippedParts::take(const Line& line) {
  if (has_name(line.text, kSizeField)) ++marks_;
  if (take_boundary(line)) return;
  if (state_ == State::header) {
    take_field_line(line);
  } else if (state_ == State::content) {
    is_blank_ = is_blank_ && line.text.empty();
  }
}

bool StrippedParts::take_boundary(const Line& line) {
  if (!line.text.starts_with("--")) return false;
  const std::string_view rest =
      line.text.substr(0, line.text.find_last_not_of(" \t") + 1).substr(2);
  for (std::size_t level = levels_.size(); level > 0; --level) {
    Level& one = levels_[level - 1];
    if (!rest.starts_with(one.boundary)) continue;
    const std::string_view behind = rest.substr(one.boundary.size());
    if (!behind.empty() && behind != "--") continue;
    if (state_ == State::header) end_header(line.begin);
    if (state_ == State::content) end_content(line.begin);
    // end_header() may have added levels that the boundary ends.
    levels_.resize(behind.empty() ? level : level - 1);
    if (behind.empty()) {
      begin_header(joined(levels_.back().prefix, ++levels_.back().parts), false);
    } else {
      state_ = State::between;
    }
    return true;
  }
  return false;
}

void StrippedParts::take_field_line(const Line& line) {
  if (line.text.empty()) return end_header(line.end);
  const bool goes_on = line.text.starts_with(' ') || line.text.starts_with('\t');
  if (goes_on) {
    field_ += line.text.substr(0, kLongestField - std::min(kLongestField, field_.size()));
    if (sizes_ > 0 && part_.field_end == line.begin) part_.field_end = line.end;
    return;
  }
  end_field();
  field_ = line.text;
  if (!has_name(line.text, kSizeField)) return;
  ++sizes_;
  part_.field_begin = line.begin;
  part_.field_end = line.end;
  part_.has_crlf = line.has_crlf;
}

void StrippedParts::end_field() {
  const std::size_t colon = field_.find(':');
  if (colon == std::string::npos) return field_.clear();
  const std::string name = in_small_letters(trimmed(std::string_view(field_).substr(0, colon)));
  const std::string_view value = trimmed(std::string_view(field_).substr(colon + 1));
  if (name == "content-type" && type_.empty()) type_ = value;
  if (name == "content-transfer-encoding") part_.encoding = in_small_letters(value);
  if (name == kSizeField) {
    const auto parsed =
        std::from_chars(value.data(), value.data() + value.size(), part_.content_size);
    sure_ = sure_ && parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
  }
  field_.clear();
}

void StrippedParts::end_header(std::uint64_t content_begin) {
  end_field();
  const std::string type = in_small_letters(type_);
  const bool is_nested = type.starts_with("message/rfc822") && part_.encoding != "base64" &&
                         part_.encoding != "quoted-printable";
  const std::string boundary = type.starts_with("multipart/") ? boundary_of(type_) : "";
  if (sizes_ == 0 && is_nested && !is_message_) return begin_header(number_, true);
  if (!boundary.empty()) {
    sure_ = sure_ && levels_.size() < kMostLevels && sizes_ == 0;
    if (levels_.size() < kMostLevels) levels_.push_back({boundary, number_, 0});
    state_ = State::between;
    return;
  }
  state_ = State::content;
  is_blank_ = true;
  part_.number = is_message_ ? joined(number_, 1) : number_;
  part_.content_begin = content_begin;
}

void StrippedParts::end_content(std::uint64_t end) {
  state_ = State::between;
  if (sizes_ == 0) return;
  sure_ = sure_ && sizes_ == 1 && is_blank_ && parts_.size() < kMostParts;
  if (!sure_) return;
  part_.content_end = end;
  part_.is_in_multipart = !levels_.empty();
  parts_.push_back(part_);
}

}  // namespace mboxferry::archive
