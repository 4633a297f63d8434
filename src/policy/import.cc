// SPDX-License-Identifier: Apache-2.0
// What all sources share: checking entries, guessing the format, writing our own form.
#include "mboxferry/policy/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/policy/text_file.h"
#include "policy/entry_text.h"
#include "policy/import_words.h"
#include "policy/list_lines.h"

namespace mboxferry::policy {
namespace {

constexpr std::size_t kMostImportBytes = std::size_t{16} << 20U;

struct FormatName {
  ImportFormat format;
  std::string_view name;
};
constexpr std::array<FormatName, 6> kFormatNames{{{ImportFormat::spamassassin, "spamassassin"},
                                                  {ImportFormat::map, "map"},
                                                  {ImportFormat::postfix, "postfix"},
                                                  {ImportFormat::csv, "csv"},
                                                  {ImportFormat::gmail, "gmail"},
                                                  {ImportFormat::sieve, "sieve"}}};

/// True when a line looks like one of Sieve's, and of nothing else.
bool is_of_sieve(std::string_view line) {
  for (const std::string_view word : {"require", "if", "elsif"}) {
    if (!equals_ignoring_case(line.substr(0, word.size()), word)) continue;
    const std::string_view rest = without_blanks(line.substr(word.size()));
    if (rest.starts_with('[') || (rest.starts_with('"') && rest.ends_with(';'))) return true;
    for (const std::string_view test : {"address", "header", "envelope", "anyof", "allof", "not"})
      if (equals_ignoring_case(rest.substr(0, test.size()), test)) return true;
  }
  return false;
}

/// Entries that are equal have the same.
std::string key_of(const ImportedEntry& entry) {
  return fmt::format("{:d}{:d}{} {}", entry.kind == EntryKind::allow, entry.authenticated,
                     entry.list, entry.pattern);
}

/// A pattern as a line of a list: `#` at its beginning would make it a comment.
std::string written_entry(const std::string& pattern) {
  if (!pattern.starts_with('#')) return pattern;
  const std::size_t at = std::min(find_domain_at(pattern), pattern.size());
  return fmt::format("\"{}\"{}", pattern.substr(0, at), pattern.substr(at));
}

}  // namespace

std::string_view format_name(ImportFormat format) {
  for (const FormatName& row : kFormatNames)
    if (row.format == format) return row.name;
  return "";
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!(line = without_blanks(line)).empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

ImportFormat guess_format(std::string_view text) {
  std::string_view begin = text.substr(0, 1024);
  if (begin.starts_with(kListMark)) begin.remove_prefix(kListMark.size());
  begin = begin.substr(std::min(begin.find_first_not_of(" \t\r\n"), begin.size()));
  if (begin.starts_with("<?xml") || begin.starts_with("<feed")) return ImportFormat::gmail;
  std::size_t of_sieve = 0;
  std::size_t of_spamassassin = 0;
  std::size_t of_postfix = 0;
  std::size_t of_csv = 0;
  std::size_t lines = 0;
  for_lines(text, [&](std::uint64_t, std::string_view raw) {
    const std::string_view line = without_blanks(without_comment(raw));
    if (line.empty()) return;
    ++lines;
    const auto words = words_of(line);
    if (is_of_sieve(line)) ++of_sieve;
    if (is_list_directive(words.front())) ++of_spamassassin;
    if (words.size() > 1 && is_access_action(words[1])) ++of_postfix;
    // Blanks of tables and maps are often tabs.
    if (line.find_first_of(",;") != std::string_view::npos) ++of_csv;
  });
  if (of_spamassassin > 0) return ImportFormat::spamassassin;
  if (of_sieve > 0) return ImportFormat::sieve;
  if (of_postfix * 2 > lines) return ImportFormat::postfix;
  return of_csv * 2 > lines ? ImportFormat::csv : ImportFormat::map;
}

void ImportResult::add(std::uint64_t line, EntryKind kind, std::string_view text,
                       bool authenticated, std::string_view list) {
  ParsedEntry parsed;
  if (std::string problem = parse_entry(text, parsed); !problem.empty())
    return refuse(line, text, std::move(problem));
  if (!widths_) widths_ = std::make_shared<WidthJudge>();
  if (widths_->width_of(parsed.pattern) == EntryWidth::wide)
    return refuse(line, text,
                  "matches more than a public suffix; write it yourself if it is meant");
  entries_.push_back({kind, std::move(parsed.pattern), authenticated, line, list});
  if (has_places_) places_[key_of(entries_.back())].push_back(entries_.size() - 1);
}

void ImportResult::refuse(std::uint64_t line, std::string_view text, std::string reason) {
  constexpr std::size_t kMostText = 200;
  not_imported_.push_back({line, to_utf8(text.substr(0, kMostText)), std::move(reason)});
}

bool ImportResult::remove(std::string_view by, EntryKind kind, std::string_view text,
                          bool authenticated, std::string_view list) {
  ParsedEntry parsed;
  if (!parse_entry(text, parsed).empty()) return false;
  if (!std::exchange(has_places_, true)) {
    for (std::size_t i = 0; i < entries_.size(); ++i) places_[key_of(entries_[i])].push_back(i);
  }
  const auto meant =
      places_.find(key_of({kind, std::move(parsed.pattern), authenticated, 0, list}));
  if (meant == places_.end()) return false;
  for (const std::size_t place : meant->second) {
    refuse(entries_[place].line, entries_[place].pattern, fmt::format("is removed by {}", by));
    removed_.push_back(place);
  }
  places_.erase(meant);
  return true;
}

void ImportResult::settle() {
  std::sort(removed_.begin(), removed_.end());
  std::size_t place = 0;
  std::erase_if(entries_, [&](const ImportedEntry&) {
    return std::binary_search(removed_.begin(), removed_.end(), place++);
  });
  removed_.clear();
  places_.clear();
  has_places_ = false;
}

Result<std::string> read_import(const std::string& path) {
  return read_text_file(path, "list", kMostImportBytes);
}

std::string list_text(const std::vector<ImportedEntry>& entries) {
  std::string text;
  const auto section = [&](std::string_view name, EntryKind kind, bool authenticated) {
    std::string lines;
    std::unordered_set<std::string_view> written;
    for (const ImportedEntry& entry : entries) {
      if (entry.kind != kind || entry.authenticated != authenticated) continue;
      if (written.insert(entry.pattern).second) lines += written_entry(entry.pattern) + '\n';
    }
    if (lines.empty()) return;
    text += fmt::format("{}[{}]\n{}", text.empty() ? "" : "\n", name, lines);
  };
  section("block", EntryKind::block, false);
  section("allow", EntryKind::allow, false);
  section("allow authenticated", EntryKind::allow, true);
  return text;
}

}  // namespace mboxferry::policy
