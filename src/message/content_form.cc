// SPDX-License-Identifier: Apache-2.0
// Fields and parts.
#include "mboxferry/message/content_form.h"

#include <algorithm>
#include <utility>

#include "mboxferry/message/mark_fields.h"
#include "message/ascii.h"
#include "message/labels.h"

namespace mboxferry::message {
namespace {

constexpr std::size_t kMostFormHeader = std::size_t{64} << 10U;
constexpr std::size_t kMostFormLine = std::size_t{256} << 10U;
constexpr std::size_t kMostNested = 16;
constexpr std::size_t kMostHeldBlanks = 4096;
constexpr std::size_t kPutPiece = 4096;
bool is_counted(std::string_view name) {
  return kind_of_field(name) == FieldKind::mail &&
         !equals_ignoring_case(name, "content-transfer-encoding");
}

/// A field as it is compared.
std::string compared_field(std::string_view name, std::string_view value) {
  std::string plain;
  for (const char c : name) plain += to_lower(c);
  plain += ':';
  for (const char c : decode_encoded_words(value))
    if (!is_blank(c)) plain += c;
  return plain;
}

/// The value of `boundary=`; empty: there is none.
std::string boundary_of(std::string_view value) {
  constexpr std::string_view kName = "boundary=";
  for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';', at)) {
    ++at;
    std::string_view rest = trim(value.substr(at));
    if (!starts_with_ignoring_case(rest, kName)) continue;
    rest.remove_prefix(kName.size());
    if (!rest.starts_with('"')) return std::string(trim(rest.substr(0, rest.find(';'))));
    rest.remove_prefix(1);
    return std::string(rest.substr(0, rest.find('"')));
  }
  return {};
}

int sextet_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool is_another_form(const ContentForm& sent, const ContentForm& there) {
  return sent.whole && there.whole && sent.body == there.body &&
         std::includes(there.fields.begin(), there.fields.end(), sent.fields.begin(),
                       sent.fields.end());
}

void ContentFormScanner::feed(std::string_view bytes) {
  while (!bytes.empty() && !too_long_) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() > kMostFormLine) too_long_ = true;
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    take_line(line_);
    line_.clear();
  }
}

ContentForm ContentFormScanner::finish() {
  if (!line_.empty() && !too_long_) take_line(line_);
  if (in_header_) end_header();
  end_leaf();
  digest_.update(pending_put_);
  form_.body = digest_.finish();
  form_.whole = !too_long_;
  std::sort(form_.fields.begin(), form_.fields.end());
  ContentForm form = std::move(form_);
  *this = ContentFormScanner();
  return form;
}

void ContentFormScanner::take_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (in_header_) return take_header_line(line);
  if (!take_delimiter(line)) take_encoded(line);
}

void ContentFormScanner::take_header_line(std::string_view line) {
  if (line.empty()) return end_header();
  // A part without an empty line ends with the part.
  if (!in_message_header_ && take_delimiter(line)) return;
  const bool folded = line.front() == ' ' || line.front() == '\t';
  if (!folded && !header_.empty()) header_ += '\n';
  header_ += line;
  if (header_.size() > kMostFormHeader) too_long_ = true;
}

void ContentFormScanner::end_header() {
  encoding_ = Encoding::none;
  bool is_text = true;
  std::string boundary;
  std::string_view rest = header_;
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    const std::size_t colon = field.find(':');
    const std::string_view name = trim(field.substr(0, colon));
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view() : trim(field.substr(colon + 1));
    if (equals_ignoring_case(name, "content-type")) {
      is_text = starts_with_ignoring_case(value, "text/") || value.find('/') == value.npos;
      if (starts_with_ignoring_case(value, "multipart/")) boundary = boundary_of(value);
    }
    if (equals_ignoring_case(name, "content-transfer-encoding")) {
      if (equals_ignoring_case(value, "base64")) encoding_ = Encoding::base64;
      if (equals_ignoring_case(value, "quoted-printable")) encoding_ = Encoding::quoted_printable;
    }
    take_field(name, value);
  }
  header_.clear();
  in_header_ = false;
  in_message_header_ = false;
  if (!boundary.empty()) {
    if (boundaries_.size() == kMostNested) too_long_ = true;
    boundaries_.push_back("--" + boundary);
    encoding_ = Encoding::none;
  }
  begin_leaf(is_text || encoding_ != Encoding::base64);
}

