// SPDX-License-Identifier: Apache-2.0
// Flags and keywords out of each family of status fields.
#include "message/status_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mboxferry/message/gmail_labels.h"
#include "message/ascii.h"

namespace mboxferry::message {
namespace {

struct LetterFlag {
  char letter;
  std::uint8_t flag;
};
// O (old) and N, U (new) of Status say nothing that IMAP keeps.
constexpr std::array<LetterFlag, 1> kStatusLetters{{{'R', kSeen}}};
constexpr std::array<LetterFlag, 4> kXStatusLetters{
    {{'A', kAnswered}, {'F', kFlagged}, {'D', kDeleted}, {'T', kDraft}}};

struct BitFlag {
  std::uint32_t bit;
  std::uint8_t flag;
};
constexpr std::array<BitFlag, 3> kMozillaBits{
    {{0x0001, kSeen}, {0x0002, kAnswered}, {0x0004, kFlagged}}};
constexpr std::uint32_t kMozillaExpunged = 0x0008;
constexpr std::uint32_t kMozillaForwarded = 0x1000;
constexpr std::array<BitFlag, 1> kMozillaBits2{{{0x00200000, kDeleted}}};
constexpr std::uint32_t kMozillaReceiptSent = 0x00800000;
constexpr std::array<BitFlag, 5> kEvolutionBits{
    {{0x01, kAnswered}, {0x02, kDeleted}, {0x04, kDraft}, {0x08, kFlagged}, {0x10, kSeen}}};

template <typename Table>
void read_letters(std::string_view value, const Table& table, HeaderFacts& facts) {
  facts.has_status = true;
  for (const char c : value) {
    for (const LetterFlag& row : table) {
      if (row.letter == c) facts.flags |= row.flag;
    }
  }
}

template <typename Table>
void apply_bits(std::uint32_t bits, const Table& table, HeaderFacts& facts) {
  for (const BitFlag& row : table) {
    if ((bits & row.bit) != 0) facts.flags |= row.flag;
  }
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(digit);
  }
  return number;
}

}  // namespace

void add_keyword(HeaderFacts& facts, std::string_view keyword) {
  if (keyword.empty() || facts.keywords.size() >= kMostKeywords) return;
  if (std::find(facts.keywords.begin(), facts.keywords.end(), keyword) != facts.keywords.end()) {
    return;
  }
  facts.keywords.emplace_back(keyword);
}

void read_status(std::string_view value, HeaderFacts& facts) {
  read_letters(value, kStatusLetters, facts);
}

void read_x_status(std::string_view value, HeaderFacts& facts) {
  read_letters(value, kXStatusLetters, facts);
}

void read_mozilla_status(std::string_view value, HeaderFacts& facts) {
  const auto bits = parse_hex(trim(value));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kMozillaBits, facts);
  if ((*bits & kMozillaExpunged) != 0) facts.expunged = true;
  if ((*bits & kMozillaForwarded) != 0) add_keyword(facts, "$Forwarded");
}

void read_mozilla_status2(std::string_view value, HeaderFacts& facts) {
  const auto bits = parse_hex(trim(value));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kMozillaBits2, facts);
  if ((*bits & kMozillaReceiptSent) != 0) add_keyword(facts, "$MDNSent");
}

void read_keywords(std::string_view value, HeaderFacts& facts) {
  facts.has_status = true;
  while (!(value = trim(value)).empty()) {
    const auto* end = std::find_if(value.begin(), value.end(), is_blank);
    const auto length = static_cast<std::size_t>(end - value.begin());
    add_keyword(facts, value.substr(0, length));
    value.remove_prefix(length);
  }
}

void read_evolution(std::string_view value, HeaderFacts& facts) {
  value = trim(value);
  const auto dash = value.find('-');
  if (dash == std::string_view::npos || !parse_hex(value.substr(0, dash))) return;
  const auto bits = parse_hex(value.substr(dash + 1));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kEvolutionBits, facts);
}

void apply_gmail_labels(HeaderFacts& facts) {
  facts.has_status = true;
  bool unread = false;
  for (const std::string& label : facts.labels) {
    const LabelMeaning meaning = label_meaning(label);
    unread = unread || meaning == LabelMeaning::unread;
    if (meaning == LabelMeaning::starred) facts.flags |= kFlagged;
    if (meaning == LabelMeaning::drafts) facts.flags |= kDraft;
  }
  if (!unread) facts.flags |= kSeen;
}

}  // namespace mboxferry::message
