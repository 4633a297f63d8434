// SPDX-License-Identifier: Apache-2.0
// Folders to journal rows, in growing chunks.
#include "transfer/index_pass.h"

#include <fmt/format.h>

#include <algorithm>

#include "transfer/index_state.h"

namespace mboxferry::transfer {
namespace {

// The first chunk is small so that sending starts at once; later ones share a sync between more.
constexpr std::size_t kFirstChunk = 256;
constexpr std::size_t kLargestChunk = 8192;
constexpr std::uint64_t kChunkBytes = 32u << 20;
constexpr std::size_t kMostFindings = 4096;

Error stopped() { return {ErrorCode::interrupted, "indexing was stopped", ""}; }

Error last_message_changed(const journal::FolderRow& row) {
  return {ErrorCode::archive_changed,
          row.file + ": the last message of the part that was read before has changed",
          "put the former file back, or start a new job with another --journal"};
}

/// Collects rows and hands them to the journal chunk by chunk.
class JournalFiller final : public IndexSink {
 public:
  JournalFiller(SourceFolder& source, journal::Journal& journal, IndexGate& gate, Tracker& tracker,
                IndexState state, std::optional<journal::MessageRow> known_last)
      : source_(source),
        journal_(journal),
        gate_(gate),
        tracker_(tracker),
        state_(state),
        known_last_(std::move(known_last)) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override {
    state_.last_start = std::exchange(state_.resume_at, resume_at);
    state_.before_last = std::exchange(state_.accounting, accounting);
    if (known_last_) return compare_with_known(message);
    report_repairs(message);
    rows_.push_back(to_row(message));
    chunk_bytes_ += message.length;
    wire_bytes_ += message.wire_size;
    const bool full = rows_.size() >= chunk_ || chunk_bytes_ >= kChunkBytes;
    return full ? flush() : ok();
  }

  Result<void> doubt(const mbox::Doubt& doubt) override {
    return add(
        {0, doubt.offset, "doubtful-separator", doubt.reason + ": " + doubt.line, doubt.taken});
  }
  Result<void> problem(const mbox::Problem& problem) override {
    return add({0, problem.offset, problem.code, problem.text, false});
  }

  Result<void> finish(const mbox::Accounting& total) {
    if (known_last_) return last_message_changed(source_.row);
    state_.accounting = total;
    source_.row.index_done = true;
    return write();
  }

 private:
  Result<void> compare_with_known(const IndexedMessage& message) {
    const bool same = known_last_->offset == message.offset &&
                      known_last_->length == message.length &&
                      known_last_->digest == message.digest;
    if (!same) return last_message_changed(source_.row);
    known_last_.reset();
    return ok();
  }

  [[nodiscard]] journal::MessageRow to_row(const IndexedMessage& message) const {
    journal::MessageRow row;
    row.folder = source_.row.id;
    row.mailbox = source_.row.mailbox;
    row.offset = message.offset;
    row.length = message.length;
    row.wire_size = message.wire_size;
    row.digest = message.digest;
    row.message_id_hash = message.message_id.empty() ? 0 : message::short_hash(message.message_id);
    row.date = message.date.time;
    row.date_source = static_cast<std::uint8_t>(message.date.source);
    row.date_corrected = message.date.to_be_listed();
    row.flags = message.flags;
    row.keywords = join_keywords(message.keywords);
    if (message.pseudo || message.expunged) {
      row.state = journal::State::skipped;
      row.code = message.pseudo ? "pseudo" : "expunged";
    }
    return row;
  }

  void report_repairs(const IndexedMessage& message) {
    if (message.final_line_end_added)
      findings_.push_back({0, message.offset, "line-end-added",
                           "the last line had no line end and got one", false});
    if (message.date.to_be_listed())
      findings_.push_back({0, message.offset, "date-corrected",
                           "a date out of range was passed over; used: " +
                               std::string(message::date_source_name(message.date.source)) + " " +
                               to_rfc3339(message.date.time),
                           false});
  }

  Result<void> add(journal::Finding finding) {
    findings_.push_back(std::move(finding));
    return findings_.size() >= kMostFindings ? flush() : ok();
  }

  Result<void> flush() {
    const std::uint64_t wire_bytes = wire_bytes_;
    MBOXFERRY_TRY(write());
    chunk_ = std::min(chunk_ * 2, kLargestChunk);
    return gate_.indexed(wire_bytes) ? ok() : Result<void>(stopped());
  }

