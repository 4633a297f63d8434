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
  std::optional<std::size_t> local;  ///< where the sender's column has domains alone
  std::optional<std::size_t> kind;
  bool has_header = false;
};

/// An address or a domain, and no word of a header.
bool looks_like_entry(std::string_view field) {
  if (field.find('@') != std::string_view::npos) return true;
  const std::size_t dot = field.find_first_of(".*");
  return dot != std::string_view::npos && dot + 1 < field.size() &&
         field.find(' ') == std::string_view::npos;
}

CsvColumns columns_of(const std::vector<std::string>& fields) {
  CsvColumns columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string word = small_word(fields[i]);
    if (looks_like_entry(fields[i])) return {};
    if (!columns.has_header &&
        is_one_of(word,
                  {"address", "email", "emailaddress", "emailaddr", "mail", "sender", "from",
                   "pattern", "entry", "domain", "value", "senderaddress", "addressordomain"})) {
      columns.sender = i;
      columns.has_header = true;
    } else if (is_one_of(word, {"user", "username", "local", "localpart"})) {
      columns.local = i;
    } else if (is_one_of(word, {"type", "kind", "action", "list", "status", "policy", "rule"})) {
      columns.kind = i;
    }
  }
  if (small_word(columns.has_header ? fields[columns.sender] : "") != "domain") columns.local = {};
  return columns.has_header ? columns : CsvColumns();
}

/// What a first look at all rows finds.
struct CsvShape {
  CsvColumns columns;
  bool has_unknown_header = false;
  std::uint64_t first_line = 0;
  std::size_t width = 0;
};

/// Where no header says which column blocks or allows, its words do.
Result<CsvShape> shape_of(const std::string& path) {
  MBOXFERRY_ASSIGN(auto file, job::CsvFile::open(path));
  CsvShape shape;
  for (bool first = true;; first = false) {
    MBOXFERRY_ASSIGN(const auto row, file.next());
    if (!row) return shape;
    if (!row->problem.empty()) continue;
    shape.width = std::max(shape.width, row->fields.size());
    if (first) {
      shape.first_line = row->line;
      shape.columns = columns_of(row->fields);
      shape.has_unknown_header =
          !shape.columns.has_header && row->fields.size() > 1 &&
          std::none_of(row->fields.begin(), row->fields.end(), looks_like_entry);
      if (shape.columns.kind || shape.has_unknown_header) return shape;
      if (shape.columns.has_header) continue;
    }
    for (std::size_t i = 0; i < row->fields.size() && !shape.columns.kind; ++i)
      if (i != shape.columns.sender && kind_of_field(row->fields[i])) shape.columns.kind = i;
  }
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
  std::string sender(field(columns.sender));
  if (columns.local && !sender.empty() && !field(*columns.local).empty())
    sender = fmt::format("{}@{}", field(*columns.local), sender);
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
  MBOXFERRY_ASSIGN(const CsvShape shape, shape_of(path));
  MBOXFERRY_ASSIGN(auto file, job::CsvFile::open(path));
  if (!shape.has_unknown_header && !shape.columns.kind && shape.width > 1)
    result.refuse(shape.first_line, "",
                  fmt::format("no column says block or allow, so all rows {}; the other columns "
                              "are not read",
                              kind == EntryKind::block ? "block (--as allow: allow)" : "allow"));
  for (bool first = true;; first = false) {
    MBOXFERRY_ASSIGN(const auto row, file.next());
    if (!row) return ok();
    if (first && shape.columns.has_header) continue;
    if (shape.has_unknown_header)
      result.refuse(row->line, joined(row->fields),
                    "is below a header that is not known; write address,action above its columns");
    else
      take_row(*row, shape.columns, kind, result);
  }
}

}  // namespace mboxferry::cli
