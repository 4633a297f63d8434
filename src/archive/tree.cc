// SPDX-License-Identifier: Apache-2.0
// Finds the folders of a directory tree.
#include "archive/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <limits>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/directory_names.h"
#include "archive/emlx.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/folder_list.h"
#include "archive/maildir.h"
#include "archive/message_list.h"
#include "archive/message_record.h"
#include "archive/open_file.h"

namespace mboxferry::archive {
namespace {

class Walk {
 public:
  Walk(std::string root, std::string root_name, const Limits& limits)
      : root_(std::move(root)), root_name_(std::move(root_name)), limits_(limits) {}

  Result<Tree> run();

 private:
  Result<void> visit_directory(const std::string& relative);
  Result<void> visit_subdirectories(const std::string& relative,
                                    const std::vector<std::string>& names);
  Result<void> visit_maildir(const std::string& relative, const std::string& subdirectory);
  Result<void> add_delivery(const std::string& maildir, const std::string& subdirectory,
                            const std::string& name);
  Result<void> look_for_compression(const std::string& relative, MessageRecord& record);
  Result<void> visit_file(const std::string& relative, const struct stat& status);
  Result<void> look_inside(const std::string& relative, const struct stat& status);
  Result<void> add_message(FolderForm form, const std::string& relative, UnpackedFile& file,
                           const struct stat& status);
  Result<void> read_keywords(const std::string& relative);
  void add_mbox(const std::string& relative, std::uint64_t size, bool compressed);
  void leave_out(const std::string& relative, std::string_view reason) {
    left_out_.add(full(relative), reason);
  }
  [[nodiscard]] std::string full(const std::string& relative) const {
    return join_path(root_, relative);
  }

  const std::string root_;
  const std::string root_name_;
  const Limits limits_;
  std::vector<FoundFolder> found_;
  MessageCollector messages_;
  LeftOut left_out_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  std::vector<std::string> waiting_;  // directories, relative to the root
};

Result<void> Walk::visit_directory(const std::string& relative) {
  std::vector<std::string> subdirectories;
  MBOXFERRY_ASSIGN(DirectoryNames names, DirectoryNames::open(full(relative)));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto name, names.next());
    if (!name) break;
    const std::string child = join_path(relative, *name);
    MBOXFERRY_ASSIGN(const auto status, status_of(full(child)));
    if (!status) {
      leave_out(child, "a link that leads nowhere");
    } else if (S_ISREG(status->st_mode)) {
      MBOXFERRY_TRY(visit_file(child, *status));
    } else if (S_ISDIR(status->st_mode)) {
      subdirectories.push_back(*name);
    } else {
      leave_out(child, "no file");
    }
  }
  std::sort(subdirectories.begin(), subdirectories.end());
  return visit_subdirectories(relative, subdirectories);
}

Result<void> Walk::visit_subdirectories(const std::string& relative,
                                        const std::vector<std::string>& names) {
  const auto has = [&](const char* name) {
    return std::binary_search(names.begin(), names.end(), name);
  };
  const bool maildir = has("cur") && has("new");
  for (const std::string& name : names) {
    const std::string child = join_path(relative, name);
    MBOXFERRY_ASSIGN(const auto status, status_of(full(child)));
    if (maildir && (name == "cur" || name == "new" || name == "tmp")) {
      MBOXFERRY_TRY(visit_maildir(relative, name));
    } else if (status && visited_.emplace(status->st_dev, status->st_ino).second) {
      waiting_.push_back(child);
    } else {
      leave_out(child, "a link to a directory that is read already");
    }
  }
  return ok();
}

Result<void> Walk::visit_maildir(const std::string& relative, const std::string& subdirectory) {
  MBOXFERRY_TRY(messages_.add_folder(FolderForm::maildir, relative));
  MBOXFERRY_ASSIGN(DirectoryNames names,
                   DirectoryNames::open(full(join_path(relative, subdirectory))));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto name, names.next());
    if (!name) return ok();
    if (subdirectory == "tmp") {
      leave_out(join_path(relative, subdirectory + '/' + *name), "unfinished delivery");
    } else {
      MBOXFERRY_TRY(add_delivery(relative, subdirectory, *name));
    }
  }
}

Result<void> Walk::add_delivery(const std::string& maildir, const std::string& subdirectory,
                                const std::string& name) {
  const std::string relative = join_path(maildir, subdirectory + '/' + name);
  MBOXFERRY_ASSIGN(const auto status, status_of(full(relative)));
  if (!status || !S_ISREG(status->st_mode)) {
    leave_out(relative, "no file");
  } else if (name.starts_with('.')) {
    leave_out(relative, "hidden file in a Maildir");
  } else if (status->st_size == 0) {
    leave_out(relative, "empty");
  } else {
    MessageRecord record = maildir_record(subdirectory, name);
    record.on_disk = record.length = static_cast<std::uint64_t>(status->st_size);
    record.modified = status->st_mtim.tv_sec;
    if (size_in_maildir_name(name).value_or(record.length) != record.length) {
      MBOXFERRY_TRY(look_for_compression(relative, record));
    }
    if (record.length > 0) return messages_.add(FolderForm::maildir, maildir, record);
    leave_out(relative, "empty");
  }
  return ok();
}

