// SPDX-License-Identifier: Apache-2.0
// Finds out what a path is and which folders it holds.
#include "archive/opener.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container_scan.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/folder_list.h"
#include "archive/folder_path.h"
#include "archive/layout_names.h"
#include "archive/message_list.h"
#include "archive/message_record.h"
#include "archive/metadata_notice.h"
#include "archive/standard_input.h"
#include "archive/tree.h"
#include "archive/zip_end.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

Error unreadable_kind(const std::string& path, std::string_view kind, std::string_view remedy) {
  return Error{ErrorCode::not_mail,
               "cannot read " + path + ": it is " + std::string(kind) + ", not an mbox file",
               std::string(remedy.empty() ? "unpack it" : remedy) +
                   ", and name the file or directory that comes out"};
}

// Writers of compressed files leave no file without a byte.
bool is_cut_to_nothing(const OpenFile& file) {
  const std::string_view name = base_name(file.path());
  return file.size() == 0 && without_packing_suffix(name) != name;
}

Error no_mail(const std::string& path) {
  return Error{ErrorCode::not_mail, path + " holds no mbox file",
               "check that this is the file you mean"};
}

Error no_mail_in_container(const std::string& path, bool has_encrypted,
                           const NotReadList& not_read) {
  if (has_encrypted) {
    return Error{ErrorCode::not_mail, path + " is encrypted: nothing in it can be read",
                 "unpack it with its password, and name the file or directory that comes out"};
  }
  Error error = no_mail(path);
  const auto first = not_read.first(NotReadKind::unread);
  if (first) error.what += " that can be read; unread: " + first->place + ": " + first->reason;
  return error;
}

Error no_mail_in_tree(const std::string& path, const NotReadList& not_read) {
  Error error{ErrorCode::not_mail, path + " is a directory that holds no mbox file",
              "name an mbox file, or the directory that holds them"};
  const auto first = not_read.first(NotReadKind::unread);
  if (first) error.what += " that can be read; unread: " + first->place + ": " + first->reason;
  const auto other = first ? std::nullopt : not_read.first(NotReadKind::not_mail);
  if (other && other->name.ends_with(".msf")) {
    error.what += "; " + other->name + " is an index of Thunderbird's, without the mail";
    error.hint =
        "name the folder with the files of the same names without .msf; of an IMAP account "
        "they are there only where it is kept for offline use";
  }
  return error;
}

std::string directory_of(const std::string& path) {
  if (path.find('/') == std::string::npos) return ".";
  const std::string parent = parent_path(path);
  return parent.empty() ? "/" : parent;
}

// The form of a file of one message; none when it holds several. `bytes` may be used up.
Result<std::optional<FolderForm>> form_of(const std::string& path, HeadedStream& bytes) {
  MBOXFERRY_ASSIGN(const std::string_view head, bytes.head());
  const auto form = message_form(base_name(path), head);
  if (form != FolderForm::eml || !has_from_line(head)) return form;
  MBOXFERRY_ASSIGN(const MessageRecord record, read_record(*form, bytes, std::nullopt));
  return record.several ? std::nullopt : form;
}

// What is behind the end of a file that the user named.
void note_unfinished(const std::string& path, NotReadList& not_read) {
  if (!is_unfinished_download(path)) return;
  not_read.add({NotReadKind::unread, to_utf8(base_name(path)), to_utf8(path), 0,
                std::string(kUnfinishedDownload)});
}

// The name of the directory that a file lies in, also for a file in the present one.
std::string directory_name(const std::string& path) {
  std::error_code failed;
  const auto directory = std::filesystem::weakly_canonical(directory_of(path), failed);
  const std::string name = directory.filename().string();
  return failed || name.empty() ? "Messages" : name;
}

}  // namespace

Opener::Kind Opener::kind_of(const std::string& path) const {
  Kind kind;
  auto file = OpenFile::open(path);
  if (!file) return kind;
  const auto unpacked = open_unpacked(std::move(*file), limits_);
  if (!unpacked) return kind;
  const auto head = unpacked->bytes->head();
  if (!head) return kind;
  kind.is_container = container_format(*head).has_value();
  const auto form = form_of(path, *unpacked->bytes);
  if (form) kind.message_form = *form;
  return kind;
}

Result<Archive> Opener::open(const std::string& path) const {
  if (path == "-") return open_standard_input();
  if (path == kStandardInput) return open("./" + path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_open(path, errno);
  if (S_ISDIR(status.st_mode)) return open_tree(path);
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(path));
  return open_file(std::move(file));
}

