// SPDX-License-Identifier: Apache-2.0
// The index pass over one folder of an archive, in whatever form it holds its messages.
#pragma once

#include <cstdint>
#include <memory>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/transfer/indexer.h"

namespace mboxferry::transfer {

/// What a place's beginning says about the whole. `bytes` are those of the place.
Result<FolderSurvey> survey_place(const archive::Folder& place, ByteSource& bytes,
                                  const IndexOptions& options);

/// Where an index pass goes on: 0, or what IndexSink::message was given.
struct IndexStart {
  std::uint64_t resume_at = 0;
  mbox::Accounting so_far;
};

/// Indexes the place's bytes to the end, then makes sure that nothing changed meanwhile and that
/// every byte went somewhere (`archive_changed`, `internal`).
Result<mbox::Accounting> index_place(const archive::Folder& place, ByteSource& bytes,
                                     const FolderSurvey& survey, const IndexOptions& options,
                                     IndexSink& sink, const Cancellation& cancel,
                                     const IndexStart& start = {});

}  // namespace mboxferry::transfer
