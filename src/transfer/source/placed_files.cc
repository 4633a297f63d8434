// SPDX-License-Identifier: Apache-2.0
// Message files matched with the rows of the journal.
#include "transfer/source/placed_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kPlacerPage = 1000;
/// A folder of so many messages of which none is there any more may be another one.
constexpr std::uint64_t kTooFewToTell = 10;

std::string placed_note(journal::FolderId folder) { return fmt::format("placed_files.{}", folder); }

class PlacedBytes final : public ByteSource {
 public:
  PlacedBytes(const journal::Journal& journal, journal::FolderId folder,
              std::unique_ptr<ByteSource> bytes)
      : journal_(journal), folder_(folder), bytes_(std::move(bytes)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    const auto holds = [&] {
      return place_ && offset >= place_->offset && offset - place_->offset < place_->length;
    };
    if (!holds()) {
      MBOXFERRY_ASSIGN(place_, journal_.place_at(folder_, offset));
    }
    if (!holds())
      return Error{ErrorCode::archive_changed,
                   fmt::format("{}: the file of the message at byte {} is not there any more",
                               name(), offset),
                   "run the same command again; the message is left out",
                   ErrorScope::job,
                   {Retry::When::now, {}}};
    const std::uint64_t passed = offset - place_->offset;
    const std::uint64_t left = std::min<std::uint64_t>(place_->length - passed, buffer.size());
    return bytes_->read_at(place_->lies + passed, buffer.first(static_cast<std::size_t>(left)));
  }
  Result<void> check_unchanged() override { return bytes_->check_unchanged(); }
  [[nodiscard]] std::optional<Error> damage() const override { return bytes_->damage(); }
  [[nodiscard]] const std::string& name() const override { return bytes_->name(); }

 private:
  const journal::Journal& journal_;
  const journal::FolderId folder_;
  std::unique_ptr<ByteSource> bytes_;
  std::optional<journal::Place> place_;
};

/// The files that have no row yet.
class NewFiles final : public archive::MessageFiles {
 public:
  NewFiles(const journal::Journal& journal, journal::FolderId folder, std::uint64_t first,
           std::unique_ptr<archive::MessageFiles> files)
      : journal_(journal), folder_(folder), first_(first), files_(std::move(files)) {}

  Result<std::optional<archive::MessageFile>> next() override {
    for (;;) {
      MBOXFERRY_ASSIGN(auto file, files_->next());
      if (!file) return file;
      MBOXFERRY_ASSIGN(const auto offset, journal_.new_place(folder_, file->offset));
      if (!offset || *offset < first_) continue;
      file->offset = *offset;
      return file;
    }
  }

 private:
  const journal::Journal& journal_;
  const journal::FolderId folder_;
  const std::uint64_t first_;
  std::unique_ptr<archive::MessageFiles> files_;
};

}  // namespace

Result<void> FilePlacer::begin() {
  MBOXFERRY_ASSIGN(const auto last, journal_.last_message(source_.row.id));
  if (last) end_ = last->offset + std::max<std::uint64_t>(last->length, 1);
  next_ = end_;
  was_indexed_ = source_.row.index_done;
  return journal_.begin_places(source_.row.id);
}

Result<void> FilePlacer::message(const IndexedMessage& message, std::uint64_t,
                                 const mbox::Accounting&) {
  MBOXFERRY_ASSIGN(const auto first, journal_.place_known(source_.row.id, message.content,
                                                          message.length, message.offset));
  if (first) {
    ++known_;
    return take_rows(*first, message);
  }
  ++new_;
  MBOXFERRY_TRY(journal_.place_new({source_.row.id, next_, message.length, message.offset}));
  next_ += std::max<std::uint64_t>(message.length, 1);
  return ok();
}

Result<void> FilePlacer::take_rows(journal::MessageId first, const IndexedMessage& message) {
  constexpr std::size_t kFewRows = 8;
  std::optional<std::uint64_t> offset;
  for (journal::MessageId after = first - 1;;) {
    MBOXFERRY_ASSIGN(auto rows, journal_.messages(source_.row.id, after, kFewRows));
    if (rows.empty()) return ok();
    for (journal::MessageRow& row : rows) {
      if (row.offset != offset.value_or(row.offset)) return ok();
      offset = row.offset;
      after = row.id;
      MBOXFERRY_TRY(take_status_(row, message));
    }
  }
}

