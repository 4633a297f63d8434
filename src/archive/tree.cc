// SPDX-License-Identifier: Apache-2.0
// Finds the folders of a directory tree.
#include "archive/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/directory_names.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/folder_list.h"
#include "archive/layout_names.h"
#include "archive/mail_file.h"
#include "archive/mail_store.h"
#include "archive/maildir.h"
#include "archive/maildir_listing.h"
#include "archive/message_list.h"
#include "archive/message_record.h"
#include "archive/name_budget.h"
#include "archive/not_read_rules.h"
#include "archive/open_file.h"
#include "archive/rebuilt_emlx.h"
#include "archive/second_look.h"
#include "archive/side_files.h"
#include "archive/zip_end.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

class Walk {
 public:
  Walk(std::shared_ptr<const TreeRoot> root, std::string root_name, const Limits& limits)
      : root_(std::move(root)),
        root_name_(std::move(root_name)),
        limits_(limits),
        names_(limits.most_name_bytes) {}

  Result<Tree> run();

 private:
  Result<void> visit_directory(const std::string& relative);
  Result<void> visit_maildir(const std::string& relative);
  Result<void> list_maildir(const std::vector<std::string>& parts);
  [[nodiscard]] bool was_renamed(const std::string& relative, const Error& error) const;
  Result<void> visit_child(const std::string& relative, const std::string& name,
                           std::vector<std::string>& subdirectories);
  std::optional<struct stat> status_of(const std::string& relative);
  std::optional<struct stat> follow_link(const std::string& relative);
  std::optional<DirectoryNames> open_directory(const std::string& relative);
  std::optional<std::string> next_name(DirectoryNames& names, const std::string& directory);
  Result<void> visit_subdirectories(const std::string& relative,
                                    const std::vector<std::string>& names);
  Result<void> visit_maildir_file(const std::string& relative, const struct stat& status);
  Result<void> add_delivery(const MailFile& file, const std::string& relative,
                            const struct stat& status);
  Result<void> visit_file(const std::string& relative, const struct stat& status);
  Result<void> visit_index_file(const std::string& relative, std::string_view reason,
                                const struct stat& status);
  Result<std::string> read_first(const std::string& relative);
  Result<bool> holds_several(const std::string& relative);
  Result<void> look_inside(const std::string& relative, const struct stat& status);
  Result<void> add_message(const MailFile& mail, const std::string& relative, UnpackedFile& file,
                           const struct stat& status);
  Result<std::string> put_attachments_back(const std::string& relative, MessageRecord& record);
  Result<void> leave_other(const std::string& relative, std::string_view head, std::uint64_t size,
                           bool unpacked);
  Result<void> look_beside(const std::string& relative, InputStream& bytes, std::string_view head,
                           std::uint64_t size);
  Result<void> look_further(const std::string& relative, UnpackedFile& file, std::string_view head,
                            const struct stat& status);
  Result<void> read_list(const std::string& relative);
  void add_mbox(const std::string& relative, const struct stat& status, bool compressed);
  void drop_copies();
  void note_inner_link(const std::string& relative, const TreeRoot::Target& target);
  void add_other_names();
  void note_file(FolderForm form, MessageRecord& record, const struct stat& status) const;
  [[nodiscard]] bool may_have_other_names(const struct stat& status) const {
    return status.st_nlink > 1 || root_->follows_links();
  }
  void leave_out(const std::string& relative, std::string_view reason, std::uint64_t bytes = 0) {
    tell(NotReadKind::not_mail, relative, reason, bytes);
  }
  void leave_unread(const std::string& relative, std::string_view reason, std::uint64_t bytes = 0) {
    tell(NotReadKind::unread, relative, reason, bytes);
  }
  void tell(NotReadKind kind, const std::string& relative, std::string_view reason,
            std::uint64_t bytes) {
    not_read_->add({kind, to_utf8(relative), to_utf8(full(relative)), bytes, std::string(reason)});
  }
  [[nodiscard]] std::string full(const std::string& relative) const {
    return root_->full(relative);
  }

