// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a file, opened as an archive, all of it listed and read. Message files
// must lie one behind the other and be as long as the stream.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "archive/maildir.h"
#include "archive/opener.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/modified_utf7.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

constexpr Limits kLow{1U << 20U, 20, 1000, 100};
constexpr std::uint64_t kMostRead = 4U << 20U;
constexpr std::size_t kMostFolders = 40;

struct Stream {
  std::uint64_t size = 0;
  bool whole = false;
};

Stream read_folder(const Folder& folder) {
  Stream stream;
  const auto source = open_folder(folder);
  if (!source) return stream;
  std::array<char, 60'000> buffer{};
  while (stream.size < kMostRead) {
    const auto got = (*source)->read_at(stream.size, buffer);
    if (!got) return stream;
    stream.size += *got;
    stream.whole = *got < buffer.size();
    if (stream.whole) break;
  }
  // A step back must find what was there before.
  const bool again = (*source)->read_at(0, {buffer.data(), 1}).value_or(2) == (stream.size > 0);
  if (stream.whole && !again) std::abort();
  return stream;
}

void list_messages(const Folder& folder, const Stream& stream) {
  const auto files = open_messages(folder);
  if (!files) std::abort();
  std::uint64_t offset = 0;
  for (;;) {
    const auto file = (*files)->next();
    if (!file) std::abort();
    if (!*file) break;
    if ((*file)->offset != offset || (*file)->length == 0 || !is_utf8((*file)->name)) std::abort();
    offset += (*file)->length;
  }
  if (stream.whole && stream.size != offset) std::abort();
}

void use(const Archive& archive) {
  std::size_t folders = 0;
  for (const Folder& folder : archive.folders()) {
    if (++folders > kMostFolders) break;
    if (folder.path.empty()) std::abort();
    for (const std::string& segment : folder.path) {
      if (segment.empty() || !is_utf8(segment)) std::abort();
    }
    const Stream stream = read_folder(folder);
    if (folder.messages) list_messages(folder, stream);
    const auto identity = identify(folder);
    if (identity && compare(folder, *identity) != Change::none) std::abort();
  }
}

void open_and_use(std::string_view bytes) {
  const auto name = from_modified_utf7(bytes);
  if (name && is_utf8(bytes) && !is_utf8(*name)) std::abort();
  static_cast<void>(parse_dovecot_keywords(bytes));

  const FileDescriptor file(::memfd_create("archive", MFD_CLOEXEC));
  if (!file.valid() || !write_all(file.get(), bytes, "memfd")) return;
  const auto archive = Opener(kLow).open("/proc/self/fd/" + std::to_string(file.get()));
  if (archive) use(*archive);
}

}  // namespace
}  // namespace mboxferry::archive

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mboxferry::archive::open_and_use({reinterpret_cast<const char*>(data), size});
  return 0;
}
