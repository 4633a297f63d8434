// SPDX-License-Identifier: Apache-2.0
// Finds the columns, and takes row by row.
#include "cli/import_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mboxferry/base/ascii.h"
#include "mboxferry/job/csv.h"

namespace mboxferry::cli {
namespace {

using policy::EntryKind;

std::string small_word(std::string_view text) {
  std::string word;
  for (const char c : text)
    if (is_letter(c)) word += to_lower(c);
  return word;
}

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What a field says about its row.
std::optional<EntryKind> kind_of_field(std::string_view text) {
  const std::string word = small_word(text);
  if (is_one_of(word, {"block", "blocked", "blacklist", "blocklist", "deny", "reject", "spam",
                       "junk", "delete"}))
    return EntryKind::block;
  if (is_one_of(word, {"allow", "allowed", "whitelist", "welcomelist", "allowlist", "safe",
                       "accept", "permit", "ok", "ham", "trusted"}))
    return EntryKind::allow;
  return {};
}

struct CsvColumns {
  std::size_t sender = 0;
  std::optional<std::size_t> kind;
  bool has_header = false;
};

CsvColumns columns_of(const std::vector<std::string>& fields) {
  CsvColumns columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string word = small_word(fields[i]);
    if (fields[i].find_first_of("@.*") != std::string::npos) return {};
    if (!columns.has_header &&
        is_one_of(word, {"address", "email", "emailaddress", "mail", "sender", "from", "pattern",
                         "entry", "domain", "value", "senderaddress", "addressordomain"})) {
      columns.sender = i;
      columns.has_header = true;
    } else if (is_one_of(word, {"type", "kind", "action", "list", "status", "policy", "rule"})) {
      columns.kind = i;
    }
  }
  return columns.has_header ? columns : CsvColumns();
}

std::string joined(const std::vector<std::string>& fields) {
  return fmt::format("{}", fmt::join(fields, ","));
}

void take_row(const job::CsvRow& row, const CsvColumns& columns, EntryKind kind,
              policy::ImportResult& result) {
  if (!row.problem.empty()) return result.refuse(row.line, "", row.problem);
  const auto field = [&](std::size_t i) {
    std::string_view text = i < row.fields.size() ? std::string_view(row.fields[i]) : "";
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  };
  const std::string_view sender = field(columns.sender);
  if (sender.empty()) {
    if (row.fields.size() > 1) result.refuse(row.line, joined(row.fields), "names no sender");
    return;
  }
  if (columns.kind && !field(*columns.kind).empty()) {
    const auto said = kind_of_field(field(*columns.kind));
    if (!said)
      return result.refuse(row.line, joined(row.fields),
                           fmt::format("'{}' is neither block nor allow", field(*columns.kind)));
    kind = *said;
  }
  result.add(row.line, kind, sender);
}

}  // namespace

Result<void> import_csv(const std::string& path, EntryKind kind, policy::ImportResult& result) {
  MBOXFERRY_ASSIGN(auto file, job::CsvFile::open(path));
  CsvColumns columns;
  for (bool first = true;; first = false) {
    MBOXFERRY_ASSIGN(const auto row, file.next());
    if (!row) return ok();
    if (first && row->problem.empty()) {
      columns = columns_of(row->fields);
      if (columns.has_header) continue;
    }
    take_row(*row, columns, kind, result);
  }
}

}  // namespace mboxferry::cli