  const std::shared_ptr<const TreeRoot> root_;
  const std::string root_name_;
  const Limits limits_;
  std::vector<FoundFolder> found_;
  MessageCollector messages_;
  MaildirParts parts_;
  LayoutMarks marks_;
  std::shared_ptr<NotReadList> not_read_ = std::make_shared<NotReadList>();
  std::set<std::pair<dev_t, ino_t>> visited_;
  MaildirListing* listing_ = nullptr;  // while a Maildir's parts are visited
  bool renamed_ = false;               // the name that was looked at there is gone
  std::vector<std::string> waiting_;  // directories, relative to the root
  std::vector<std::string> outside_;  // directories that links lead to; after all the others
  NameBudget names_;                  // of links, and of folders by them
  std::vector<InnerLink> links_;
};

// Nothing: it was listed.
std::optional<struct stat> Walk::status_of(const std::string& relative) {
  struct stat status {};
  if (!root_->status(relative, status)) {
    renamed_ = errno == ENOENT && listing_ != nullptr;  // or removed: it is looked for
    if (!renamed_) leave_unread(relative, not_opened(errno));
    return std::nullopt;
  }
  return S_ISLNK(status.st_mode) ? follow_link(relative) : std::optional(status);
}

std::optional<struct stat> Walk::follow_link(const std::string& relative) {
  const TreeRoot::Target target = root_->follow(relative);
  const std::string leads_to = to_utf8(target.path);
  switch (target.place) {
    case TreeRoot::Target::Place::inside:
      note_inner_link(relative, target);
      return std::nullopt;
    case TreeRoot::Target::Place::nowhere:
      if (is_lock_link(base_name(relative))) {
        leave_out(relative, "lock of a mail program");
      } else {
        leave_unread(relative, "a link that leads nowhere: " + leads_to);
      }
      return std::nullopt;
    case TreeRoot::Target::Place::outside:
      break;
  }
  if (root_->follows_links()) return target.status;
  leave_unread(relative, "a link that leads out of the archive: " + leads_to);
  return std::nullopt;
}

void Walk::note_inner_link(const std::string& relative, const TreeRoot::Target& target) {
  const std::string leads_to = to_utf8(target.path);
  // A message keeps one name; a link to it is none of a folder.
  const bool may_name_folder =
      S_ISDIR(target.status.st_mode) ||
      (maildir_place(target.path) == MaildirPlace::none && message_place(target.path) == nullptr);
  if (may_name_folder && !names_.affords(relative, target.path.size()))
    return leave_unread(relative, kTooManyNames);
  leave_out(relative, "a link to " + leads_to + ", which is read under its own name");
  if (may_name_folder) links_.push_back({relative, target.path});
}

// Under which of its names a folder is wanted is known later.
void Walk::add_other_names() {
  const auto left_out = add_linked_names(found_, links_, names_);
  if (left_out) leave_unread(left_out->path, kTooManyNames);
}

std::optional<DirectoryNames> Walk::open_directory(const std::string& relative) {
  FileDescriptor directory = root_->open_directory(relative);
  if (directory.valid()) {
    auto names = DirectoryNames::open(std::move(directory), full(relative));
    if (names) return std::move(*names);
  }
  leave_unread(relative, not_opened(errno));
  return std::nullopt;
}

std::optional<std::string> Walk::next_name(DirectoryNames& names, const std::string& directory) {
  auto name = names.next();
  if (name) return std::move(*name);
  leave_unread(directory, "is read in part: " + errno_text(errno));
  return std::nullopt;
}

