// SPDX-License-Identifier: Apache-2.0
// Creating files where others may have been before.
#include "mboxferry/base/output_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "mboxferry/base/file_access.h"

namespace mboxferry {
namespace {

constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;

Error cannot(const char* step, const std::string& path, const std::string& why) {
  return {ErrorCode::cannot_create, "cannot " + std::string(step) + " " + path + ": " + why,
          "choose a place that can be written, or make this one writable"};
}

std::string random_suffix() {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz012345";
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) return "";
  std::string suffix = ".";
  for (int i = 0; i < 12; ++i, bits >>= 5) suffix += kLetters[bits & 31u];
  return suffix;
}

/// Where others can make files, one may lie ready to be filled.
bool others_could_put(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat status {};
  return ::stat(folder.empty() ? "." : folder.c_str(), &status) != 0 || others_can_write(status);
}

/// A link that leads to no file, or that is the system's own.
bool is_link_to_stream(const std::string& path) {
  struct stat target {};
  const bool leads_elsewhere = ::stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode);
  return leads_elsewhere || is_among_devices(path);
}

/// Gives `file` the owner, group and permissions of the file that it will replace.
Result<void> be_like(const struct stat& old, const FileDescriptor& file, const std::string& path) {
  const uid_t self = ::geteuid();
  if (old.st_uid != self && (self != 0 || others_could_put(path)))
    return cannot("replace", path, "it is another user's");
  mode_t mode = old.st_mode & kPermissions;
  const bool same_owner = ::fchown(file.get(), old.st_uid, old.st_gid) == 0;
  if (!same_owner && old.st_uid != self) return cannot("replace", path, errno_text(errno));
  // The owner may not belong to the file's group any more: no other group gets its rights.
  if (!same_owner) mode &= ~static_cast<mode_t>(S_IRWXG);
  if (::fchmod(file.get(), mode) != 0) return cannot("replace", path, errno_text(errno));
  return ok();
}

}  // namespace

bool is_among_devices(const std::string& path) {
  std::error_code ignored;
  const std::string folder =
      canonical_path(std::filesystem::absolute(path, ignored).parent_path().string());
  return folder == "/dev" || folder.starts_with("/proc/");
}

Result<FileBeside> create_beside(const std::string& path, mode_t mode) {
  struct stat old {};
  MBOXFERRY_TRY(refuse_links_of_others(path));
  const bool there = ::lstat(path.c_str(), &old) == 0;
  if (there && S_ISDIR(old.st_mode)) return cannot("create", path, errno_text(EISDIR));
  const bool file_there = there && S_ISREG(old.st_mode);
  if (there && !file_there && (!S_ISLNK(old.st_mode) || is_link_to_stream(path)))
    return cannot("create", path, "a device, pipe or socket has this name");
  constexpr int kTries = 100;
  for (int tries = 0;; ++tries) {
    FileBeside beside{path + random_suffix(), {}};
    if (beside.name == path) return cannot("create", path, errno_text(errno));
    beside.file = FileDescriptor(::open(beside.name.c_str(),
                                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                        file_there ? S_IRUSR | S_IWUSR : mode));
    if (!beside.file.valid()) {
      if (errno == EEXIST && tries < kTries) continue;
      return cannot("create", path, errno_text(errno));
    }
    if (file_there) {
      if (auto alike = be_like(old, beside.file, path); !alike) {
        ::unlink(beside.name.c_str());
        return alike.error();
      }
    }
    return beside;
  }
}

Result<OutputFile> OutputFile::create(const std::string& path, mode_t mode) {
  MBOXFERRY_ASSIGN(FileBeside beside, create_beside(path, mode));
  return OutputFile(path, std::move(beside));
}

OutputFile::~OutputFile() {
  if (beside_.file.valid()) ::unlink(beside_.name.c_str());
}

Result<void> OutputFile::write(std::string_view bytes) {
  return write_all(beside_.file.get(), bytes, path_);
}

Result<void> OutputFile::commit() {
  if (::fsync(beside_.file.get()) != 0)
    return Error{ErrorCode::io, "cannot write " + path_ + ": " + errno_text(errno),
                 "free space or choose another place, then run the same command again"};
  if (!put_in_place(beside_.name, path_)) return cannot("create", path_, errno_text(errno));
  beside_.file.reset();
  return ok();
}

Result<void> replace_file(const std::string& path, std::string_view bytes, unsigned mode) {
  MBOXFERRY_ASSIGN(OutputFile file, OutputFile::create(path, mode));
  MBOXFERRY_TRY(file.write(bytes));
  return file.commit();
}

namespace {

constexpr std::size_t kMagicBytes = 64;

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view one) { return text.starts_with(one); });
}

/// As every line of a log does: `2026-11-30T11:07:21`.
bool begins_with_time(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  return text.size() > kForm.size() &&
         std::equal(kForm.begin(), kForm.end(), text.begin(), [](char form, char c) {
           return form == 'd' ? c >= '0' && c <= '9' : c == form;
         });
}

}  // namespace

std::string beginning_of(const std::string& path, std::size_t most) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string bytes(most, '\0');
  const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

Result<void> refuse_other_content(const std::string& path,
                                  std::span<const std::string_view> beginnings) {
  const std::string found = beginning_of(path, kMagicBytes);
  if (found.empty() || begins_with_any(found, beginnings)) return ok();
  return Error{ErrorCode::cannot_create, path + " is there and is no such file of mboxferry's",
               "choose another name, or remove it"};
}

Result<FileDescriptor> open_log(const std::string& path) {
  MBOXFERRY_TRY(refuse_links_of_others(path));
  const std::string found = beginning_of(path, kMagicBytes);
  if (!found.empty() && !begins_with_time(found))
    return cannot("append to", path, "it is there and is no log of mboxferry's");
  // Without O_NONBLOCK, opening a pipe would wait for a reader.
  FileDescriptor file(::open(path.c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                             S_IRUSR | S_IWUSR));
  if (!file.valid())
    return cannot("open", path, errno == ELOOP ? "it is a link" : errno_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot("open", path, errno_text(errno));
  if (!S_ISREG(status.st_mode)) return cannot("open", path, "it is no regular file");
  if (status.st_uid != ::geteuid()) return cannot("open", path, "it is another user's");
  if (status.st_nlink != 1) return cannot("open", path, "the file has other names, too");
  return file;
}

}  // namespace mboxferry
