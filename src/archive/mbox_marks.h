// SPDX-License-Identifier: Apache-2.0
// Read marks that lie in a file beside an mbox (docs/decisions/0050-metadata-beside-mail.md).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "archive/input_stream.h"
#include "archive/temporary_database.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// The marks of all mbox files of an archive, by the offsets of their From_ lines, in a temporary
/// database. at() is thread-safe.
class MarkTable {
 public:
  static Result<std::shared_ptr<MarkTable>> create();

  /// Adds what imap-backup's file about `mbox` says. False, and nothing is added, when `bytes` are
  /// something else or are cut.
  Result<bool> read(const std::string& mbox, InputStream& bytes);
  /// How many messages of `mbox` it knows.
  Result<std::uint64_t> count(const std::string& mbox);
  /// The marks of the message at `offset`, which is behind its From_ line.
  Result<std::optional<MessageFile>> at(const std::string& mbox, std::uint64_t offset);

 private:
  std::mutex mutex_;
  TemporaryDatabase database_{"the marks of messages"};
  Statement insert_;
  Statement find_;
};

/// What Folder::marks points to.
struct MboxMarks {
  std::shared_ptr<MarkTable> table;
  std::string mbox;
};

}  // namespace mboxferry::archive