Result<void> Walk::visit_directory(const std::string& relative) {
  std::vector<std::string> subdirectories;
  auto names = open_directory(relative);
  if (!names) return ok();
  while (const auto name = next_name(*names, relative)) {
    if (listing_ != nullptr) listing_->see(*name);
    MBOXFERRY_TRY(visit_child(join_path(relative, *name), *name, subdirectories));
  }
  std::sort(subdirectories.begin(), subdirectories.end());
  return visit_subdirectories(relative, subdirectories);
}

Result<void> Walk::visit_child(const std::string& relative, const std::string& name,
                               std::vector<std::string>& subdirectories) {
  const auto status = status_of(relative);
  if (!status) return std::exchange(renamed_, false) ? listing_->note_gone(relative) : ok();
  if (S_ISDIR(status->st_mode)) {
    subdirectories.push_back(name);
    return ok();
  }
  if (!S_ISREG(status->st_mode)) {
    tell(kind_of_no_file(name), relative, "no file", 0);
    return ok();
  }
  const std::uint64_t added = messages_.added();
  const auto visited = visit_file(relative, *status);
  if (!visited && !is_trouble_of_one_file(visited.error())) return visited;
  if (!visited) {
    if (was_renamed(relative, visited.error())) return listing_->note_gone(relative);
    leave_unread(relative, trouble_text(visited.error(), full(relative)),
                 static_cast<std::uint64_t>(status->st_size));
  }
  const bool left_out = listing_ != nullptr && messages_.added() == added && as_delivery(relative);
  return left_out ? listing_->note_left_out(relative, status->st_ino) : ok();
}

bool Walk::was_renamed(const std::string& relative, const Error& error) const {
  return listing_ != nullptr && trouble_text(error, full(relative)) == not_opened(ENOENT);
}

// `new` and `cur` together, as a message that is moved between them is one all the same.
Result<void> Walk::visit_maildir(const std::string& relative) {
  std::vector<std::string> parts{relative};
  const std::string maildir = parent_path(relative);
  const std::string other = join_path(maildir, base_name(relative) == "new" ? "cur" : "new");
  for (std::size_t i = waiting_.size(); i > 0 && parent_path(waiting_[i - 1]) == maildir; --i) {
    if (waiting_[i - 1] != other) continue;
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    parts.push_back(other);
    break;
  }
  MaildirListing listing(*root_, messages_, maildir, parts);
  listing_ = &listing;
  const auto listed = list_maildir(parts);
  listing_ = nullptr;
  return listed;
}

Result<void> Walk::list_maildir(const std::vector<std::string>& parts) {
  listing_->begin();
  for (const std::string& part : parts) MBOXFERRY_TRY(visit_directory(part));
  std::vector<std::string> ignored;
  const auto visit = [&](const std::string& relative) {
    return visit_child(relative, std::string(base_name(relative)), ignored);
  };
  return listing_->finish(visit, [this](const std::string& relative) {
    leave_unread(relative, "was moved or removed while its folder was listed, and is not found");
  });
}

Result<void> Walk::visit_subdirectories(const std::string& relative,
                                        const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string child = join_path(relative, name);
    struct stat status {};
    parts_.see_directory(child);
    if (!root_->status(child, status)) {
      leave_unread(child, not_opened(errno));
    } else if (S_ISLNK(status.st_mode)) {
      outside_.push_back(child);
    } else if (visited_.emplace(status.st_dev, status.st_ino).second) {
      waiting_.push_back(child);
    }
  }
  return ok();
}

// A file in a directory called cur, new or tmp.
Result<void> Walk::visit_maildir_file(const std::string& relative, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string_view name = base_name(relative);
  if (name.starts_with('.')) {
    leave_out(relative, "hidden file in a Maildir", size);
  } else if (maildir_place(relative) == MaildirPlace::unfinished && is_maildir_name(name)) {
    MBOXFERRY_ASSIGN(const std::string head, read_first(relative));
    if (!is_unfinished_delivery(name, head)) return look_inside(relative, status);
    leave_out(relative, "unfinished delivery", size);
  } else if (const auto delivery = as_delivery(relative)) {
    MBOXFERRY_ASSIGN(const bool several, holds_several(relative));
    if (!several) return add_delivery(*delivery, relative, status);
    add_mbox(relative, status, false);
  } else if (size > 0) {
    return look_inside(relative, status);
  } else {
    leave_out(relative, "empty");
  }
  return ok();
}

