// SPDX-License-Identifier: Apache-2.0
// Fields for people, and four of them in a form that survives what servers do to a header.
#include "mboxferry/message/envelope.h"

#include <algorithm>
#include <array>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/metadata.h"
#include "message/ascii.h"
#include "message/labels.h"

namespace mboxferry::message {
namespace {

constexpr std::size_t kMostHeader = std::size_t{64} << 10U;
constexpr std::size_t kMostTitle = 998;
constexpr std::array<std::string_view, 4> kEnvelopeFields{"from", "to", "subject", "date"};

/// The addresses of a list, without names and comments, which servers write in their own way; what
/// has no address as it is.
std::string plain_addresses(std::string_view list) {
  std::string all;
  std::string one;
  std::string in_brackets;
  bool quoted = false;
  bool bracket = false;
  int comment = 0;
  const auto end_one = [&] {
    const std::string& address = in_brackets.find('@') != std::string::npos ? in_brackets : one;
    if (!address.empty()) all += (all.empty() ? "" : ",") + address;
    one.clear();
    in_brackets.clear();
    bracket = false;
    comment = 0;
  };
  for (const char c : list) {
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      one += c;
    } else if (c == '(' || (c == ')' && comment > 0)) {
      comment += c == '(' ? 1 : -1;
    } else if (comment > 0) {
      continue;
    } else if (c == ',' || c == ';') {
      end_one();
    } else if (c == '<' || c == '>') {
      bracket = c == '<';
    } else {
      (bracket ? in_brackets : one) += c;
    }
  }
  end_one();
  return all;
}

/// A field as it is compared.
std::string plain_value(std::string_view name, std::string_view value) {
  if (name == "date") {
    if (const auto date = parse_date(value)) return std::to_string(date->unix_seconds);
  }
  const bool addresses = name == "from" || name == "to";
  std::string plain;
  for (const char c : decode_encoded_words(addresses ? plain_addresses(value) : value)) {
    if (c != ' ' && c != '\t' && c != '"') plain += to_lower(c);
  }
  return plain;
}

/// In one line, and cut where a character ends.
std::string title_text(std::string_view value) {
  std::string text;
  for (const char c : decode_encoded_words(value)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  if (text.ends_with(' ')) text.pop_back();
  if (text.size() <= kMostTitle) return text;
  std::size_t end = kMostTitle;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

}  // namespace

void HeaderText::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (done_) return;
    if (c == '\r') continue;
    done_ = text_.size() >= kMostHeader || (c == '\n' && text_.ends_with('\n'));
    text_ += c;
  }
}

void HeaderText::each_field(const FieldVisitor& visit) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    // A field goes on with every line that begins with white space.
    std::string field;
    do {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      field += rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    } while (rest.starts_with(' ') || rest.starts_with('\t'));
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view whole = field;
    visit(trim(whole.substr(0, colon)), trim(whole.substr(colon + 1)));
  }
}

void HeaderText::clear() {
  text_.clear();
  done_ = false;
}

Title title_of(const HeaderText& header) {
  Title title;
  header.each_field([&](std::string_view name, std::string_view value) {
    const auto take = [&](std::string_view field, std::string& into) {
      if (into.empty() && equals_ignoring_case(name, field)) into = title_text(value);
    };
    take("subject", title.subject);
    take("from", title.from);
  });
  return title;
}

std::int64_t EnvelopeScanner::finish() {
  std::array<std::string, kEnvelopeFields.size()> values;
  header_.each_field([&](std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].empty() && equals_ignoring_case(name, kEnvelopeFields[i]))
        values[i] = plain_value(kEnvelopeFields[i], value);
    }
  });
  header_.clear();
  std::string all;
  for (const std::string& value : values) all += value + '\n';
  return short_hash(all);
}

}  // namespace mboxferry::message
