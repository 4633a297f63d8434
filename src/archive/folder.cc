// SPDX-License-Identifier: Apache-2.0
// One folder's file: its bytes, its identity, its locks.
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container.h"
#include "archive/file_kind.h"
#include "archive/message_list.h"
#include "archive/open_file.h"
#include "archive/plain_source.h"
#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kSample = 64 * 1024;

Result<std::array<std::uint8_t, 32>> hash_range(const OpenFile& file, std::uint64_t begin,
                                                std::uint64_t end) {
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  MBOXFERRY_ASSIGN(const std::size_t got,
                   file.read_at(begin, std::span<char>(bytes.data(), bytes.size())));
  std::array<std::uint8_t, 32> digest{};
  if (EVP_Digest(bytes.data(), got, digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return Error{ErrorCode::internal, "SHA-256 failed for " + file.path(), ""};
  }
  return digest;
}

// What identify() would have said when the file had `size` bytes.
Result<Identity> identify_prefix(const OpenFile& file, std::uint64_t size) {
  Identity identity;
  identity.size = size;
  identity.modified_ns = file.modified_ns();
  identity.changed_ns = file.changed_ns();
  MBOXFERRY_ASSIGN(identity.head, hash_range(file, 0, std::min(size, kSample)));
  MBOXFERRY_ASSIGN(identity.tail, hash_range(file, size - std::min(size, kSample), size));
  return identity;
}

Result<bool> is_plain_tar(const OpenFile& file) {
  MBOXFERRY_ASSIGN(const std::string head, read_head(file));
  return container_format(head) == ContainerFormat::tar;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_folder(const Folder& folder) {
  if (folder.messages) return open_message_bytes(folder);
  if (folder.container) {
    MBOXFERRY_ASSIGN(const MemberPosition position, folder.container->position_of(folder.member));
    return open_member(folder.container, position, folder.member);
  }
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(folder.root, folder.file));
  std::array<char, 16> head{};
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, head));
  std::unique_ptr<ByteSource> source;
  if (is_compressed({head.data(), size})) {
    source = open_compressed_file(std::move(file), limits_for(folder));
  } else {
    source = std::make_unique<PlainSource>(std::move(file));
  }
  return source;
}

Result<std::unique_ptr<MessageFiles>> open_messages(const Folder& folder, std::uint64_t offset) {
  if (folder.messages) return open_message_files(folder, offset);
  return Error{ErrorCode::internal, folder.place() + " has no files of one message each", ""};
}

Result<Identity> identify(const Folder& folder) {
  if (folder.messages && !folder.container) return identify_messages(folder);
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(folder.root, folder.file));
  return identify_prefix(file, file.size());
}

Result<Change> compare(const Folder& folder, const Identity& before) {
  if (folder.messages && !folder.container) return compare_messages(folder, before);
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(folder.root, folder.file));
  if (file.size() < before.size) return Change::different;
  MBOXFERRY_ASSIGN(const bool may_grow, folder.container ? is_plain_tar(file) : Result<bool>(true));
  if (file.size() > before.size) return may_grow ? Change::grown : Change::different;
  MBOXFERRY_ASSIGN(const Identity now, identify_prefix(file, before.size));
  const bool same_ends = now.head == before.head && now.tail == before.tail;
  // tar -r writes over the blocks of the end, of which there may be enough.
  if (!same_ends && folder.container) return may_grow ? Change::grown : Change::different;
  const bool same_times = now.modified_ns == before.modified_ns &&
                          (before.changed_ns == 0 || now.changed_ns == before.changed_ns);
  return same_ends && same_times ? Change::none : Change::touched;
}

Result<bool> is_unwritten(const Folder& folder, const Identity& before) {
  if (folder.messages && !folder.container) return true;
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(folder.root, folder.file));
  return file.size() == before.size && file.modified_ns() == before.modified_ns;
}

std::string lock_warning(const Folder& folder) {
  if (folder.container || folder.messages) return {};
  const std::string dot_lock = folder.file + ".lock";
  struct stat status {};
  if (::lstat(dot_lock.c_str(), &status) == 0) {
    return folder.file + " may be in use by another program: " + dot_lock + " exists";
  }
  const auto file = OpenFile::open(folder.root, folder.file);
  if (!file) return {};  // opening it for its bytes will tell
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file->descriptor(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  std::string holder = "another program";
  if (lock.l_pid > 0) holder += " (process " + std::to_string(lock.l_pid) + ")";
  return folder.file + " is locked for writing by " + holder;
}

}  // namespace mboxferry::archive