// A directory called "new" or "cur" may hold mbox files that are called "2015.01".
Result<bool> Walk::holds_several(const std::string& relative) {
  if (is_certain_maildir_name(base_name(relative))) return false;
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(root_, full(relative)));
  MBOXFERRY_ASSIGN(UnpackedFile unpacked, open_unpacked(std::move(file), limits_));
  MBOXFERRY_ASSIGN(const std::string_view head, unpacked.bytes->head());
  if (!has_from_line(head)) return false;
  MBOXFERRY_ASSIGN(const MessageRecord record,
                   read_record(FolderForm::eml, *unpacked.bytes, std::nullopt));
  return record.several;
}

Result<void> Walk::add_delivery(const MailFile& file, const std::string& relative,
                                const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string_view name = base_name(relative);
  const std::uint64_t named_size = size_in_maildir_name(name).value_or(0);
  if (size == 0 && named_size > 0) {
    leave_unread(relative, shorter_than_named(named_size), named_size);
  } else if (size == 0) {
    leave_out(relative, "empty");
  } else if (!root_->is_readable(relative, status)) {
    if (errno == ENOENT) return cannot_open(full(relative), ENOENT);
    leave_unread(relative, not_opened(errno), size);
  } else {
    MessageRecord record = maildir_record(base_name(parent_path(relative)), name);
    note_file(FolderForm::maildir, record, status);
    record.file_inode = status.st_ino;
    record.length = size;
    // Dovecot's zlib and mail_crypt keep the name, and not every name has a size.
    if (const auto named = size_in_maildir_name(name); named != record.length) {
      MBOXFERRY_ASSIGN(OpenFile opened, OpenFile::open(root_, full(relative)));
      MBOXFERRY_TRY(look_for_compression(std::move(opened), limits_, named.has_value(), record));
    }
    if (record.length < named_size)
      leave_unread(relative, shorter_than_named(named_size), named_size - record.length);
    if (record.length > 0) return messages_.add(FolderForm::maildir, file.directory, record);
    leave_out(relative, "empty");
  }
  return ok();
}

void Walk::note_file(FolderForm form, MessageRecord& record, const struct stat& status) const {
  record.on_disk = static_cast<std::uint64_t>(status.st_size);
  record.modified = status.st_mtim.tv_sec;
  // Flags are set by renaming, which changes the status.
  const std::int64_t changed = form == FolderForm::maildir ? 0 : status_change_time(status);
  record.version = file_version(modification_time(status), changed);
  if (!may_have_other_names(status)) return;
  record.device = status.st_dev;
  record.inode = status.st_ino;
}

void Walk::add_mbox(const std::string& relative, const struct stat& status, bool compressed) {
  if (is_unfinished_download(full(relative))) leave_unread(relative, kUnfinishedDownload);
  FoundFolder one;
  one.relative = relative;
  one.compressed = compressed;
  if (may_have_other_names(status)) {
    one.device = status.st_dev;
    one.inode = status.st_ino;
  }
  one.folder.file = full(relative);
  one.folder.root = root_;
  one.folder.bytes_on_disk = static_cast<std::uint64_t>(status.st_size);
  found_.push_back(std::move(one));
}