Result<void> FilePlacer::finish() {
  MBOXFERRY_TRY(journal_.forget_findings(source_.row.id, journal::kFileChanged));
  journal::MessageId after = 0;
  std::uint64_t rows_seen = 0;
  for (;;) {
    MBOXFERRY_ASSIGN(auto page, journal_.messages(source_.row.id, after, kPlacerPage));
    if (page.empty()) return ok();
    after = page.back().id;
    rows_seen += page.size();
    lost_all_ = known_ == 0 && rows_seen >= kTooFewToTell;
    std::vector<journal::MessageRow> gone;
    for (journal::MessageRow& row : page) {
      MBOXFERRY_ASSIGN(const bool there, journal_.has_place(row.folder, row.offset));
      if (!there) gone.push_back(std::move(row));
    }
    MBOXFERRY_TRY(leave(gone));
  }
}

Result<void> FilePlacer::leave(const std::vector<journal::MessageRow>& gone) {
  journal::Step again;
  std::vector<journal::MessageRow> left_out;
  std::vector<journal::Finding> findings;
  for (const journal::MessageRow& row : gone) {
    lacks_kept_ = lacks_kept_ || row.uid != 0 || row.state == journal::State::stored ||
                  row.state == journal::State::intended;
    switch (row.state) {
      case journal::State::stored:
        ++gone_stored_;
        findings.push_back({row.folder, row.offset, journal::kFileChanged,
                            "its file was changed or removed after it was stored", false});
        break;
      case journal::State::refused:
        again.retried.push_back(row.id);
        [[fallthrough]];
      case journal::State::planned:
        ++gone_unsent_;
        left_out.push_back(row);
        left_out.back().state = journal::State::skipped;
        left_out.back().code = kFileGone;
        left_out.back().text = "its file was changed or removed before it was sent";
        break;
      // Whoever reconciles finds it on the server, or plans it again.
      case journal::State::intended:
      case journal::State::skipped:
        break;
    }
  }
  MBOXFERRY_TRY(journal_.commit(again));
  MBOXFERRY_TRY(journal_.take_status(left_out, findings));
  return journal_.plan_copies_of(left_out);
}

void FilePlacer::tell(Observer& observer) const {
  const auto line = [&](std::uint64_t messages, const char* one, const char* more) {
    if (messages > 0)
      observer.notice(fmt::format("{}: {} message{} {}", source_.row.file, messages,
                                  messages == 1 ? "" : "s", messages == 1 ? one : more));
  };
  line(gone_stored_,
       "was changed since it was stored, or removed; the mailbox keeps what was stored",
       "were changed since they were stored, or removed; the mailboxes keep what was stored");
  line(gone_unsent_, "was changed or removed before it was sent, and is left out",
       "were changed or removed before they were sent, and are left out");
  // An index that was not complete lacks others as well.
  if (was_indexed_)
    line(new_, "is new or changed and will be added", "are new or changed and will be added");
}

Result<bool> has_placed_files(const journal::Journal& journal, journal::FolderId folder) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(placed_note(folder)));
  return note.has_value();
}

Result<void> note_placed_files(journal::Journal& journal, journal::FolderId folder) {
  return journal.set_note(placed_note(folder), "1");
}

std::unique_ptr<ByteSource> open_placed(const journal::Journal& journal, journal::FolderId folder,
                                        std::unique_ptr<ByteSource> bytes) {
  return std::make_unique<PlacedBytes>(journal, folder, std::move(bytes));
}

Result<mbox::Accounting> index_new_files(const SourceFolder& source, ByteSource& placed,
                                         const IndexOptions& options, IndexSink& sink,
                                         const Cancellation& cancel, const IndexStart& start) {
  MBOXFERRY_ASSIGN(auto files, archive::open_messages(source.place));
  NewFiles fresh(*source.placed, source.row.id, start.resume_at, std::move(files));
  MBOXFERRY_ASSIGN(const auto total,
                   index_files(placed, fresh, source.survey, options, sink, cancel, start.so_far));
  MBOXFERRY_TRY(placed.check_unchanged());
  return total;
}

}  // namespace mboxferry::transfer
