// SPDX-License-Identifier: Apache-2.0
// Chooses between separators and files, and holds the sum against the bytes there are.
#include "mboxferry/transfer/folder_index.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "mboxferry/mbox/archive_clock.h"
#include "transfer/index/message_files.h"

namespace mboxferry::transfer {
namespace {

/// A folder that is longer than what was accounted for is never a success.
Result<void> check_accounting(const mbox::Accounting& total, ByteSource& bytes) {
  char beyond = 0;
  MBOXFERRY_ASSIGN(const std::size_t more, bytes.read_at(total.sum(), {&beyond, 1}));
  bool short_of = false;
  if (more == 0 && total.sum() > 0) {
    MBOXFERRY_ASSIGN(const std::size_t last, bytes.read_at(total.sum() - 1, {&beyond, 1}));
    short_of = last == 0;
  }
  if (more == 0 && !short_of) return ok();
  return Error{ErrorCode::internal,
               fmt::format("{}: {} bytes are accounted for, and there are {}", bytes.name(),
                           total.sum(), short_of ? "fewer" : "more"),
               "this is a bug of mboxferry; please report it"};
}

/// Gives messages the flags that a file beside their mbox has for them.
class MarkedSink final : public IndexSink {
 public:
  MarkedSink(const archive::Folder& place, IndexSink& sink) : place_(place), sink_(sink) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override {
    MBOXFERRY_ASSIGN(auto marks, archive::marks_at(place_, message.offset));
    if (!marks) return sink_.message(message, resume_at, accounting);
    MessageStart start = start_of(std::move(*marks));
    IndexedMessage marked = message;
    marked.flags = start.flags.value_or(message.flags);
    std::move(start.keywords.begin(), start.keywords.end(), std::back_inserter(marked.keywords));
    return sink_.message(marked, resume_at, accounting);
  }
  Result<void> doubt(const mbox::Doubt& doubt) override { return sink_.doubt(doubt); }
  Result<void> problem(const mbox::Problem& problem) override { return sink_.problem(problem); }

 private:
  const archive::Folder& place_;
  IndexSink& sink_;
};

}  // namespace

Result<FolderSurvey> survey_place(const archive::Folder& place, ByteSource& bytes,
                                  const IndexOptions& options) {
  if (place.form == archive::FolderForm::mbox) return survey_folder(bytes, options);
  MBOXFERRY_ASSIGN(const auto files, archive::open_messages(place));
  return survey_files(bytes, *files);
}

bool may_have_few_dates(const archive::Folder& place) {
  constexpr std::uint64_t kMostBytes = 64 * 1024;
  return place.form == archive::FolderForm::mbox && place.bytes_on_disk <= kMostBytes;
}

bool few_dates_are_exporters(const std::vector<archive::Folder>& places,
                             const IndexOptions& options) {
  mbox::ArchiveClock clock;
  for (const archive::Folder& place : places) {
    if (places.size() < 2 || !may_have_few_dates(place)) continue;
    const auto bytes = archive::open_folder(place);
    if (!bytes) continue;
    const auto survey = survey_folder(**bytes, options);
    if (survey && survey->few_dates) clock.add(*survey->few_dates);
  }
  return clock.is_export();
}

Result<mbox::Accounting> index_place(const archive::Folder& place, ByteSource& bytes,
                                     const FolderSurvey& survey, const IndexOptions& options,
                                     IndexSink& sink, const Cancellation& cancel,
                                     const IndexStart& start) {
  mbox::Accounting total;
  if (place.form == archive::FolderForm::mbox) {
    MBOXFERRY_ASSIGN(const auto peek, archive::open_folder(place));
    MarkedSink marked(place, sink);
    IndexSink& receiver = place.marks ? static_cast<IndexSink&>(marked) : sink;
    MBOXFERRY_ASSIGN(total, index_folder(bytes, *peek, survey, options, receiver, cancel,
                                         start.resume_at, start.so_far));
  } else {
    MBOXFERRY_ASSIGN(const auto files, archive::open_messages(place, start.resume_at));
    MBOXFERRY_ASSIGN(total,
                     index_files(bytes, *files, survey, options, sink, cancel, start.so_far));
  }
  MBOXFERRY_TRY(bytes.check_unchanged());
  MBOXFERRY_TRY(check_accounting(total, bytes));
  return total;
}

}  // namespace mboxferry::transfer
