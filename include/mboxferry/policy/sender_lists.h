// SPDX-License-Identifier: Apache-2.0
// Lists of senders whose mail is unwanted (block) or always wanted (allow).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::policy {

enum class EntryKind : std::uint8_t { block, allow };
enum class ListScope : std::uint8_t {
  account,  ///< the lists of one account
  global,   ///< those of a whole mail service
};

std::string_view kind_name(EntryKind kind);    ///< "block", "allow"
std::string_view scope_name(ListScope scope);  ///< "account", "global"

/// One list file.
struct ListSource {
  std::string path;
  ListScope scope = ListScope::account;
  EntryKind before_sections = EntryKind::block;  ///< of entries above the first section
};

struct ListOptions {
  bool allow_wide = false;  ///< let entries pass that match more than a public suffix
  /// Find out which entries others cover: more than half of the time that long lists take.
  bool find_covered = true;
};

/// Something to say about a line of a list file.
struct ListRemark {
  std::string file;
  std::uint64_t line = 0;  ///< from 1; 0: about the whole file
  std::string text;
};

/// One entry. The texts are valid as long as the lists are.
struct ListEntry {
  std::string_view text;     ///< as it is written
  std::string_view pattern;  ///< as it is compared: small letters, A-labels, `*` and `?`
  std::string_view file;
  std::uint64_t line = 0;
  EntryKind kind = EntryKind::block;
  ListScope scope = ListScope::account;
  bool authenticated = false;  ///< counts only for senders that are proven
};

struct ListsState;

/// All lists of a job, ready to be asked. Moves; does not change once it is built, so several
/// threads may ask through a SenderJudge each.
class SenderLists {
 public:
  SenderLists();
  SenderLists(SenderLists&&) noexcept;
  SenderLists& operator=(SenderLists&&) noexcept;
  ~SenderLists();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  /// The entry with this number, in the order of the files and their lines.
  [[nodiscard]] ListEntry entry(std::uint32_t number) const;
  /// The first other entry of the same kind and scope that matches all that this one matches, as
  /// far as is known; nothing decides by this one then that would not be decided without it.
  [[nodiscard]] const std::uint32_t* covered_by(std::uint32_t number) const;

 private:
  friend class ListBuilder;
  friend class SenderJudge;

  std::unique_ptr<ListsState> state_;
};

struct LoadedLists {
  SenderLists lists;                 ///< usable only without mistakes
  std::vector<ListRemark> mistakes;  ///< every line that cannot be used, with the reason
  std::vector<ListRemark> warnings;
};

/// Reads list files: an entry per line; sections `[block]`, `[allow]` and `[allow authenticated]`;
/// `#` begins a comment at the beginning of a line or behind a blank. UTF-8, with or without byte
/// order mark, LF or CRLF. docs/senders.md has the rules. Memory per entry is bounded; of each
/// sort of remark about a file the first 1,000 are kept and the others counted.
class ListBuilder {
 public:
  explicit ListBuilder(const ListOptions& options);
  ListBuilder(ListBuilder&&) noexcept;
  ListBuilder& operator=(ListBuilder&&) noexcept;
  ~ListBuilder();

  /// Fails with `configuration` when the file cannot be read, or is too large to be one.
  Result<void> add_file(const ListSource& source);
  void add_text(std::string_view text, const ListSource& source);
  /// Builds the lists; the builder is used up.
  LoadedLists finish();

 private:
  struct Work;

  std::unique_ptr<Work> work_;
};

}  // namespace mboxferry::policy
