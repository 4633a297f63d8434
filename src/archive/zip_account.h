// SPDX-License-Identifier: Apache-2.0
// What a zip archive holds that its directory does not lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/input_stream.h"
#include "archive/open_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Something of a zip archive that may be mail and that no member leads to.
struct ZipRemark {
  std::uint64_t bytes = 0;
  std::string reason;
};

/// True when libarchive finds the directory of the zip archive `file` from its end. Without one its
/// members can only be read from front to back.
Result<bool> has_zip_directory(const OpenFile& file);

/// What the directory of `file`, which begins like a zip archive, does not account for: bytes
/// before the archive, behind its end, and between its members, and members that its end record
/// counts and its directory lacks. Bytes of zeros are none. Nothing when it has no directory.
Result<std::vector<ZipRemark>> account_for_zip(const OpenFile& file);

/// Passes bytes on and remembers the last of them, so that what a reader has taken and not used can
/// be had again.
class RememberingStream final : public InputStream {
 public:
  explicit RememberingStream(std::unique_ptr<InputStream> rest) : rest_(std::move(rest)) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return rest_->name(); }
  /// Makes read() give the bytes from `offset` on again; false when they are forgotten.
  bool go_back(std::uint64_t offset);

 private:
  std::unique_ptr<InputStream> rest_;
  std::string last_;
  std::uint64_t given_ = 0;
  std::size_t again_ = 0;  ///< how many bytes at the end of `last_` are to be given again
};

/// The same of a zip archive that was read from front to back. `stream` goes on behind the last of
/// the `members` that were read.
Result<std::vector<ZipRemark>> account_for_zip_end(InputStream& stream, std::uint64_t members);

}  // namespace mboxferry::archive
