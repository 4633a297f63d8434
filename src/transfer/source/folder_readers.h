// SPDX-License-Identifier: Apache-2.0
// Reads messages of a job's folders again, wherever they are.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/literals.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// How the `>` before `From ` is taken in mbox files. What a survey concludes from the beginning of
/// a file can change with what comes later.
enum class Quoting { as_surveyed, otherwise };

/// Opens a folder once, as long as messages of it follow each other. One thread; what it is made of
/// must outlive it.
class FolderReaders {
 public:
  FolderReaders(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                Quoting quoting = Quoting::as_surveyed)
      : sources_(sources), settings_(settings), quoting_(quoting) {}

  /// False for one that another stands for, since its archive was replaced.
  [[nodiscard]] bool has(journal::FolderId folder) const;
  /// Valid until the next call.
  Result<MessageReader*> of(journal::FolderId folder);

 private:
  const std::vector<SourceFolder>& sources_;
  const JobSettings& settings_;
  const Quoting quoting_;
  journal::FolderId folder_ = 0;
  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<MessageReader> reader_;
};

/// Reads a message from the archive and gives its MaskedDigest.
using MaskedDigestOf = std::function<Result<journal::Digest>(const journal::MessageRow&)>;
MaskedDigestOf masked_digest_of(const std::vector<SourceFolder>& sources,
                                const JobSettings& settings);

/// Reads a message from the archive and gives what message::EnvelopeScanner says of it.
using EnvelopeOf = std::function<Result<std::int64_t>(const journal::MessageRow&)>;
EnvelopeOf envelope_of(const std::vector<SourceFolder>& sources, const JobSettings& settings);

}  // namespace mboxferry::transfer
