// SPDX-License-Identifier: Apache-2.0
// Which library unpacks which file.
#include "archive/unpacker.h"

#include <array>
#include <string>

namespace mboxferry::archive {

Result<std::unique_ptr<Unpacker>> make_unpacker(const OpenFile& file) {
  std::array<char, 2> magic{};
  MBOXFERRY_ASSIGN(const std::size_t size, file.read_at(0, magic));
  const bool gzip = std::string_view(magic.data(), size) == "\x1f\x8b";
  return gzip ? make_gzip_unpacker(file) : make_libarchive_unpacker(file);
}

Error damaged(const OpenFile& file, std::uint64_t unpacked, std::string_view reason) {
  return Error{ErrorCode::not_mail,
               file.path() + " is damaged: it cannot be unpacked behind byte " +
                   std::to_string(unpacked) + " of what it holds (" + std::string(reason) + ")",
               "get a good copy, or unpack what can be saved and use that"};
}

}  // namespace mboxferry::archive
