// SPDX-License-Identifier: Apache-2.0
// Which library unpacks which bytes.
#include "archive/unpacker.h"

#include <utility>

namespace mboxferry::archive {

Result<std::unique_ptr<InputStream>> unpack(std::unique_ptr<HeadedStream> packed,
                                            std::shared_ptr<UnpackMeter> meter) {
  MBOXFERRY_ASSIGN(const std::string_view head, packed->head());
  const bool gzip = head.starts_with("\x1f\x8b");
  UnpackCounter counter(std::move(meter));
  return gzip ? unpack_gzip(std::move(packed), std::move(counter))
              : unpack_by_libarchive(std::move(packed), std::move(counter));
}

Error damaged(const std::string& name, std::uint64_t unpacked, std::string_view reason) {
  return Error{ErrorCode::not_mail,
               name + " is damaged: it cannot be unpacked behind byte " + std::to_string(unpacked) +
                   " of what it holds (" + std::string(reason) + ")",
               "get a good copy, or unpack what can be saved and use that"};
}

}  // namespace mboxferry::archive
