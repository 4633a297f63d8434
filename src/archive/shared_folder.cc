// SPDX-License-Identifier: Apache-2.0
// One unpacked copy for all readers of a folder.
#include <array>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container.h"
#include "archive/file_kind.h"
#include "archive/message_list.h"
#include "archive/open_file.h"
#include "archive/shared_bytes.h"
#include "mboxferry/archive/archive.h"

namespace mboxferry::archive {
namespace {

// Null: its bytes can be read anywhere as they are, or are shared already.
Result<std::unique_ptr<StreamOpener>> opener_of_packed(const Folder& folder) {
  std::unique_ptr<StreamOpener> opener;
  if (folder.messages) {
    if (folder.container && !folder.messages->shared) opener = message_opener(folder);
  } else if (folder.container) {
    MBOXFERRY_ASSIGN(const MemberPosition position, folder.container->position_of(folder.member));
    opener = member_opener(folder.container, position, folder.member);
  } else {
    MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(folder.root, folder.file));
    std::array<char, 16> head{};
    MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, head));
    if (is_compressed({head.data(), size})) {
      opener = compressed_file_opener(std::move(file), limits_for(folder));
    }
  }
  return opener;
}

}  // namespace

SharedFolder::SharedFolder(Folder folder) : folder_(std::move(folder)) {}

SharedFolder::~SharedFolder() = default;

Result<std::unique_ptr<ByteSource>> SharedFolder::open() {
  MBOXFERRY_ASSIGN(auto opener, opener_of_packed(folder_));
  if (!opener) return open_folder(folder_);
  const std::lock_guard lock(mutex_);
  if (!bytes_) {
    MBOXFERRY_ASSIGN(auto first, opener_of_packed(folder_));
    bytes_ = std::make_shared<SharedBytes>(std::move(first));
  }
  return open_shared_bytes(bytes_, std::move(opener));
}

}  // namespace mboxferry::archive
