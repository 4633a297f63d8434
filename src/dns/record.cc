// SPDX-License-Identifier: Apache-2.0
// The table of types, and sets of records.
#include "mboxferry/dns/record.h"

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {
namespace {

struct TypeRow {
  RecordType type;
  std::string_view name;
  std::uint16_t code;
};
constexpr std::array<TypeRow, 11> kTypes{{
    {RecordType::a, "A", 1},
    {RecordType::aaaa, "AAAA", 28},
    {RecordType::cname, "CNAME", 5},
    {RecordType::ns, "NS", 2},
    {RecordType::mx, "MX", 15},
    {RecordType::srv, "SRV", 33},
    {RecordType::txt, "TXT", 16},
    {RecordType::tlsa, "TLSA", 52},
    {RecordType::ds, "DS", 43},
    {RecordType::caa, "CAA", 257},
    {RecordType::soa, "SOA", 6},
}};

const TypeRow& row_of(RecordType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view type_name(RecordType type) { return row_of(type).name; }
std::uint16_t type_code(RecordType type) { return row_of(type).code; }

std::optional<RecordType> type_named(std::string_view name) {
  for (const TypeRow& row : kTypes)
    if (equals_ignoring_case(row.name, name)) return row.type;
  return std::nullopt;
}

std::optional<RecordType> type_of_code(std::uint16_t code) {
  for (const TypeRow& row : kTypes)
    if (row.code == code) return row.type;
  return std::nullopt;
}

std::string Txt::joined() const {
  std::string text;
  for (const std::string& one : strings) text += one;
  return text;
}

bool is_of_version(std::string_view text, std::string_view version) {
  constexpr std::string_view kBlanks = " \t";
  std::string plain;
  for (const char c : text) {
    const bool is_blank = kBlanks.find(c) != std::string_view::npos;
    if (is_blank && (plain.empty() || plain.find('=') == plain.size() - 1 ||
                     plain.find('=') == std::string::npos))
      continue;
    if (plain.size() > version.size()) break;
    plain += c;
  }
  return equals_ignoring_case(std::string_view(plain).substr(0, version.size()), version) &&
         (plain.size() == version.size() ||
          (kBlanks.find(plain[version.size()]) != std::string_view::npos ||
           plain[version.size()] == ';'));
}

Txt txt_of_text(std::string_view text) {
  constexpr std::size_t kLongestString = 255;
  Txt txt;
  do {
    txt.strings.emplace_back(text.substr(0, kLongestString));
    text.remove_prefix(txt.strings.back().size());
  } while (!text.empty());
  return txt;
}

void RecordSet::normalize() {
  std::sort(data.begin(), data.end(),
            [](const RecordData& a, const RecordData& b) { return data_text(a) < data_text(b); });
  data.erase(std::unique(data.begin(), data.end()), data.end());
}

}  // namespace mboxferry::dns
