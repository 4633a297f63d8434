// SPDX-License-Identifier: Apache-2.0
// Splitting, header scan, wire size and digest in one pass.
#include "mboxferry/transfer/indexer.h"

#include "transfer/message_files.h"
#include "transfer/message_indexer.h"

namespace mboxferry::transfer {
namespace {

/// Turns the splitter's events into indexed messages.
class SplitSink final : public mbox::MessageSink {
 public:
  SplitSink(const FolderSurvey& survey, const IndexOptions& options, IndexSink& sink)
      : indexer_(survey, options), sink_(sink) {}

  Result<void> begin(std::uint64_t offset, const mbox::Envelope& envelope) override {
    indexer_.begin(offset, {envelope, {}, {}, {}});
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    indexer_.bytes(raw);
    return ok();
  }
  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const mbox::Accounting& accounting) override {
    return sink_.message(indexer_.finish(length), resume_at, accounting);
  }
  Result<void> doubt(const mbox::Doubt& doubt) override { return sink_.doubt(doubt); }
  Result<void> problem(const mbox::Problem& problem) override { return sink_.problem(problem); }

 private:
  MessageIndexer indexer_;
  IndexSink& sink_;
};

}  // namespace

Result<mbox::Accounting> index_folder(ByteSource& source, ByteSource& peek,
                                      const FolderSurvey& survey, const IndexOptions& options,
                                      IndexSink& sink, const Cancellation& cancel,
                                      std::uint64_t resume_at, const mbox::Accounting& so_far) {
  SplitSink split(survey, options, sink);
  return mbox::split(source, peek, survey.profile, split, cancel, resume_at, so_far);
}

Result<mbox::Accounting> index_files(ByteSource& source, archive::MessageFiles& files,
                                     const FolderSurvey& survey, const IndexOptions& options,
                                     IndexSink& sink, const Cancellation& cancel,
                                     const mbox::Accounting& so_far) {
  MessageIndexer indexer(survey, options);
  mbox::Accounting accounting = so_far;
  FileReader reader(source);
  while (true) {
    if (cancel.requested())
      return Error{ErrorCode::interrupted, "stopped while reading the archive", ""};
    MBOXFERRY_ASSIGN(auto file, files.next());
    if (!file) return accounting;
    const std::uint64_t offset = file->offset;
    const std::uint64_t length = file->length;
    indexer.begin(offset, start_of(std::move(*file)));
    MBOXFERRY_TRY(reader.read(offset, length, cancel, [&](std::string_view raw) {
      indexer.bytes(raw);
      return true;
    }));
    accounting.message += length;
    MBOXFERRY_TRY(sink.message(indexer.finish(length), offset + length, accounting));
  }
}

}  // namespace mboxferry::transfer