/// Those of a part belong to what it says.
void ContentFormScanner::take_field(std::string_view name, std::string_view value) {
  if (!is_counted(name)) return;
  const std::string plain = compared_field(name, value);
  if (in_message_header_) return form_.fields.push_back(short_hash(plain));
  for (const char c : plain) put(c);
  put('\n');
}

/// True when the line begins or ends a part.
bool ContentFormScanner::take_delimiter(std::string_view line) {
  if (!line.starts_with("--")) return false;
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  for (std::size_t depth = boundaries_.size(); depth > 0; --depth) {
    const std::string& boundary = boundaries_[depth - 1];
    if (!line.starts_with(boundary)) continue;
    const std::string_view rest = line.substr(boundary.size());
    if (!rest.empty() && rest != "--") continue;
    if (in_header_) end_header();
    end_leaf();
    boundaries_.resize(rest.empty() ? depth : depth - 1);
    put_all(rest.empty() ? "part\n" : "end\n");
    in_header_ = rest.empty();
    encoding_ = Encoding::none;
    if (!in_header_) begin_leaf(true);
    return true;
  }
  return false;
}

void ContentFormScanner::begin_leaf(bool is_text) {
  is_text_ = is_text;
  blanks_.clear();
  empty_lines_ = 0;
  base64_bits_ = 0;
  base64_count_ = 0;
}

/// What content has is escaped: it cannot look like the end of a part.
void ContentFormScanner::end_leaf() {
  put_all(std::string_view("\0.", 2));
  begin_leaf(true);
}

void ContentFormScanner::take_encoded(std::string_view line) {
  if (encoding_ == Encoding::base64) return take_base64(line);
  if (encoding_ == Encoding::quoted_printable) return take_quoted(line);
  for (const char c : line) take_text(c);
  take_text('\n');
}

void ContentFormScanner::take_base64(std::string_view line) {
  for (const char c : line) {
    if (c == '=') {
      base64_bits_ = 0;
      base64_count_ = 0;
    }
    const int value = sextet_of(c);
    if (value < 0) continue;
    base64_bits_ = (base64_bits_ << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFFFU;
    base64_count_ += 6;
    if (base64_count_ < 8) continue;
    base64_count_ -= 8;
    take_text(static_cast<char>(base64_bits_ >> static_cast<unsigned>(base64_count_) & 0xFFU));
  }
}

void ContentFormScanner::take_quoted(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  const bool goes_on = line.ends_with('=');
  if (goes_on) line.remove_suffix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool coded = line[i] == '=' && i + 2 < line.size() && hex_value(line[i + 1]) >= 0 &&
                       hex_value(line[i + 2]) >= 0;
    if (!coded) {
      take_text(line[i]);
      continue;
    }
    take_text(static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2])));
    i += 2;
  }
  if (!goes_on) take_text('\n');
}

void ContentFormScanner::take_text(char c) {
  if (!is_text_) return put(c);
  if (c == '\n') {
    blanks_.clear();
    ++empty_lines_;
    return;
  }
  if (is_blank(c) && blanks_.size() < kMostHeldBlanks) {
    blanks_ += c;
    return;
  }
  for (; empty_lines_ > 0; --empty_lines_) put('\n');
  for (const char blank : blanks_) put(blank);
  blanks_.clear();
  put(c);
}

void ContentFormScanner::put(char c) {
  if (c == '\0') pending_put_ += c;
  pending_put_ += c;
  if (pending_put_.size() < kPutPiece) return;
  digest_.update(pending_put_);
  pending_put_.clear();
}

void ContentFormScanner::put_all(std::string_view text) {
  pending_put_ += text;
  if (pending_put_.size() < kPutPiece) return;
  digest_.update(pending_put_);
  pending_put_.clear();
}

}  // namespace mboxferry::message
