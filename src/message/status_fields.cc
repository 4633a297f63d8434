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

// A letter means a flag, a keyword, or nothing that IMAP keeps.
struct LetterFlag {
  char letter;
  std::uint8_t flag = 0;
  std::string_view keyword = {};
};
// Programs write R and O into Status (some N and U as well; mutt reads a small r for replied) and
// the other letters into X-Status. Not all of them kept to that, so that each is read in both.
constexpr std::array<LetterFlag, 9> kStatusLetters{{{'R'},
                                                    {'O'},
                                                    {'N'},
                                                    {'U'},
                                                    {'r', kAnswered},
                                                    {'A', kAnswered},
                                                    {'F', kFlagged},
                                                    {'D', kDeleted},
                                                    {'T', kDraft}}};
// KMail writes an X-Status of its own, in which F and T are not what they are elsewhere. It is
// known by one of N, U, O and R, which say whether the message is read.
constexpr std::array<LetterFlag, 17> kKMailLetters{{{'N'},
                                                    {'U'},
                                                    {'O', kSeen},
                                                    {'R', kSeen},
                                                    {'D', kDeleted},
                                                    {'A', kAnswered},
                                                    {'F', 0, "$Forwarded"},
                                                    {'Q'},
                                                    {'K', 0, "$TODO"},
                                                    {'S'},
                                                    {'G', kFlagged},
                                                    {'W', 0, "$WATCHED"},
                                                    {'I', kSeen, "$IGNORED"},
                                                    {'P', 0, "$Junk"},
                                                    {'H', 0, "$NotJunk"},
                                                    {'T'},
                                                    {'C'}}};
constexpr std::string_view kKMailReadLetters = "NUOR";
constexpr std::string_view kKMailUnreadLetters = "NU";

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
// Before it had keywords, Mozilla kept one of five labels here.
constexpr unsigned kMozillaLabelShift = 25;
constexpr std::array<std::string_view, 8> kMozillaLabels{"",        "$label1", "$label2", "$label3",
                                                         "$label4", "$label5", "",        ""};
constexpr std::array<BitFlag, 5> kEvolutionBits{
    {{0x01, kAnswered}, {0x02, kDeleted}, {0x04, kDraft}, {0x08, kFlagged}, {0x10, kSeen}}};
struct BitKeyword {
  std::uint32_t bits;
  std::string_view keyword;
};
// Two bits have moved between versions; in local folders no other use of their places is known.
constexpr std::array<BitKeyword, 3> kEvolutionKeywords{
    {{0x0080, "$Junk"}, {0x0200 | 0x0800, "$NotJunk"}, {0x0400 | 0x1000, "$Forwarded"}}};

// False when some character is none of the table's: then it is no field of this family, such as
// the `Status: 5.1.1` of a delivery report or the `Status: closed` of a tracker.
template <typename Table>
bool read_letters(std::string_view value, const Table& table, HeaderFacts& facts) {
  const auto row_of = [&](char c) {
    return std::find_if(table.begin(), table.end(),
                        [c](const LetterFlag& row) { return row.letter == c; });
  };
  value = trim(value);
  if (std::any_of(value.begin(), value.end(),
                  [&](char c) { return !is_blank(c) && row_of(c) == table.end(); })) {
    return false;
  }
  facts.has_status = true;
  for (const char c : value) {
    if (is_blank(c)) continue;
    facts.flags |= row_of(c)->flag;
    add_keyword(facts, row_of(c)->keyword);
  }
  return true;
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

template <typename Predicate>
void add_keywords(std::string_view list, Predicate separates, HeaderFacts& facts) {
  while (!list.empty()) {
    const auto* end = std::find_if(list.begin(), list.end(), separates);
    const auto length = static_cast<std::size_t>(end - list.begin());
    add_keyword(facts, list.substr(0, length));
    list.remove_prefix(std::min(length + 1, list.size()));
  }
}

// The list in `; flags="a,b"` or `; flags=a`.
std::string_view evolution_flags(std::string_view value) {
  constexpr std::string_view kName = "flags=";
  const auto at = value.find(kName);
  const bool own =
      at != std::string_view::npos && at > 0 && (is_blank(value[at - 1]) || value[at - 1] == ';');
  if (!own) return {};
  value.remove_prefix(at + kName.size());
  if (value.empty() || value.front() != '"') return value.substr(0, value.find(';'));
  value.remove_prefix(1);
  return value.substr(0, value.find('"'));
}

}  // namespace

void add_keyword(HeaderFacts& facts, std::string_view keyword) {
  if (keyword.empty() || facts.keywords.size() >= kMostKeywords) return;
  const auto known = [&](const std::string& other) { return equals_ignoring_case(other, keyword); };
  if (std::any_of(facts.keywords.begin(), facts.keywords.end(), known)) return;
  facts.keywords.emplace_back(keyword);
}

void read_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims) {
  if (!read_letters(value, kStatusLetters, facts)) return;
  if (value.find('R') != std::string_view::npos) claims.read = true;
}

void read_x_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims) {
  if (value.find_first_of(kKMailReadLetters) == std::string_view::npos) {
    read_letters(value, kStatusLetters, facts);
  } else if (read_letters(value, kKMailLetters, facts)) {
    if (value.find_first_of(kKMailUnreadLetters) != std::string_view::npos)
      claims.kmail_unread = true;
  }
}

void read_mozilla_status(std::string_view value, HeaderFacts& facts, StatusClaims& claims) {
  const auto bits = parse_hex(trim(value));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kMozillaBits, facts);
  ((*bits & kMozillaExpunged) != 0 ? claims.mozilla_expunged : claims.mozilla_kept) = true;
  if ((*bits & kMozillaForwarded) != 0) add_keyword(facts, "$Forwarded");
}

void read_mozilla_status2(std::string_view value, HeaderFacts& facts) {
  const auto bits = parse_hex(trim(value));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kMozillaBits2, facts);
  if ((*bits & kMozillaReceiptSent) != 0) add_keyword(facts, "$MDNSent");
  add_keyword(facts, kMozillaLabels[*bits >> kMozillaLabelShift & 7]);
}

void read_keywords(std::string_view value, HeaderFacts& facts) {
  facts.has_status = true;
  add_keywords(value, is_blank, facts);
}

void read_evolution(std::string_view value, HeaderFacts& facts) {
  const std::string_view numbers = trim(value.substr(0, value.find(';')));
  const auto dash = numbers.find('-');
  if (dash == std::string_view::npos || !parse_hex(numbers.substr(0, dash))) return;
  const auto bits = parse_hex(numbers.substr(dash + 1));
  if (!bits) return;
  facts.has_status = true;
  apply_bits(*bits, kEvolutionBits, facts);
  for (const BitKeyword& row : kEvolutionKeywords) {
    if ((*bits & row.bits) != 0) add_keyword(facts, row.keyword);
  }
  add_keywords(
      evolution_flags(value), [](char c) { return c == ',' || is_blank(c); }, facts);
}

// A message with two X-Mozilla-Status fields, one of them from its sender, is kept when in doubt.
void settle(const StatusClaims& claims, HeaderFacts& facts) {
  if (claims.read && !claims.kmail_unread) facts.flags |= kSeen;
  facts.expunged = claims.mozilla_expunged && !claims.mozilla_kept;
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