// Of several names of one file the first in byte order is its folder.
void Walk::drop_copies() {
  std::sort(found_.begin(), found_.end(),
            [](const FoundFolder& a, const FoundFolder& b) { return a.relative < b.relative; });
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> first;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    FoundFolder& one = found_[i];
    if (one.device == 0 && one.inode == 0) continue;
    const auto [known, added] = first.try_emplace({one.device, one.inode}, i);
    if (added) continue;
    const FoundFolder& folder = found_[known->second];
    leave_out(one.relative, "the same file as " + to_utf8(folder.relative),
              one.folder.bytes_on_disk);
    one = other_name(folder, std::move(one.relative));
  }
}

Result<void> Walk::visit_file(const std::string& relative, const struct stat& status) {
  const std::string_view name = base_name(relative);
  const bool is_in_maildir = maildir_place(relative) != MaildirPlace::none;
  if (!is_in_maildir) marks_.see(relative);
  if (name == "dovecot-keywords" || name == "descmap.pce") MBOXFERRY_TRY(read_list(relative));
  if (const auto reason = index_file_reason(name); !reason.empty()) {
    return visit_index_file(relative, reason, status);
  } else if (is_apple_attachment(relative)) {
    leave_out(relative, kAppleAttachment, static_cast<std::uint64_t>(status.st_size));
  } else if (is_outlook_mac_attachment(relative)) {
    leave_out(relative, kOutlookMacAttachment, static_cast<std::uint64_t>(status.st_size));
  } else if (const auto message = outlook_mac_message(relative); !message.empty()) {
    leave_unread(relative, message, static_cast<std::uint64_t>(status.st_size));
  } else if (is_in_maildir) {
    return visit_maildir_file(relative, status);
  } else if (status.st_size > 0) {
    return look_inside(relative, status);
  } else if (const auto metadata = metadata_reason_of_empty(name); !metadata.empty()) {
    leave_out(relative, metadata);
  } else if (without_packing_suffix(name) != name) {
    leave_unread(relative, "is empty, which a compressed file never is");
  } else if (can_be_empty_mbox(name) && !root_->is_readable(relative, status)) {
    // It would be opened for what it may hold later.
    leave_unread(relative, not_opened(errno));
  } else if (can_be_empty_mbox(name)) {
    add_mbox(relative, status, false);
  } else {
    leave_out(relative, "empty");
  }
  return ok();
}

Result<void> Walk::visit_index_file(const std::string& relative, std::string_view reason,
                                    const struct stat& status) {
  const std::string_view name = base_name(relative);
  if (status.st_size > 0 && !is_left_over_name(name) && root_->is_readable(relative, status)) {
    MBOXFERRY_ASSIGN(const std::string head, read_first(relative));
    if (is_mail_called_like_an_index(name, head)) return look_inside(relative, status);
  }
  leave_out(relative, reason, static_cast<std::uint64_t>(status.st_size));
  return ok();
}

Result<std::string> Walk::read_first(const std::string& relative) {
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root_, full(relative)));
  return read_head(file);
}

Result<void> Walk::look_inside(const std::string& relative, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  MBOXFERRY_ASSIGN(OpenFile opened, OpenFile::open(root_, full(relative)));
  auto file = open_unpacked(std::move(opened), limits_);
  const auto head = file ? file->bytes->head() : Result<std::string_view>(file.error());
  if (!head) {
    if (head.error().code != ErrorCode::not_mail) return head.error();
    add_mbox(relative, status, true);  // reading it tells where the damage is
    return ok();
  }
  if (const auto mail = as_mail_file(relative, *head)) {
    return add_message(*mail, relative, *file, status);
  }
  const bool nothing_tells = file->compressed && (head->empty() || file->bytes->head_is_cut());
  if (looks_like_mbox(*head) || nothing_tells || may_be_damaged_mbox(base_name(relative), *head)) {
    add_mbox(relative, status, file->compressed);
    if (file->compressed) return ok();
    MBOXFERRY_ASSIGN(const std::uint64_t zip, zip_behind_mail(root_, full(relative)));
    if (zip > 0) leave_unread(relative, kZipBehindMail, zip);
  } else if (is_side_file_name(base_name(relative))) {
    return look_beside(relative, *file->bytes, *head, size);
  } else {
    return look_further(relative, *file, *head, status);
  }
  return ok();
}

