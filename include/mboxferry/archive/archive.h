// SPDX-License-Identifier: Apache-2.0
// Files and trees of files as named folders of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/archive/not_read.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"

namespace mboxferry::archive {

enum class ArchiveKind {
  mbox_file,
  compressed_mbox,
  tree,
  container,
  message_file,
  standard_input
};

std::string_view kind_name(ArchiveKind kind);

/// How a folder's bytes hold its messages.
enum class FolderForm : std::uint8_t {
  mbox,     ///< one stream with separators
  maildir,  ///< a file a message, flags in the file names
  eml,      ///< a file a message
  emlx,     ///< a file a message between a length and a property list, as Apple Mail keeps it
};

/// "mbox", "maildir", "eml", "emlx".
std::string_view form_name(FolderForm form);

class Container;
class Opener;
class TreeRoot;
class SharedBytes;
struct MessageList;
struct MboxMarks;

/// The memory that a packed file may ask for, unless the user says otherwise.
inline constexpr std::uint64_t kUnpackMemory = std::uint64_t{128} * 1024 * 1024;

/// One named stream of messages inside an archive. For the forms with a file a message, the stream
/// is the messages one behind the other, in an order that later deliveries do not change.
struct Folder {
  std::vector<std::string> path;  ///< UTF-8 segments, `.sbd` and `.mbox` taken off
  FolderForm form = FolderForm::mbox;
  /// The same for other names in the archive, by links to its file or to a directory above it.
  std::vector<std::vector<std::string>> other_paths;
  std::string file;    ///< the file, or the directory, that holds its bytes
  std::string member;  ///< its name inside the container `file`; empty when that is none
  std::uint64_t bytes_on_disk = 0;  ///< of a member: its unpacked size, if the container tells it
  std::shared_ptr<const TreeRoot> root;         ///< what `file` is below; null when it was named
  std::shared_ptr<Container> container;         ///< null when `file` is none
  std::shared_ptr<const MessageList> messages;  ///< null for the form mbox
  std::shared_ptr<const MboxMarks> marks;  ///< of an mbox, from a file beside it; null for none
  std::uint64_t unpack_memory = kUnpackMemory;  ///< OpenOptions::unpack_memory

  /// Its path as one text, `/` between the segments.
  [[nodiscard]] std::string label() const;
  /// Where its bytes are, for messages and journals: `file`, or `file: member`.
  [[nodiscard]] std::string place() const;
  /// The same inside the archive, UTF-8; empty for a file that the user named.
  [[nodiscard]] std::string inner_place() const;
};

/// `folder` under the first of its names that `admits` takes by its label: what is not wanted under
/// one name may be wanted under another. Nothing when none of them is.
std::optional<Folder> under_admitted_name(const Folder& folder,
                                          const std::function<bool(const std::string&)>& admits);

/// One message of a folder that has a file for each.
struct MessageFile {
  std::uint64_t offset = 0;  ///< in the folder's stream
  std::uint64_t length = 0;
  std::string name;        ///< for messages
  bool has_flags = false;  ///< true: `flags` and `keywords` say all there is to say
  std::string flags;       ///< Maildir's letters: D F P R S T
  std::vector<std::string> keywords;
  std::vector<std::string> labels;  ///< from a file beside it, as Gmail's
  std::optional<Timestamp> date;  ///< when it was delivered, by the file's own date
  bool date_is_exact = false;     ///< the server's own date, from a file beside it
};

/// Walks the files of such a folder in the order of its stream. Constant memory. One thread.
class MessageFiles {
 public:
  MessageFiles() = default;
  MessageFiles(const MessageFiles&) = delete;
  MessageFiles& operator=(const MessageFiles&) = delete;
  virtual ~MessageFiles() = default;

  /// The next file; nothing behind the last.
  virtual Result<std::optional<MessageFile>> next() = 0;
};

/// What tells whether a file is still the one that a journal was made from.
struct Identity {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::array<std::uint8_t, 32> head{};  ///< SHA-256 of the first 64 KiB (or less) of the file
  std::array<std::uint8_t, 32> tail{};  ///< SHA-256 of the last 64 KiB before `size`
  /// When the file's status changed last (ctime), which nobody can set back; 0: not known. Of
  /// folders of a file a message, a number made of when each of the files was written to.
  std::int64_t changed_ns = 0;

