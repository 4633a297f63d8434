// SPDX-License-Identifier: Apache-2.0
// Folders of message files that were changed, replaced or removed since they were indexed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/transfer/folder_index.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The code of a message whose file was changed or removed before it was sent.
inline constexpr const char* kFileGone = "file-gone";

/// Finds the journal's messages among the files that there are now, by their digests, and gives
/// each a place; what is left of the files is new. See docs/decisions/0068-changed-files.md.
class FilePlacer final : public IndexSink {
 public:
  /// Takes what the file says now of a message that has this row.
  using TakeStatus = std::function<Result<void>(journal::MessageRow&, const IndexedMessage&)>;

  FilePlacer(const SourceFolder& source, journal::Journal& journal, TakeStatus take_status)
      : source_(source), journal_(journal), take_status_(std::move(take_status)) {}

  /// To be called before the files are walked through.
  Result<void> begin();
  Result<void> message(const IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override;
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }
  /// Decides about the messages that no file holds any more.
  Result<void> finish();

  [[nodiscard]] bool has_new() const { return new_ > 0; }
  /// What is on the server, or may be, and in no file any more may be in one of another folder.
  [[nodiscard]] bool lacks_kept() const { return lacks_kept_; }
  /// Of many messages no file is there: either all were moved, or it is another folder.
  [[nodiscard]] bool lost_all() const { return lost_all_; }
  /// Where the first new message gets its row.
  [[nodiscard]] std::uint64_t end_of_rows() const { return end_; }
  void tell(Observer& observer) const;

 private:
  Result<void> take_rows(journal::MessageId first, const IndexedMessage& message);
  Result<void> leave(const std::vector<journal::MessageRow>& gone);

  const SourceFolder& source_;
  journal::Journal& journal_;
  const TakeStatus take_status_;
  bool was_indexed_ = false;  ///< to the end
  std::uint64_t end_ = 0;
  std::uint64_t next_ = 0;  ///< the offset of the next new message
  std::uint64_t known_ = 0;
  std::uint64_t new_ = 0;
  bool lacks_kept_ = false;
  bool lost_all_ = false;
  std::uint64_t gone_stored_ = 0;
  std::uint64_t gone_unsent_ = 0;
};

/// Whether an earlier run found that the files of this folder were changed.
Result<bool> has_placed_files(const journal::Journal& journal, journal::FolderId folder);
/// From now on has_placed_files() is true.
Result<void> note_placed_files(journal::Journal& journal, journal::FolderId folder);

/// The bytes at the offsets of the journal's rows. A read ends at the end of a message. A message
/// without a place is an `archive_changed` error, to be looked at again.
std::unique_ptr<ByteSource> open_placed(const journal::Journal& journal, journal::FolderId folder,
                                        std::unique_ptr<ByteSource> bytes);

/// Walks through the new messages; their offsets are those that they get in the journal.
Result<mbox::Accounting> index_new_files(const SourceFolder& source, ByteSource& placed,
                                         const IndexOptions& options, IndexSink& sink,
                                         const Cancellation& cancel, const IndexStart& start);

}  // namespace mboxferry::transfer
