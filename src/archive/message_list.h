// SPDX-License-Identifier: Apache-2.0
// A folder with a file for each message.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/folder_list.h"
#include "archive/mbox_marks.h"
#include "archive/message_table.h"
#include "archive/shared_bytes.h"
#include "archive/side_note.h"
#include "archive/stream_source.h"
#include "archive/tree_root.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// What Folder::messages points to.
struct MessageList {
  std::shared_ptr<MessageTable> table;
  std::int64_t id = 0;
  std::string directory;                 ///< where the files are; unused for members
  std::shared_ptr<const TreeRoot> root;  ///< null: the files are opened by their names alone
  std::shared_ptr<SharedBytes> shared;   ///< of interleaved members: all of them, unpacked once
  std::array<std::string, 26> keywords;  ///< for the letters a to z in Maildir names
  LabelNames label_names;                ///< for labels that are IDs
};

/// Collects message files by their folders.
class MessageCollector {
 public:
  /// A folder with no message is one all the same.
  Result<void> add_folder(FolderForm form, const std::string& directory);
  Result<void> add(FolderForm form, const std::string& directory, const MessageRecord& record);
  /// Takes the message of the member at `position` away again; false when there is none.
  Result<bool> remove(MemberPosition position);

  /// For the Maildir in `directory`, which is being listed: see MessageTable.
  Result<std::vector<ListedName>> listed(const std::string& directory,
                                         const std::string& stable_name);
  Result<void> note_listed(const std::string& directory, const std::string& stable_name,
                           const ListedName& file);
  Result<void> set_name(const std::string& directory, std::int64_t row, const MessageRecord& named);
  Result<void> remove_row(std::int64_t row) { return table_->remove_row(row); }
  Result<void> drop_renamed(const std::string& directory);
  Result<void> take_lost(const std::string& directory,
                         const std::function<void(const std::string& name)>& visit);
  /// How many messages were added.
  [[nodiscard]] std::uint64_t added() const { return added_; }

  void set_keywords(const std::string& directory, std::array<std::string, 26> keywords) {
    keywords_[directory] = std::move(keywords);
  }

  void set_label_names(const std::string& directory, LabelNames names) {
    label_names_[directory] = std::move(names);
  }
  /// What a file beside a message says of it; `side` is the side_key() of both.
  Result<void> add_note(const std::string& side, const SideNote& note);

  /// A file beside the mail is about so many messages, and is not read.
  void count_unread_note(std::uint64_t messages) {
    ++unread_notes_.files;
    unread_notes_.messages += messages;
  }
  [[nodiscard]] UnreadNotes unread_notes() const { return unread_notes_; }

  /// What a file beside an mbox says of its messages; false when it is something else.
  Result<bool> read_marks(const std::string& mbox, InputStream& bytes);
  /// After finish(): gives those among `found` that such a file was about its marks.
  Result<void> attach_marks(std::vector<FoundFolder>& found);

  /// The folders with their lists; `relative` is the directory they were added with, below `root`,
  /// which is null for members. `copy` gets the path below the root, or the member's name, of a
  /// file that is in its folder under another name as well, and why. `container` is what members
  /// are in.
  using CopyVisitor = std::function<void(const std::string& path, std::string_view reason)>;
  Result<std::vector<FoundFolder>> finish(std::shared_ptr<const TreeRoot> root,
                                          const CopyVisitor& copy,
                                          std::shared_ptr<Container> container = nullptr);

  /// After finish(): whether a folder of these files has one of this name.
  [[nodiscard]] Result<bool> has_message(FolderForm form, const std::string& directory,
                                         std::string_view name) const;
  /// After finish(): the messages with a keyword letter that no list of keywords explains.
  [[nodiscard]] std::uint64_t unexplained_keywords() const { return unexplained_; }
  /// After finish(): the messages whose marks and labels were read from files beside them.
  [[nodiscard]] std::uint64_t noted() const { return noted_; }
  /// After finish(): what of such files is not used.
  [[nodiscard]] const NoteTroubles& note_troubles() const { return note_troubles_; }

 private:
  /// 0: it has no message yet.
  [[nodiscard]] std::int64_t maildir_list(const std::string& directory) const;
  void note_letters(std::int64_t list, const std::string& info);
  Result<void> count_unexplained(std::int64_t list, const MessageList& names);
  Result<void> drop_copies(const std::shared_ptr<const TreeRoot>& root, const CopyVisitor& copy);
  using Key = std::pair<FolderForm, std::string>;
  Result<std::int64_t> list_of(FolderForm form, const std::string& directory);

  std::shared_ptr<MessageTable> table_;
  std::shared_ptr<MarkTable> marks_;
  std::map<Key, std::int64_t> lists_;
  std::map<std::string, std::array<std::string, 26>> keywords_;
  std::map<std::int64_t, std::string> letters_;  ///< the keyword letters that occur in a list
  std::map<std::string, LabelNames> label_names_;
  UnreadNotes unread_notes_;
  std::uint64_t added_ = 0;
  std::uint64_t unexplained_ = 0;
  std::uint64_t noted_ = 0;
  NoteTroubles note_troubles_;
};

/// The messages one behind the other, for open_folder().
std::unique_ptr<StreamOpener> message_opener(const Folder& folder);
std::unique_ptr<ByteSource> open_message_bytes(const Folder& folder);

/// For open_messages().
Result<std::unique_ptr<MessageFiles>> open_message_files(const Folder& folder,
                                                         std::uint64_t offset);

/// For identify() and compare(): the size is that of the stream, the head is the SHA-256 of all
/// names and lengths, the tail that of the flags in the names, and `changed_ns` a number made of
/// when each of the files was written to.
Result<Identity> identify_messages(const Folder& folder);
Result<Change> compare_messages(const Folder& folder, const Identity& before);

}  // namespace mboxferry::archive