  friend bool operator==(const Identity&, const Identity&) = default;
};

enum class Change { none, touched, grown, different };

/// How archives are opened.
struct OpenOptions {
  bool follow_links = false;  ///< also symbolic links that lead out of the archive
  /// Packed files whose headers ask for more memory are not read.
  std::uint64_t unpack_memory = kUnpackMemory;
};

/// What the user hands over: a file, a directory, a container of files, or standard input.
class Archive {
 public:
  /// Finds the folders of `path`; reads no more than the first bytes of each file.
  static Result<Archive> open(const std::string& path, const OpenOptions& options = {});
  /// Opens each of `paths`, where `-` is standard input. The parts of a split download
  /// (`NAME-001.zip`, `NAME-002.zip`) become one archive; naming the first brings in the others.
  static Result<std::vector<Archive>> open_all(const std::vector<std::string>& paths,
                                               const OpenOptions& options = {});

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] ArchiveKind kind() const { return kind_; }
  /// True when it is more than one stream of messages under one name: its folders go below the
  /// mailbox that the user names, and not into it.
  [[nodiscard]] bool is_tree() const { return is_tree_; }
  [[nodiscard]] std::uint64_t bytes_on_disk() const;
  [[nodiscard]] const std::vector<Folder>& folders() const { return folders_; }
  /// The files and members that are not read; shared by copies of the archive.
  [[nodiscard]] const NotReadList& not_read() const { return *not_read_; }
  /// The programs by whose layout directories and names were understood: "Thunderbird profile".
  [[nodiscard]] const std::vector<std::string>& layouts() const { return layouts_; }
  /// What the user should know about how it was found: parts that joined, parts that are missing.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

 private:
  friend class Opener;

  std::string path_;
  ArchiveKind kind_ = ArchiveKind::mbox_file;
  bool is_tree_ = false;
  std::vector<Folder> folders_;
  std::shared_ptr<const NotReadList> not_read_ = std::make_shared<NotReadList>();
  std::vector<std::string> notices_;
  std::vector<std::string> layouts_;
};

/// The files that Archive::open_all() reads for `path`: of a split download all parts that are
/// there, else the path itself.
std::vector<std::string> files_of(const std::string& path);

/// Opens a folder's bytes: a plain file by position, a compressed one as a stream.
Result<std::unique_ptr<ByteSource>> open_folder(const Folder& folder);

/// Readers of one folder that go through it again and again, as for a mailbox after the other. What
/// is packed is unpacked once for all of them, into a temporary file, as long as there is room.
/// Thread-safe.
class SharedFolder {
 public:
  explicit SharedFolder(Folder folder);
  SharedFolder(const SharedFolder&) = delete;
  SharedFolder& operator=(const SharedFolder&) = delete;
  ~SharedFolder();

  /// A reader, like open_folder().
  Result<std::unique_ptr<ByteSource>> open();

 private:
  const Folder folder_;
  std::mutex mutex_;
  std::shared_ptr<SharedBytes> bytes_;
};

/// The files of a folder whose form is not mbox, from the one at `offset` of its stream on.
Result<std::unique_ptr<MessageFiles>> open_messages(const Folder& folder, std::uint64_t offset = 0);

/// Flags and keywords of the message at `offset` of an mbox, from a file beside it. Thread-safe.
Result<std::optional<MessageFile>> marks_at(const Folder& folder, std::uint64_t offset);

/// Reads what identifies the folder's file now.
Result<Identity> identify(const Folder& folder);

/// Compares with an identity taken earlier. `grown`: longer, or a tar archive that was added to;
/// `touched`: same size, and something was written, which may be no more than a flag. Both leave
/// open whether the messages are the same. `different` for what nobody writes to in place, such as
/// other containers, and for what is shorter.
Result<Change> compare(const Folder& folder, const Identity& before);

/// True when nothing was written to the folder's file since. A folder with a file for each message
/// is not asked: those are compared when they are opened.
Result<bool> is_unwritten(const Folder& folder, const Identity& before);

/// A warning text when another program holds the file locked (dot lock, fcntl), else empty.
std::string lock_warning(const Folder& folder);

}  // namespace mboxferry::archive
