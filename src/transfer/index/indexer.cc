// SPDX-License-Identifier: Apache-2.0
// Splitting, header scan, wire size and digest in one pass.
#include "mboxferry/transfer/indexer.h"

#include "mboxferry/archive/separator_search.h"
#include "transfer/index/index_pipeline.h"
#include "transfer/index/message_files.h"

namespace mboxferry::transfer {
namespace {

Result<mbox::Accounting> feed_files(ByteSource& source, archive::MessageFiles& files,
                                    IndexPipeline& pipeline, const Cancellation& cancel,
                                    mbox::Accounting accounting) {
  FileReader reader(source);
  while (true) {
    if (cancel.requested())
      return Error{ErrorCode::interrupted, "stopped while reading the archive", ""};
    MBOXFERRY_ASSIGN(auto file, files.next());
    if (!file) return accounting;
    const std::uint64_t offset = file->offset;
    const std::uint64_t length = file->length;
    MBOXFERRY_TRY(pipeline.begin(offset, start_of(std::move(*file))));
    archive::SeparatorSearch separators;
    const auto take = [&](std::string_view raw) -> Result<bool> {
      separators.add(raw);
      MBOXFERRY_TRY(pipeline.bytes(raw));
      return true;
    };
    MBOXFERRY_TRY(reader.read(offset, length, cancel, take));
    if (separators.found()) {
      MBOXFERRY_TRY(pipeline.doubt({offset + separators.offset(), separators.line().substr(0, 200),
                                    "in a file of one message, which may hold several", false}));
    }
    accounting.message += length;
    MBOXFERRY_TRY(pipeline.end(length, offset + length, accounting));
  }
}

}  // namespace

Result<mbox::Accounting> index_folder(ByteSource& source, ByteSource& peek,
                                      const FolderSurvey& survey, const IndexOptions& options,
                                      IndexSink& sink, const Cancellation& cancel,
                                      std::uint64_t resume_at, const mbox::Accounting& so_far) {
  IndexPipeline pipeline(survey, options, sink);
  auto total = mbox::split(source, peek, survey.profile, pipeline, cancel, resume_at, so_far);
  MBOXFERRY_TRY(pipeline.finish());
  return total;
}

Result<mbox::Accounting> index_files(ByteSource& source, archive::MessageFiles& files,
                                     const FolderSurvey& survey, const IndexOptions& options,
                                     IndexSink& sink, const Cancellation& cancel,
                                     const mbox::Accounting& so_far) {
  IndexPipeline pipeline(survey, options, sink);
  auto total = feed_files(source, files, pipeline, cancel, so_far);
  MBOXFERRY_TRY(pipeline.finish());
  return total;
}

}  // namespace mboxferry::transfer