// Dovecot may keep messages compressed under their own names.
Result<void> Walk::look_for_compression(const std::string& relative, MessageRecord& record) {
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(full(relative)));
  auto unpacked = open_unpacked(std::move(file), limits_);
  record.compressed = !unpacked || unpacked->compressed;
  if (!record.compressed) return ok();
  const auto length = unpacked ? unpacked->bytes->skip(std::numeric_limits<std::uint64_t>::max())
                               : Result<std::uint64_t>(unpacked.error());
  if (!length && length.error().code != ErrorCode::not_mail) return length.error();
  // Of a damaged one the length is what was promised, so that reading it tells of the damage.
  record.length = length ? *length : size_in_maildir_name(record.name).value_or(record.length);
  return ok();
}

void Walk::add_mbox(const std::string& relative, std::uint64_t size, bool compressed) {
  FoundFolder one;
  one.relative = relative;
  one.compressed = compressed;
  one.folder.file = full(relative);
  one.folder.bytes_on_disk = size;
  found_.push_back(std::move(one));
}

Result<void> Walk::visit_file(const std::string& relative, const struct stat& status) {
  const std::string_view name = base_name(relative);
  if (name == "dovecot-keywords") MBOXFERRY_TRY(read_keywords(relative));
  if (const auto reason = index_file_reason(name); !reason.empty()) {
    leave_out(relative, reason);
  } else if (status.st_size > 0) {
    return look_inside(relative, status);
  } else if (can_be_mbox(name)) {
    add_mbox(relative, 0, false);
  } else {
    leave_out(relative, "empty");
  }
  return ok();
}

Result<void> Walk::look_inside(const std::string& relative, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  MBOXFERRY_ASSIGN(OpenFile opened, OpenFile::open(full(relative)));
  auto file = open_unpacked(std::move(opened), limits_);
  const auto head = file ? file->bytes->head() : Result<std::string_view>(file.error());
  if (!head) {
    if (head.error().code != ErrorCode::not_mail) return head.error();
    add_mbox(relative, size, true);  // reading it tells where the damage is
    return ok();
  }
  if (const auto form = message_form(base_name(relative), *head)) {
    return add_message(*form, relative, *file, status);
  }
  if (looks_like_mbox(*head) || (file->compressed && head->empty()) ||
      may_be_damaged_mbox(base_name(relative), *head)) {
    add_mbox(relative, size, file->compressed);
  } else if (const auto kind = container_name(*head); !kind.empty()) {
    leave_out(relative, std::string(kind) + ", not unpacked");
  } else {
    leave_out(relative, "does not begin like an mbox file");
  }
  return ok();
}

Result<void> Walk::add_message(FolderForm form, const std::string& relative, UnpackedFile& file,
                               const struct stat& status) {
  const std::string directory =
      form == FolderForm::emlx ? emlx_directory(relative) : parent_path(relative);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  MBOXFERRY_ASSIGN(
      MessageRecord record,
      read_record(form, *file.bytes, file.compressed ? std::nullopt : std::optional(size)));
  record.name = directory.empty() ? relative : relative.substr(directory.size() + 1);
  record.stable_name = record.name;
  record.key = natural_order_key(record.name);
  record.on_disk = size;
  record.compressed = file.compressed;
  record.modified = status.st_mtim.tv_sec;
  if (record.length > 0) return messages_.add(form, directory, record);
  leave_out(relative, "empty");
  return ok();
}

Result<void> Walk::read_keywords(const std::string& relative) {
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(full(relative)));
  std::array<char, 16 * 1024> text{};
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, text));
  messages_.set_keywords(parent_path(relative), parse_dovecot_keywords({text.data(), size}));
  return ok();
}

Result<Tree> Walk::run() {
  struct stat status {};
  if (::stat(root_.c_str(), &status) != 0) return cannot_open(root_, errno);
  visited_.emplace(status.st_dev, status.st_ino);
  waiting_.emplace_back();
  while (!waiting_.empty()) {
    const std::string next = std::move(waiting_.back());
    waiting_.pop_back();
    MBOXFERRY_TRY(visit_directory(next));
  }
  MBOXFERRY_ASSIGN(auto lists, messages_.finish(root_));
  for (FoundFolder& list : lists) list.folder.file = full(list.relative);
  std::move(lists.begin(), lists.end(), std::back_inserter(found_));
  Tree tree;
  tree.folders = name_folders(std::move(found_), root_name_);
  std::sort(tree.folders.begin(), tree.folders.end(),
            [](const Folder& a, const Folder& b) { return a.file < b.file; });
  tree.left_out = left_out_.lines();
  return tree;
}

}  // namespace

Result<Tree> read_tree(const std::string& directory, const std::string& root_name,
                       const Limits& limits) {
  return Walk(directory, root_name, limits).run();
}

}  // namespace mboxferry::archive
