// SPDX-License-Identifier: Apache-2.0
// The four fields in a form that survives what servers do to a header.
#include "mboxferry/message/envelope.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/metadata.h"
#include "message/ascii.h"
#include "message/labels.h"

namespace mboxferry::message {
namespace {

constexpr std::size_t kMostHeader = std::size_t{64} << 10U;
constexpr std::array<std::string_view, 4> kEnvelopeFields{"from", "to", "subject", "date"};

/// A field as it is compared.
std::string plain_value(std::string_view name, std::string_view value) {
  if (name == "date") {
    if (const auto date = parse_date(value)) return std::to_string(date->unix_seconds);
  }
  std::string plain;
  for (const char c : decode_encoded_words(value)) {
    if (c != ' ' && c != '\t' && c != '"') plain += to_lower(c);
  }
  return plain;
}

}  // namespace

void EnvelopeScanner::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (done_) return;
    if (c == '\r') continue;
    done_ = header_.size() >= kMostHeader || (c == '\n' && header_.ends_with('\n'));
    header_ += c;
  }
}

std::int64_t EnvelopeScanner::finish() {
  const std::string header = std::exchange(header_, {});
  done_ = false;
  std::array<std::string, kEnvelopeFields.size()> values;
  std::string_view rest = header;
  while (!rest.empty()) {
    // A field goes on with every line that begins with white space.
    std::string field;
    do {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      field += rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    } while (rest.starts_with(' ') || rest.starts_with('\t'));
    const std::size_t colon = std::min(field.find(':'), field.size());
    const auto known =
        std::find_if(kEnvelopeFields.begin(), kEnvelopeFields.end(), [&](std::string_view name) {
          return equals_ignoring_case(trim(std::string_view(field).substr(0, colon)), name);
        });
    if (known == kEnvelopeFields.end() || colon == field.size()) continue;
    std::string& value = values[static_cast<std::size_t>(known - kEnvelopeFields.begin())];
    if (value.empty()) value = plain_value(*known, trim(std::string_view(field).substr(colon + 1)));
  }
  std::string all;
  for (const std::string& value : values) all += value + '\n';
  return short_hash(all);
}

}  // namespace mboxferry::message
