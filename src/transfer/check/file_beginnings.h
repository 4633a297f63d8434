// SPDX-License-Identifier: Apache-2.0
// Files of a job that begin as a folder of another journal does.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/indexer.h"
#include "transfer/source/archive_sample.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The first messages of a job's files, which are read when they are first asked for, of so many
/// files as may be read before a job begins. One thread; what it is given must outlive it.
class FileBeginnings {
 public:
  /// So many rows of a journal hold the messages that a file is known by, be each there once for
  /// each of its labels.
  static constexpr std::size_t kRows = 32;

  FileBeginnings(const IndexOptions& options, const std::vector<SourceFolder>& sources,
                 const Cancellation& cancel)
      : options_(options), sources_(sources), cancel_(cancel) {}

  /// Files (journal::FolderRow::file) of whose first messages three quarters, two at least, are
  /// among `first`, the first ones of a folder in another journal: two archives of a person may
  /// begin with the same welcome. A digest says nothing there, as each journal has its own key:
  /// Message-ID and size or date do.
  std::vector<std::string> that_match(std::span<const journal::MessageRow> first);

 private:
  struct Beginning {
    std::string file;
    std::vector<SampleMessage> messages;
  };
  void read();

  const IndexOptions& options_;
  const std::vector<SourceFolder>& sources_;
  const Cancellation& cancel_;
  bool is_read_ = false;
  std::vector<Beginning> beginnings_;
};

}  // namespace mboxferry::transfer
