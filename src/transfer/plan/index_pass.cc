// SPDX-License-Identifier: Apache-2.0
// Folders to journal rows, in growing chunks.
#include "transfer/plan/index_pass.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mboxferry/base/thread.h"
#include "mboxferry/transfer/folder_index.h"
#include "mboxferry/transfer/progress.h"
#include "transfer/index/index_state.h"
#include "transfer/source/placed_files.h"
#include "transfer/source/standing_bytes.h"

namespace mboxferry::transfer {

SenderFiling* FolderIndexer::begin_filing(const SourceFolder& source) {
  if (!settings_.senders.any()) return nullptr;
  if (!filing_) filing_ = std::make_unique<SenderFiling>(settings_.senders, journal_);
  filing_->begin(source, book_);
  return filing_.get();
}

Result<void> FolderIndexer::index(SourceFolder& source, const Cancellation& cancel,
                                  IndexExtent extent) {
  auto state = IndexState::from_text(source.row.index_state);
  if (!state)
    return Error{ErrorCode::configuration,
                 "the journal's index state of " + source.row.file + " is damaged",
                 std::string(kAnotherJobHint)};
  std::optional<journal::MessageRow> known_last;
  if (source.grown || source.touched) {
    MBOXFERRY_ASSIGN(known_last, journal_.last_message(source.row.id));
    const bool cut_short = known_last && known_last->code == kCutShort;
    // Only what grew is known to go on behind its last message.
    if (cut_short || !source.grown) known_last.reset();
    if (known_last || cut_short) {
      state->resume_at = state->last_start;
      state->accounting = state->before_last;
    } else if (source.grown) {
      state = IndexState{};
    }
    MBOXFERRY_TRY(journal_.forget_unread(source.row.id, state->resume_at));
  } else {
    // The pass of an earlier run ended before it had come to the message that was stored half.
    MBOXFERRY_ASSIGN(const auto last, journal_.last_message(source.row.id));
    if (last && last->code != kCutShort && last->offset >= state->resume_at) known_last = last;
  }
  MBOXFERRY_ASSIGN(const auto bytes, source.stands_to || source.placed
                                         ? open_bytes(source)
                                         : archive::open_folder(source.place));
  JournalFiller filler(source, label_policy(settings_), book_, journal_, gate_, tracker_, *state,
                       std::move(known_last), extent, begin_filing(source));
  const IndexStart start{state->resume_at, state->accounting};
  const auto total = source.placed
                         ? index_new_files(source, *bytes, settings_.index, filler, cancel, start)
                         : index_place(source.place, *bytes, source.survey, settings_.index, filler,
                                       cancel, start);
  if (filler.has_beginning()) return ok();
  if (!total) return total.error();
  if (const auto damage = bytes->damage()) filler.damaged(total->sum(), *damage);
  return filler.finish(*total);
}

IndexPass::IndexPass(std::vector<SourceFolder>& sources, const JobSettings& settings,
                     MailboxBook& book, journal::Journal& journal, IndexGate& gate,
                     Tracker& tracker, std::size_t beginnings)
    : sources_(sources),
      beginnings_(beginnings),
      indexer_(settings, book, journal, gate, tracker),
      gate_(gate),
      tracker_(tracker) {
  // What was indexed before is there from the beginning, not a moment later.
  for (; begin_ < sources_.size() && sources_[begin_].row.index_done; ++begin_) gate_.folder_done();
}

IndexPass::~IndexPass() {
  stop_.request();
  gate_.stop();
  if (thread_.joinable()) thread_.join();
}

void IndexPass::start(const Cancellation& interrupt) {
  if (auto thread = start_thread([this] { run(stop_); })) {
    thread_ = std::move(*thread);
    return;
  }
  gate_.lift();
  run(interrupt);
}

void IndexPass::run(const Cancellation& cancel) {
  const auto indexed = guarded([&] { return index_all(cancel); });
  if (!indexed) return gate_.failed(indexed.error());
  tracker_.update([](Progress& progress) { progress.totals_known = true; });
}

Result<void> IndexPass::index_all(const Cancellation& cancel) {
  gate_.folders_begun(std::min(begin_ + 1, sources_.size()));
  MBOXFERRY_TRY(index_beginnings(cancel));
  for (std::size_t position = begin_; position < sources_.size(); ++position) {
    gate_.folders_begun(position + 1);
    SourceFolder& source = sources_[position];
    if (!source.row.index_done) MBOXFERRY_TRY(indexer_.index(source, cancel));
    gate_.folder_done();
  }
  return ok();
}

/// A mailbox's other folders wait for its first. What lies in a container may be dear to open
/// twice.
Result<void> IndexPass::index_beginnings(const Cancellation& cancel) {
  if (beginnings_ < 2) return ok();
  std::set<journal::MailboxId> begun;
  for (std::size_t position = begin_; position < sources_.size() && begun.size() < beginnings_;
       ++position) {
    SourceFolder& source = sources_[position];
    if (source.row.index_done || !begun.insert(source.row.mailbox).second) continue;
    if (position + 1 == sources_.size() && begun.size() == 1) break;
    if (source.place.container) continue;
    MBOXFERRY_TRY(indexer_.index(source, cancel, IndexExtent::beginning));
    gate_.folders_begun(position + 1);
  }
  return ok();
}

}  // namespace mboxferry::transfer
