// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a header read in pieces says what it says when read at once, and stays bounded; and
// where lines end with LF or CRLF, it says what a plain reader says that has the header line by
// line. The first byte of the input chooses the sizes of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/message/metadata.h"

namespace {

using mboxferry::Timestamp;
using mboxferry::message::HeaderFacts;
using mboxferry::message::HeaderScanner;
using mboxferry::message::parse_date;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const HeaderFacts& a, const HeaderFacts& b) {
  return a.message_id == b.message_id && a.date == b.date && a.received == b.received &&
         a.flags == b.flags && a.keywords == b.keywords && a.labels == b.labels &&
         a.has_status == b.has_status && a.pseudo == b.pseudo && a.expunged == b.expunged &&
         a.has_body == b.has_body && a.fields == b.fields;
}

bool bounded(const HeaderFacts& facts) {
  return facts.message_id.size() <= 4096 && facts.keywords.size() <= 256 &&
         facts.labels.size() <= 256;
}

// --- the plain reader

struct PlainHeader {
  std::vector<std::pair<std::string, std::string>> fields;  // name in lower case, unfolded value
  bool has_body = false;
};

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

// Nothing where the two readers may differ: CRs that are no part of a line end, and what is cut.
std::optional<PlainHeader> read_plainly(std::string_view text) {
  if (text.size() > 4000) return std::nullopt;
  PlainHeader header;
  bool in_field = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (end != std::string_view::npos && !line.empty() && line.back() == '\r') line.pop_back();
    if (line.find('\r') != std::string::npos) return std::nullopt;
    if (line.empty()) {
      header.has_body = true;
      return header;
    }
    if (line[0] == ' ' || line[0] == '\t') {
      if (in_field) header.fields.back().second += line;
      continue;
    }
    const std::size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    if (name.size() > 60) return std::nullopt;
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.pop_back();
    in_field = colon != std::string::npos && !name.empty() &&
               std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!in_field) continue;
    header.fields.emplace_back(in_lower_case(name), line.substr(colon + 1));
  }
  return header;
}

std::vector<std::string> words_of(const std::string& value) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : value + " ") {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

std::string plain_message_id(const std::string& value) {
  const std::size_t open = value.find('<');
  const std::size_t close = open == std::string::npos ? open : value.find('>', open);
  if (close == std::string::npos) return words_of(value).empty() ? "" : words_of(value)[0];
  const std::string id = value.substr(open, close - open + 1);
  return id == "<>" ? "" : id;
}

std::optional<Timestamp> plain_received(std::string value) {
  std::optional<Timestamp> last;
  for (std::size_t at = value.find(';'); at != std::string::npos; at = value.find(';')) {
    value.erase(0, at + 1);
    if (const auto date = parse_date(value.substr(0, value.find(';')))) last = date;
  }
  return last;
}

void compare(const PlainHeader& plain, const HeaderFacts& facts) {
  require(facts.fields == plain.fields.size() && facts.has_body == plain.has_body);
  std::string message_id;
  std::optional<Timestamp> date;
  std::optional<Timestamp> received;
  std::vector<std::string> keywords;
  std::set<std::string> known;
  bool seen = false;
  bool only_simple_families = true;
  for (const auto& [name, value] : plain.fields) {
    if (name == "message-id" && message_id.empty()) message_id = plain_message_id(value);
    if (name == "date" && !date) date = parse_date(value);
    if (name == "received" && !received) received = plain_received(value);
    if (name == "x-keywords" || name == "x-mozilla-keys") {
      for (const std::string& word : words_of(value)) {
        if (keywords.size() < 256 && known.insert(in_lower_case(word)).second) {
          keywords.push_back(word);
        }
      }
    }
    if (name == "status") {
      const bool ours = value.find_first_not_of("RONUrAFDT \t") == std::string::npos;
      seen = seen || (ours && value.find('R') != std::string::npos);
    }
    only_simple_families = only_simple_families && name != "x-status" && name != "x-evolution" &&
                           name != "x-gmail-labels" && name != "x-mozilla-status" &&
                           name != "x-mozilla-status2";
  }
  require(facts.message_id == message_id && facts.date == date && facts.received == received);
  if (!only_simple_families) return;
  require(facts.keywords == keywords && !facts.expunged);
  require(((facts.flags & mboxferry::message::kSeen) != 0) == seen);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t longest = data[0] % 64 + 1U;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto plain = read_plainly(text);

  HeaderScanner scanner;
  scanner.feed(text);
  const HeaderFacts whole = scanner.finish();
  if (plain) compare(*plain, whole);
  for (std::size_t piece = 1; !text.empty(); piece = piece % longest + 1) {
    const std::string copy(text.substr(0, piece));
    scanner.feed(copy);
    text.remove_prefix(copy.size());
  }
  require(same(whole, scanner.finish()) && bounded(whole));
  for (const std::string& keyword : whole.keywords) {
    const auto atom = mboxferry::message::as_imap_keyword(keyword);
    require(!atom || atom->find_first_of("(){ %*\"\\]\r\n") == std::string::npos);
  }
  return 0;
}
