// SPDX-License-Identifier: Apache-2.0
// The index pass over one folder of an archive, in whatever form it holds its messages.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/transfer/indexer.h"

namespace mboxferry::transfer {

/// What a place's beginning says about the whole. `bytes` are those of the place.
Result<FolderSurvey> survey_place(const archive::Folder& place, ByteSource& bytes,
                                  const IndexOptions& options);

/// True for a folder that takes part in judging the dates of folders with few messages.
bool may_have_few_dates(const archive::Folder& place);
/// Whether the From_ dates of those among `places`, which are of one archive, that have too few
/// messages to tell are the exporter's. Reads the small ones. What cannot be read says nothing.
bool few_dates_are_exporters(const std::vector<archive::Folder>& places,
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