  Result<void> write() {
    source_.row.index_state = state_.to_text();
    for (journal::Finding& finding : findings_) finding.folder = source_.row.id;
    MBOXFERRY_TRY(journal_.add_indexed(source_.row, rows_, findings_));
    journal::Count planned;
    for (const journal::MessageRow& row : rows_) {
      if (row.state != journal::State::planned) continue;
      ++planned.messages;
      planned.bytes += row.wire_size;
    }
    tracker_.update([&](Progress& progress) {
      progress.total.messages += planned.messages;
      progress.total.bytes += planned.bytes;
      progress.read_bytes += chunk_bytes_;
    });
    rows_.clear();
    findings_.clear();
    chunk_bytes_ = 0;
    wire_bytes_ = 0;
    return ok();
  }

  SourceFolder& source_;
  journal::Journal& journal_;
  IndexGate& gate_;
  Tracker& tracker_;
  IndexState state_;
  std::optional<journal::MessageRow> known_last_;
  std::vector<journal::MessageRow> rows_;
  std::vector<journal::Finding> findings_;
  std::size_t chunk_ = kFirstChunk;
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t wire_bytes_ = 0;
};

/// Every byte must have gone somewhere: a folder that is longer than what was accounted for is
/// never a success.
Result<void> check_accounting(const mbox::Accounting& total, ByteSource& bytes) {
  char beyond = 0;
  MBOXFERRY_ASSIGN(const std::size_t more, bytes.read_at(total.sum(), {&beyond, 1}));
  if (more == 0) return ok();
  return Error{
      ErrorCode::internal,
      fmt::format("{}: only the first {} bytes are accounted for", bytes.name(), total.sum()),
      "this is a bug of mboxferry; please report it"};
}

Result<void> index_one(SourceFolder& source, const JobSettings& settings, journal::Journal& journal,
                       IndexGate& gate, Tracker& tracker, const Cancellation& cancel) {
  auto state = IndexState::from_text(source.row.index_state);
  if (!state)
    return Error{ErrorCode::configuration,
                 "the journal's index state of " + source.row.file + " is damaged",
                 "start a new job with another --journal"};
  std::optional<journal::MessageRow> known_last;
  if (source.grown) {
    MBOXFERRY_ASSIGN(known_last, journal.last_message(source.row.id));
    if (known_last) {
      state->resume_at = state->last_start;
      state->accounting = state->before_last;
    } else {
      state = IndexState{};
    }
  }
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
  MBOXFERRY_ASSIGN(const auto peek, archive::open_folder(source.place));
  JournalFiller filler(source, journal, gate, tracker, *state, std::move(known_last));
  MBOXFERRY_ASSIGN(const mbox::Accounting total,
                   index_folder(*bytes, *peek, source.survey, settings.index, filler, cancel,
                                state->resume_at, state->accounting));
  MBOXFERRY_TRY(bytes->check_unchanged());
  MBOXFERRY_TRY(check_accounting(total, *bytes));
  return filler.finish(total);
}

/// Compares messages with the rows of the journal, page by page.
class IndexComparer final : public IndexSink {
 public:
  IndexComparer(const SourceFolder& source, const journal::Journal& journal)
      : source_(source), journal_(journal) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    if (next_ == page_.size()) {
      MBOXFERRY_ASSIGN(page_, journal_.messages(source_.row.id, last_id_, 1000));
      next_ = 0;
      if (page_.empty()) return different(message.offset);
    }
    const journal::MessageRow& row = page_[next_++];
    last_id_ = row.id;
    const bool same = row.offset == message.offset && row.length == message.length &&
                      row.digest == message.digest;
    return same ? ok() : Result<void>(different(message.offset));
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

 private:
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
};

}  // namespace

std::string join_keywords(const std::vector<std::string>& keywords) {
  std::string joined;
  for (const std::string& keyword : keywords) {
    const auto valid = message::as_imap_keyword(keyword);
    if (!valid) continue;
    if (!joined.empty()) joined += ' ';
    joined += *valid;
  }
  return joined;
}

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
  MBOXFERRY_ASSIGN(const auto peek, archive::open_folder(source.place));
  IndexComparer comparer(source, journal);
  MBOXFERRY_TRY(index_folder(*bytes, *peek, source.survey, settings.index, comparer, cancel));
  return journal.update_folder(source.row);
}

IndexPass::IndexPass(std::vector<SourceFolder>& sources, const JobSettings& settings,
                     journal::Journal& journal, IndexGate& gate, Tracker& tracker)
    : sources_(sources),
      settings_(settings),
      journal_(journal),
      gate_(gate),
      tracker_(tracker),
      thread_([this] { run(); }) {}

IndexPass::~IndexPass() {
  stop_.request();
  gate_.stop();
  thread_.join();
}

void IndexPass::run() {
  for (SourceFolder& source : sources_) {
    if (!source.row.index_done) {
      const auto indexed = index_one(source, settings_, journal_, gate_, tracker_, stop_);
      if (!indexed) return gate_.failed(indexed.error());
    }
    gate_.folder_done();
  }
  tracker_.update([](Progress& progress) { progress.totals_known = true; });
}

}  // namespace mboxferry::transfer
