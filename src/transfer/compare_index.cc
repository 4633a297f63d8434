// SPDX-License-Identifier: Apache-2.0
// A touched file's messages beside the journal's rows.
#include "transfer/compare_index.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "mboxferry/transfer/folder_index.h"
#include "transfer/index_state.h"

namespace mboxferry::transfer {
namespace {

/// Compares messages with the rows of the journal, page by page.
class IndexComparer final : public IndexSink {
 public:
  IndexComparer(const SourceFolder& source, const journal::Journal& journal)
      : source_(source), journal_(journal) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    MBOXFERRY_ASSIGN(const journal::MessageRow* row, next());
    const bool same = row != nullptr && row->offset == message.offset &&
                      row->length == message.length && row->digest == message.content;
    last_offset_ = message.offset;
    return same ? ok() : Result<void>(different(message.offset));
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

 private:
  /// The next message's first row; one with several labels has more.
  Result<const journal::MessageRow*> next() {
    for (;;) {
      if (next_ == page_.size()) {
        MBOXFERRY_ASSIGN(page_, journal_.messages(source_.row.id, last_id_, 1000));
        next_ = 0;
        if (page_.empty()) return nullptr;
      }
      const journal::MessageRow& row = page_[next_++];
      last_id_ = row.id;
      if (row.offset != last_offset_) return &row;
    }
  }

  Error different(std::uint64_t offset) const {
    return {ErrorCode::archive_changed,
            fmt::format("{} has changed since this job's journal was written: the message at byte "
                        "{} is another",
                        source_.row.file, offset),
            "put the former file back, or start a new job with another --journal"};
  }

  const SourceFolder& source_;
  const journal::Journal& journal_;
  std::vector<journal::MessageRow> page_;
  std::size_t next_ = 0;
  journal::MessageId last_id_ = 0;
  std::optional<std::uint64_t> last_offset_;
};

}  // namespace

Result<void> compare_index(SourceFolder& source, const JobSettings& settings,
                           journal::Journal& journal, const Cancellation& cancel) {
  // Rows of an incomplete index cannot be told from a changed file; without any, it starts anew.
  if (!source.row.index_done) {
    source.row.index_state = IndexState{}.to_text();
    MBOXFERRY_ASSIGN(const auto first, journal.messages(source.row.id, 0, 1));
    if (!first.empty())
      return Error{ErrorCode::archive_changed,
                   source.row.file + " was written to while this job's index of it was incomplete",
                   "start a new job with another --journal"};
    return journal.update_folder(source.row);
  }
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
  IndexComparer comparer(source, journal);
  MBOXFERRY_TRY(index_place(source.place, *bytes, source.survey, settings.index, comparer, cancel));
  return journal.update_folder(source.row);
}

}  // namespace mboxferry::transfer
