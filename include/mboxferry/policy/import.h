// SPDX-License-Identifier: Apache-2.0
// Sender lists of other programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::policy {

struct ImportedEntry {
  EntryKind kind = EntryKind::block;
  std::string pattern;         ///< in the form of ListEntry::pattern
  bool authenticated = false;  ///< to count only for senders that are proven
  std::uint64_t line = 0;      ///< of the source, from 1
  /// Which of the source's lists it is in, where entries are taken back from one of them alone.
  std::string_view list = "";
};

/// What a source says and an entry cannot.
struct NotImported {
  std::uint64_t line = 0;
  std::string text;
  std::string reason;
};

class WidthJudge;

/// What became of a source: every line that says something is in one of the two, or in both where
/// only a part of it could be imported.
class ImportResult {
 public:
  /// Takes an address, pattern or domain, or names it with the reason for which it is no entry.
  void add(std::uint64_t line, EntryKind kind, std::string_view text, bool authenticated = false,
           std::string_view list = "");
  void refuse(std::uint64_t line, std::string_view text, std::string reason);
  /// Takes back every equal entry of the list, each named as removed by `by`, a place. False when
  /// there was none. entries() has them until settle().
  bool remove(std::string_view by, EntryKind kind, std::string_view text, bool authenticated,
              std::string_view list);
  void settle();

  [[nodiscard]] const std::vector<ImportedEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<NotImported>& not_imported() const { return not_imported_; }

 private:
  std::vector<ImportedEntry> entries_;
  std::vector<NotImported> not_imported_;
  std::unordered_map<std::string, std::vector<std::size_t>> places_;
  bool has_places_ = false;  ///< since remove() was called
  std::vector<std::size_t> removed_;
  std::shared_ptr<WidthJudge> widths_;
};

enum class ImportFormat : std::uint8_t {
  spamassassin,
  map,      ///< rspamd's maps, and plain lists: a key on each line, maybe a score
  postfix,  ///< access(5)
  csv,
  gmail,  ///< the export of filters, XML
  sieve,
};

/// "spamassassin", "map", "postfix", "csv", "gmail", "sieve".
std::string_view format_name(ImportFormat format);

/// The format that a text looks like; `map` where it looks like no other.
ImportFormat guess_format(std::string_view text);

/// SpamAssassin's configuration, as version 4 with all plugins reads it: `if`, `ifplugin`, `else`;
/// what is in other branches is named. Entries that ask for authentication keep that. All files
/// of a configuration are one: what this one takes back is looked for in `earlier`, too, and named
/// there with `path`.
void import_spamassassin(std::string_view text, const std::string& path,
                         const std::vector<ImportResult*>& earlier, ImportResult& result);
/// Keys become entries of this kind.
void import_map(std::string_view text, EntryKind kind, ImportResult& result);
void import_postfix(std::string_view text, ImportResult& result);
void import_gmail(std::string_view text, ImportResult& result);

/// The bytes of a source. Fails with `configuration` as ListBuilder::add_file() does.
Result<std::string> read_import(const std::string& path);

/// The entries in the form of list files, sections and all; each once.
std::string list_text(const std::vector<ImportedEntry>& entries);

}  // namespace mboxferry::policy
