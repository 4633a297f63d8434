// SPDX-License-Identifier: Apache-2.0
// The lists of message files of an archive, on disk (docs/decisions/0009-message-files.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/member_walker.h"
#include "archive/side_note.h"
#include "archive/temporary_database.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// One file that holds one message.
struct MessageRecord {
  std::string key;            ///< lists are in byte order of it
  std::string name;           ///< below the folder's directory, or the member's whole name
  std::string stable_name;    ///< what stays when flags change
  std::uint64_t length = 0;   ///< of the message
  std::uint64_t skip = 0;     ///< bytes of the file before the message
  std::uint64_t on_disk = 0;  ///< the file's size when it was listed; 0 for members
  bool compressed = false;    ///< the file; members are unpacked anyway
  bool several = false;       ///< it holds several messages, and is an mbox then; not stored
  /// Not zero: attachments are put back into the message (rebuilt_emlx.h), which is that long in
  /// its file.
  std::uint64_t stored = 0;
  std::uint64_t missing = 0;  ///< bytes that the file says the message has; not stored
  bool has_flags = false;
  std::string info;                      ///< Maildir's letters, keywords as small ones
  std::optional<std::int64_t> modified;  ///< seconds since 1970
  MemberPosition position;               ///< for members
  /// Not zero: a file that has other names; records of one list that agree in both are one message.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string side;            ///< side_key() of its path; empty when no file can lie beside it
  std::string labels;          ///< join_labels(), from a file beside it
  bool date_is_exact = false;  ///< `modified` is from such a file, and as the server had it
  std::string version;         ///< file_version() of its files, joined; empty for members
  std::uint64_t file_inode = 0;  ///< of a Maildir's file, whatever its name; 0: not known
  bool is_link = false;  ///< a member that has other names; those of one position are one message
};

/// A record where it stands in its list.
struct ListedMessage {
  std::uint64_t number = 0;  ///< from 1
  std::uint64_t offset = 0;  ///< the lengths of those before it
  MessageRecord record;
};

/// A message where it stands in its container, whatever its list.
struct ArrangedMessage {
  MemberPosition position;
  std::uint64_t skip = 0;
  std::uint64_t length = 0;
};

/// A file of a list under the name that it was listed with.
struct ListedName {
  std::int64_t row = 0;  ///< 0: it is none of the messages
  std::string name;
  std::uint64_t inode = 0;
};

/// What a file holds, and when its status changed.
struct FileContent {
  std::string digest;
  std::int64_t changed_ns = 0;
};

/// Files beside the mail that are not read, of which is known how many messages they are about.
struct UnreadNotes {
  std::uint64_t files = 0;
  std::uint64_t messages = 0;
};

/// What of the notes about messages is not used.
struct NoteTroubles {
  std::uint64_t unmatched = 0;  ///< listed, of messages that are not there
  std::uint64_t repeated = 0;   ///< messages that are listed more than once
  std::uint64_t cut = 0;        ///< notes of which labels are left out
};

/// In a temporary SQLite database, which uses memory up to a bound and the disk behind it.
/// Thread-safe once it is sealed.
class MessageTable {
 public:
  /// Of a file of a list.
  using Visit = std::function<void(std::int64_t list, const std::string& name)>;
  /// Nothing when it cannot be read.
  using ReadFile = std::function<Result<std::optional<FileContent>>(
      std::int64_t list, const std::string& name, bool compressed)>;

  static Result<std::shared_ptr<MessageTable>> create();

  /// Adds to `list`, in any order; the length must not be 0.
  Result<void> add(std::int64_t list, const MessageRecord& record);
  /// What a file beside the message with this side_key() says; in any order with add().
  Result<void> add_note(const std::string& side, const SideNote& note);
  /// Before it is sealed.
  Result<NoteTroubles> note_troubles();
  /// Once sealed: the messages that a note was about.
  Result<std::uint64_t> noted();
  /// Takes the messages of the member at `position` away; false when there are none.
  Result<bool> remove(MemberPosition position);
  /// Of several names of one file in a list keeps the first; `visit` gets the others.
  Result<void> drop_copies(const Visit& visit);
  /// Of a Maildir's files that hold the same under one unique name keeps the one whose status
  /// changed last; `visit` gets the others. `read` is asked about files of one name whose
  /// messages have one length only; what it tells of a compressed file is its unpacked content.
  Result<void> drop_same_deliveries(const ReadFile& read, const Visit& visit);

  /// Before it is sealed, for a Maildir whose files are renamed while it is listed. Files of the
  /// list, and those of `directory` that are none of its messages, that are called `stable_name`
  /// apart from their flags.
  Result<std::vector<ListedName>> listed(std::int64_t list, const std::string& directory,
                                         const std::string& stable_name);
  /// Remembers a file that is none of the messages; inode 0: it was gone when it was looked at.
  Result<void> note_listed(const std::string& directory, const std::string& stable_name,
                           const ListedName& file);
  /// Gives the message in `row` its new name and flags.
  Result<void> set_name(std::int64_t row, const MessageRecord& named);
  Result<void> remove_row(std::int64_t row);
  /// Of one file that was listed under several names keeps the last.
  Result<void> drop_renamed(std::int64_t list);
  /// Gives `visit` the names of files that were gone and are not known under another name, and
  /// forgets them.
  Result<void> take_lost(std::int64_t list, const std::string& directory,
                         const std::function<void(const std::string& name)>& visit);

  /// Puts all lists in order. Nothing can be added behind it.
  Result<void> seal();

  /// Only when it is sealed, and its messages are members: whether reading one list after the other
  /// would walk through the container much more often than once. If so, the messages of all lists
  /// are arranged in the container's order.
  Result<bool> arrange_if_interleaved();
  /// Up to `limit` of them behind `position`.
  Result<std::vector<ArrangedMessage>> arranged_after(MemberPosition position, std::uint64_t limit);
  /// The lengths of those before the one at `position`.
  Result<std::uint64_t> arranged_offset(MemberPosition position);

  /// Up to `limit` messages from `number` on.
  Result<std::vector<ListedMessage>> page(std::int64_t list, std::uint64_t number,
                                          std::uint64_t limit);
  /// The number of the last message that begins at or before `offset`; 0 in an empty list.
  Result<std::uint64_t> number_at(std::int64_t list, std::uint64_t offset);
  /// How many messages of `list` have one of these flags or keyword letters.
  Result<std::uint64_t> count_with(std::int64_t list, const std::string& letters);
  /// After seal(): whether `list` has a file of this name.
  Result<bool> has(std::int64_t list, std::string_view name);
  /// The sum of the lengths.
  Result<std::uint64_t> size(std::int64_t list);

 private:
  MessageTable() = default;
  Result<double> walks();
  Result<std::uint64_t> number(const char* sql, std::int64_t list, std::uint64_t value);

  std::mutex mutex_;
  bool has_names_index_ = false;
  TemporaryDatabase database_{"the list of message files"};
  Statement insert_;
  Statement insert_note_;
  Statement listed_;
  bool may_have_copies_ = false;
};

}  // namespace mboxferry::archive