// A file whose first bytes are nothing that is known.
Result<void> Walk::look_further(const std::string& relative, UnpackedFile& file,
                                std::string_view head, const struct stat& status) {
  const std::string kept_head(head);  // reading ends the view
  const bool may = may_hold_mail_later(base_name(relative), kept_head);
  MBOXFERRY_ASSIGN(const bool holds, may ? holds_mail_later(*file.bytes) : Result<bool>(false));
  if (!holds)
    return leave_other(relative, kept_head, static_cast<std::uint64_t>(status.st_size),
                       file.compressed);
  add_mbox(relative, status, file.compressed);
  return ok();
}

Result<void> Walk::leave_other(const std::string& relative, std::string_view head,
                               std::uint64_t size, bool unpacked) {
  const std::string_view name = base_name(relative);
  if (const auto store = mail_store(name, head); !store.empty()) {
    leave_unread(relative, store, size);
  } else if (const auto reason = metadata_reason(name); !reason.empty()) {
    leave_out(relative, reason, size);
  } else if (const auto names = unread_label_names(name, head); !names.empty()) {
    leave_out(relative, names, size);
  } else if (const auto kind = container_name(head); !kind.empty()) {
    tell(kind_of_packed(name, head), relative, not_unpacked(head), size);
  } else {
    MBOXFERRY_ASSIGN(const bool packed, is_zip_behind_program(root_, full(relative), head));
    MBOXFERRY_ASSIGN(const bool is_part, ends_with_ignoring_case(name, ".zip")
                                             ? is_last_zip_part(root_, full(relative))
                                             : Result<bool>(false));
    const std::string_view plain = unpacked ? without_packing_suffix(name) : name;
    tell(packed || is_part ? NotReadKind::unread : kind_of_unknown(plain, head), relative,
         packed    ? not_read_because(kZipBehindProgram, kZipBehindProgramRemedy)
         : is_part ? not_read_because(kLastZipPart, kLastZipPartRemedy)
                   : std::string(reason_of_unknown(plain)),
         size);
  }
  return ok();
}

// A file that may say something about messages beside it.
Result<void> Walk::look_beside(const std::string& relative, InputStream& bytes,
                               std::string_view head, std::uint64_t size) {
  const std::string kept_head(head);  // reading ends the view
  const auto read = read_side_file(relative, bytes, messages_);
  if (!read && !is_trouble_of_one_file(read.error())) return read.error();
  if (read && !read->empty()) {
    leave_out(relative, *read, size);
  } else {
    return leave_other(relative, kept_head, size, false);
  }
  return ok();
}

Result<void> Walk::add_message(const MailFile& mail, const std::string& relative,
                               UnpackedFile& file, const struct stat& status) {
  const std::string& directory = mail.directory;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  MBOXFERRY_ASSIGN(
      MessageRecord record,
      read_record(mail.form, *file.bytes, file.compressed ? std::nullopt : std::optional(size)));
  if (record.several) {
    add_mbox(relative, status, file.compressed);
    return ok();
  }
  record.name = directory.empty() ? relative : relative.substr(directory.size() + 1);
  record.stable_name = record.name;
  record.key = natural_order_key(record.name);
  if (mail.form == FolderForm::maildir) {
    MessageRecord named = maildir_record(base_name(parent_path(relative)), base_name(relative));
    named.length = record.length;
    record = std::move(named);
    record.file_inode = status.st_ino;
  }
  record.compressed = file.compressed;
  if (mail.form == FolderForm::eml) record.side = side_key(relative);
  note_file(mail.form, record, status);
  if (record.length == 0) {
    leave_out(relative, "empty");
    return ok();
  }
  std::string part = unread_part(base_name(relative), record);
  if (part == kPartialReason && !file.compressed) {
    MBOXFERRY_ASSIGN(part, put_attachments_back(relative, record));
  }
  if (!part.empty()) leave_unread(relative, part);
  if (mail.layout) marks_.note_folder(directory, *mail.layout);
  return messages_.add(mail.form, directory, record);
}