Result<Archive> Opener::open_tree(const std::string& path) const {
  MBOXFERRY_ASSIGN(auto root, TreeRoot::open(path, options_.follow_links));
  MBOXFERRY_ASSIGN(Tree tree, read_tree(std::move(root), last_segment(path), limits_));
  if (tree.folders.empty()) return no_mail_in_tree(path, *tree.not_read);
  const Folder& first = tree.folders.front();
  const bool is_one_folder = tree.folders.size() == 1 && first.messages && first.file == path;
  Archive archive;
  archive.path_ = path;
  archive.kind_ = ArchiveKind::tree;
  archive.is_tree_ = !is_one_folder;
  archive.folders_ = std::move(tree.folders);
  for (Folder& folder : archive.folders_) folder.unpack_memory = limits_.most_memory;
  MBOXFERRY_ASSIGN(std::string metadata, metadata_notice(*tree.not_read, tree.unread_notes));
  if (!metadata.empty()) archive.notices_.push_back(std::move(metadata));
  if (tree.unexplained_keywords > 0) {
    archive.notices_.push_back(lost_keywords(tree.unexplained_keywords));
  }
  if (tree.noted > 0) archive.notices_.push_back(noted_messages(tree.noted));
  for (std::string& line : note_trouble_lines(tree.note_troubles))
    archive.notices_.push_back(std::move(line));
  archive.not_read_ = std::move(tree.not_read);
  archive.layouts_ = std::move(tree.layouts);
  return archive;
}

Result<Archive> Opener::open_standard_input() const {
  MBOXFERRY_TRY(keep_standard_input());
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(std::string(kStandardInput)));
  MBOXFERRY_ASSIGN(Archive archive, open_file(std::move(file)));
  if (archive.kind_ != ArchiveKind::container) {
    archive.folders_.front().path = {"Standard input"};
  }
  archive.kind_ = ArchiveKind::standard_input;
  return archive;
}

Result<Archive> Opener::open_file(OpenFile file) const {
  const std::string path = file.path();
  if (is_cut_to_nothing(file)) {
    return Error{ErrorCode::not_mail, path + " is empty, which a compressed file never is",
                 "get a good copy"};
  }
  Folder folder;
  folder.file = path;
  folder.bytes_on_disk = file.size();
  folder.unpack_memory = limits_.most_memory;
  MBOXFERRY_ASSIGN(const UnpackedFile unpacked, open_unpacked(std::move(file), limits_));
  MBOXFERRY_ASSIGN(const std::string_view head, unpacked.bytes->head());
  if (container_format(head)) return open_containers({path}, {}, {});
  const std::string_view kind = container_name(head);
  if (!kind.empty()) return unreadable_kind(path, kind, container_remedy(head));
  MBOXFERRY_ASSIGN(const bool is_program, is_zip_behind_program(nullptr, path, head));
  if (is_program) return unreadable_kind(path, kZipBehindProgram, kZipBehindProgramRemedy);
  const bool is_plain_file = !unpacked.compressed && path != kStandardInput;
  if (is_plain_file && !looks_like_mbox(head)) {
    MBOXFERRY_ASSIGN(const bool is_part, is_last_zip_part(nullptr, path));
    if (is_part) return unreadable_kind(path, kLastZipPart, kLastZipPartRemedy);
  }
  MBOXFERRY_ASSIGN(const std::uint64_t zip,
                   is_plain_file ? zip_behind_mail(nullptr, path) : Result<std::uint64_t>(0));
  MBOXFERRY_ASSIGN(const auto form, form_of(path, *unpacked.bytes));
  if (form) return open_messages(*form, {path});
  folder.path = folder_path(last_segment(path), {}, unpacked.compressed);
  Archive archive;
  archive.path_ = path;
  if (!unpacked.converted.empty()) {
    archive.notices_.push_back(path + " is " + std::string(unpacked.converted) +
                               ": its messages are read as UTF-8 mbox text");
  }
  archive.kind_ = unpacked.compressed ? ArchiveKind::compressed_mbox : ArchiveKind::mbox_file;
  archive.folders_.push_back(std::move(folder));
  auto not_read = std::make_shared<NotReadList>();
  note_unfinished(path, *not_read);
  if (zip > 0) {
    not_read->add({NotReadKind::unread, to_utf8(base_name(path)), to_utf8(path), zip,
                   std::string(kZipBehindMail)});
  }
  MBOXFERRY_TRY(not_read->result());
  archive.not_read_ = std::move(not_read);
  return archive;
}

