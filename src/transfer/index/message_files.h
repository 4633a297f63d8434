// SPDX-License-Identifier: Apache-2.0
// Messages that have a file each, as the index pass wants them.
#pragma once

#include <functional>
#include <memory>

#include "mboxferry/transfer/indexer.h"

namespace mboxferry::transfer {

/// Reads the bytes of such messages piece by piece.
class FileReader {
 public:
  explicit FileReader(ByteSource& source);

  /// Gives `take` the bytes [offset, offset + length) until it returns false or an error, which is
  /// returned. Fewer bytes than that are the error `archive_changed`; ends with `interrupted` when
  /// `cancel` is requested.
  Result<void> read(std::uint64_t offset, std::uint64_t length, const Cancellation& cancel,
                    const std::function<Result<bool>(std::string_view)>& take);

 private:
  ByteSource& source_;
  std::unique_ptr<char[]> buffer_;
};

/// What the file says before its bytes do. Its date comes after all that the header says, as the
/// exporter's clock in an mbox does: copying a file can change it. Only the server's own date, from
/// a file beside it, comes first.
MessageStart start_of(archive::MessageFile file);

}  // namespace mboxferry::transfer