// Why some of them are not, if so.
Result<std::string> Walk::put_attachments_back(const std::string& relative, MessageRecord& record) {
  MBOXFERRY_ASSIGN(const RebuiltEmlx rebuilt, find_attachments(root_, relative, record));
  if (!rebuilt.restored.empty()) {
    record.stored = record.length;
    record.length = rebuilt.length;
    record.version += rebuilt.version;
  }
  return rebuilt.unread;
}

// A small file that says something about others.
Result<void> Walk::read_list(const std::string& relative) {
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root_, full(relative)));
  std::array<char, 16 * 1024> bytes{};
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, bytes));
  const std::string_view text(bytes.data(), size);
  if (base_name(relative) == "descmap.pce") {
    marks_.set_descriptions(parent_path(relative), text);
  } else {
    messages_.set_keywords(parent_path(relative), parse_dovecot_keywords(text));
  }
  return ok();
}

Result<Tree> Walk::run() {
  struct stat status {};
  if (!root_->status(".", status)) return cannot_open(root_->path(), errno);
  visited_.emplace(status.st_dev, status.st_ino);
  waiting_.emplace_back();
  while (!waiting_.empty() || !outside_.empty()) {
    const bool inside = !waiting_.empty();
    std::vector<std::string>& directories = inside ? waiting_ : outside_;
    const std::string next = std::move(directories.back());
    directories.pop_back();
    const TreeRoot::Target target = inside ? TreeRoot::Target{} : root_->follow(next);
    if (!inside && !visited_.emplace(target.status.st_dev, target.status.st_ino).second) {
      leave_out(next, "a link to a directory that is read already");
    } else {
      const bool is_part = maildir_place(next + "/.") == MaildirPlace::delivered;
      MBOXFERRY_TRY(is_part ? visit_maildir(next) : visit_directory(next));
    }
  }
  drop_copies();
  const auto copy = [this](const std::string& relative, std::string_view reason) {
    leave_out(relative, reason);
  };
  MBOXFERRY_TRY(parts_.each([this](const std::string& directory) {
    return messages_.add_folder(FolderForm::maildir, directory);
  }));
  MBOXFERRY_ASSIGN(auto lists, messages_.finish(root_, copy));
  MBOXFERRY_TRY(messages_.attach_marks(found_));
  for (FoundFolder& list : lists) {
    list.folder.file = full(list.relative);
    list.folder.root = root_;
  }
  std::move(lists.begin(), lists.end(), std::back_inserter(found_));
  add_other_names();
  MBOXFERRY_TRY(not_read_->result());
  if (marks_.has(Layout::readpst_separate))
    MBOXFERRY_TRY(list_taken_out(*not_read_, messages_, ""));
  Tree tree;
  std::string root_name = root_name_;
  apply_layouts(found_, root_name, marks_);
  strip_wrappers(found_, root_name);
  tree.layouts = marks_.names();
  tree.folders = name_folders(std::move(found_), root_name);
  std::sort(tree.folders.begin(), tree.folders.end(),
            [](const Folder& a, const Folder& b) { return a.file < b.file; });
  tree.not_read = not_read_;
  tree.unexplained_keywords = messages_.unexplained_keywords();
  tree.noted = messages_.noted();
  tree.note_troubles = messages_.note_troubles();
  tree.unread_notes = messages_.unread_notes();
  return tree;
}

}  // namespace

Result<Tree> read_tree(std::shared_ptr<const TreeRoot> root, const std::string& root_name,
                       const Limits& limits) {
  return Walk(std::move(root), root_name, limits).run();
}

}  // namespace mboxferry::archive