Result<Archive> Opener::open_messages(FolderForm form,
                                      const std::vector<std::string>& paths) const {
  MessageCollector collector;
  auto not_read = std::make_shared<NotReadList>();
  for (const std::string& path : paths) {
    MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(path));
    const std::uint64_t size = file.size();
    const std::int64_t modified = file.modified_ns();
    const std::string version = file_version(modified, file.changed_ns());
    MBOXFERRY_ASSIGN(UnpackedFile unpacked, open_unpacked(std::move(file), limits_));
    MBOXFERRY_ASSIGN(MessageRecord record,
                     read_record(form, *unpacked.bytes,
                                 unpacked.compressed ? std::nullopt : std::optional(size)));
    record.name = record.stable_name = path;
    record.key = natural_order_key(path);
    record.on_disk = size;
    record.compressed = unpacked.compressed;
    record.modified = modified / 1'000'000'000;
    record.version = version;
    if (record.length == 0) return no_mail(path);
    const std::string name(base_name(path));
    const std::string part = unread_part(name, record);
    if (!part.empty()) not_read->add({NotReadKind::unread, to_utf8(name), to_utf8(path), 0, part});
    MBOXFERRY_TRY(collector.add(form, "", record));
  }
  MBOXFERRY_ASSIGN(auto found,
                   collector.finish(nullptr, [](const std::string&, std::string_view) {}));
  Archive archive;
  archive.path_ = paths.front();
  archive.kind_ = ArchiveKind::message_file;
  MBOXFERRY_TRY(not_read->result());
  archive.not_read_ = std::move(not_read);
  Folder folder = std::move(found.front().folder);
  folder.path = directory_path("", directory_name(paths.front()));
  folder.unpack_memory = limits_.most_memory;
  folder.file = paths.size() == 1 ? paths.front() : directory_of(paths.front());
  archive.folders_.push_back(std::move(folder));
  return archive;
}

Result<Archive> Opener::open_containers(const std::vector<std::string>& paths,
                                        std::vector<std::string> notices,
                                        const std::vector<UnreadPart>& missing) const {
  std::vector<FoundFolder> found;
  auto not_read = std::make_shared<NotReadList>();
  for (const UnreadPart& part : missing)
    not_read->add({NotReadKind::unread, to_utf8(last_segment(part.path)), to_utf8(part.path), 0,
                   part.reason});
  bool has_encrypted = false;
  std::uint64_t unexplained_keywords = 0;
  std::uint64_t noted = 0;
  UnreadNotes unread_notes;
  std::vector<std::string> troubles;
  LayoutMarks marks;
  for (const std::string& path : paths) {
    note_unfinished(path, *not_read);
    MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(path));
    MBOXFERRY_ASSIGN(auto contents,
                     scan_container(std::make_shared<const OpenFile>(std::move(file)), limits_,
                                    *not_read, marks));
    std::move(contents.folders.begin(), contents.folders.end(), std::back_inserter(found));
    has_encrypted = has_encrypted || contents.has_encrypted;
    unexplained_keywords += contents.unexplained_keywords;
    noted += contents.noted;
    unread_notes.files += contents.unread_notes.files;
    unread_notes.messages += contents.unread_notes.messages;
    for (std::string& line : note_trouble_lines(contents.note_troubles))
      troubles.push_back(std::move(line));
    if (!contents.notice.empty()) notices.push_back(std::move(contents.notice));
  }
  MBOXFERRY_TRY(not_read->result());
  if (found.empty()) return no_mail_in_container(paths.front(), has_encrypted, *not_read);
  std::string root_name(without_packing_suffix(last_segment(paths.front())));
  apply_layouts(found, root_name, marks);
  strip_wrappers(found, root_name);
  Archive archive;
  archive.path_ = paths.front();
  archive.kind_ = ArchiveKind::container;
  archive.folders_ = name_folders(std::move(found), root_name);
  archive.is_tree_ = archive.folders_.size() > 1;
  MBOXFERRY_ASSIGN(std::string metadata, metadata_notice(*not_read, unread_notes));
  if (!metadata.empty()) notices.push_back(std::move(metadata));
  if (unexplained_keywords > 0) notices.push_back(lost_keywords(unexplained_keywords));
  if (noted > 0) notices.push_back(noted_messages(noted));
  std::move(troubles.begin(), troubles.end(), std::back_inserter(notices));
  archive.not_read_ = std::move(not_read);
  archive.notices_ = std::move(notices);
  archive.layouts_ = marks.names();
  return archive;
}

}  // namespace mboxferry::archive
