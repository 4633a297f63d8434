// SPDX-License-Identifier: Apache-2.0
// A written-to file's messages beside the journal's rows.
#include "transfer/plan/compare_index.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mboxferry/transfer/folder_index.h"
#include "transfer/index/index_state.h"
#include "transfer/plan/index_pass.h"
#include "transfer/source/placed_files.h"
#include "transfer/source/replaced_folder.h"
#include "transfer/source/standing_bytes.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kRowsAtOnce = 1000;

Error other_messages(const journal::FolderRow& folder, const std::string& how) {
  return {ErrorCode::archive_changed,
          fmt::format("{} has changed since this job's journal was written: {}", folder.file, how),
          std::string(kChangedHint)};
}

std::string shown_flags(const journal::MessageRow& row) {
  std::vector<std::string> names = message::flag_names(row.flags);
  if (!row.keywords.empty()) names.push_back(row.keywords);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, " "));
}

/// Compares messages with the rows of the journal, page by page, and takes new flags.
class IndexComparer final : public IndexSink {
 public:
  /// `more_to_come`: what lies behind the last row is not compared.
  IndexComparer(const SourceFolder& source, const JobSettings& settings, journal::Journal& journal,
                bool more_to_come)
      : source_(source),
        labels_(source.by_label ? label_policy(settings) : plan::LabelPolicy::none),
        takes_deletions_(settings.dedupe == journal::Dedupe::none),
        journal_(journal),
        more_to_come_(more_to_come) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    MBOXFERRY_TRY(read_rows());
    if (rows_.empty() && more_to_come_) {
      at_end_ = true;
      return Error{ErrorCode::interrupted, "every row was compared", ""};
    }
    const bool same = !rows_.empty() && rows_.front().offset == message.offset &&
                      rows_.front().length == message.length &&
                      rows_.front().digest == message.content;
    if (!same) {
      MBOXFERRY_ASSIGN(const bool cut_short, was_cut_short(message));
      if (cut_short) return leave_out_cut_short();
    }
    if (!same)
      return other_messages(source_.row,
                            fmt::format("the message at byte {} is another", message.offset));
    for (journal::MessageRow& row : rows_) compare_status(row, message);
    return taken_.size() + findings_.size() < kRowsAtOnce ? ok() : flush();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  /// Compares one message that was found otherwise.
  Result<void> compare(journal::MessageRow& row, const IndexedMessage& message) {
    compare_status(row, message);
    return taken_.size() + findings_.size() < kRowsAtOnce ? ok() : flush();
  }
  Result<void> flush() {
    MBOXFERRY_TRY(journal_.take_status(taken_, findings_));
    taken_.clear();
    findings_.clear();
    return ok();
  }
  /// True when the walk was ended because the rows had ended.
  [[nodiscard]] bool at_end() const { return at_end_; }

  Result<void> finish() {
    MBOXFERRY_TRY(read_rows());
    if (!rows_.empty())
      return other_messages(source_.row,
                            fmt::format("the message at byte {} is gone", rows_.front().offset));
    return flush();
  }

  void tell(Observer& observer) const {
    const auto line = [&](std::uint64_t messages, const char* one, const char* more) {
      if (messages > 0)
        observer.notice(fmt::format("{}: {} message{} {}", source_.row.file, messages,
                                    messages == 1 ? "" : "s", messages == 1 ? one : more));
    };
    line(taken_flags_, "that is not sent yet has new flags, which are taken",
         "that are not sent yet have new flags, which are taken");
    line(deleted_, "was deleted meanwhile and is left out",
         "were deleted meanwhile and are left out");
    line(restored_, "is no longer deleted and will be sent",
         "are no longer deleted and will be sent");
    line(returned_, "is in it again and will be sent", "are in it again and will be sent");
    line(told_,
         "that is stored already has other flags or is deleted now; the mailbox keeps it as it is, "
         "and mboxferry verify lists it",
         "that are stored already have other flags or are deleted now; the mailboxes keep them as "
         "they are, and mboxferry verify lists them");
  }

 private:
  /// The last message of the index, whose end another program had not written by then: there may
  /// also have been a part of the next separator.
  Result<bool> was_cut_short(const IndexedMessage& message) const {
    // With --dedupe another copy may have been left out for it.
    if (!takes_deletions_ || rows_.empty() || rows_.front().offset != message.offset ||
        rows_.front().length == message.length || next_ < page_.size())
      return false;
    const bool planned = std::all_of(
        rows_.begin(), rows_.end(),
        [](const journal::MessageRow& row) { return row.state == journal::State::planned; });
    MBOXFERRY_ASSIGN(const auto more, journal_.messages(source_.row.id, last_id_, 1));
    return planned && more.empty();
  }

  /// It is indexed once more, as a message of its own.
  Result<void> leave_out_cut_short() {
    for (journal::MessageRow& row : rows_) {
      row.state = journal::State::skipped;
      row.code = kCutShort;
      taken_.push_back(std::move(row));
    }
    rows_.clear();
    at_end_ = true;
    return Error{ErrorCode::interrupted, "the rest is indexed anew", ""};
  }

  /// The rows of the next message: with several labels it has several.
  Result<void> read_rows() {
    rows_.clear();
    for (;;) {
      if (next_ == page_.size()) {
        MBOXFERRY_ASSIGN(page_, journal_.messages(source_.row.id, last_id_, kRowsAtOnce));
        next_ = 0;
        if (page_.empty()) return ok();
        MBOXFERRY_TRY(read_sender_actions());
        last_id_ = page_.back().id;
      }
      if (page_[next_].code == kCutShort) {
        ++next_;
        continue;
      }
      if (!rows_.empty() && page_[next_].offset != rows_.front().offset) return ok();
      rows_.push_back(std::move(page_[next_++]));
    }
  }

  /// What was decided by sender lists stays.
  Result<void> read_sender_actions() {
    MBOXFERRY_ASSIGN(const auto matches,
                     journal_.sender_matches(page_.front().id, page_.back().id));
    auto row = page_.begin();
    for (const journal::SenderMatch& match : matches) {
      while (row != page_.end() && row->id < match.message) ++row;
      if (row != page_.end() && row->id == match.message) row->sender_action = match.action;
    }
    return ok();
  }

  void compare_status(journal::MessageRow& row, const IndexedMessage& message) {
    journal::MessageRow now = row;
    now.flags = message.flags;
    now.keywords =
        keywords_of(message, plan::choose_labels(message.labels, labels_), row.sender_action);
    const bool same = now.flags == row.flags && now.keywords == row.keywords;
    switch (row.state) {
      case journal::State::stored: {
        // Keywords that were refused when it was stored are none of this.
        const bool told = now.flags != row.flags ||
                          (now.keywords != row.keywords && row.keywords != journal::kUnsayable);
        if (told || message.expunged) tell_stored(row, now, message.expunged);
        return;
      }
      case journal::State::planned:
        if (message.expunged && takes_deletions_) {
          now.state = journal::State::skipped;
          now.code = kExpunged;
          ++deleted_;
          return taken_.push_back(std::move(now));
        }
        break;
      case journal::State::skipped:
        // A file that was gone may come back, whatever its labels.
        if (message.expunged ||
            (row.code != kFileGone && (row.code != kExpunged || source_.by_label)))
          return;
        now.state = journal::State::planned;
        now.code.clear();
        ++(row.code == kFileGone ? returned_ : restored_);
        return taken_.push_back(std::move(now));
      case journal::State::intended:
      case journal::State::refused:
        break;
    }
    if (same) return;
    ++taken_flags_;
    taken_.push_back(std::move(now));
  }

  void tell_stored(const journal::MessageRow& row, const journal::MessageRow& now, bool expunged) {
    ++told_;
    std::string text = expunged ? "deleted in the archive after it was stored"
                                : fmt::format("flags in the archive: {}; when it was stored: {}",
                                              shown_flags(now), shown_flags(row));
    findings_.push_back({row.folder, row.offset, journal::kStatusChanged, std::move(text), false});
  }

  const SourceFolder& source_;
  const plan::LabelPolicy labels_;
  const bool takes_deletions_;  ///< false: another copy may have been left out for this one
  journal::Journal& journal_;
  const bool more_to_come_;
  std::vector<journal::MessageRow> page_;
  std::size_t next_ = 0;
  journal::MessageId last_id_ = 0;
  std::vector<journal::MessageRow> rows_;
  std::vector<journal::MessageRow> taken_;
  std::vector<journal::Finding> findings_;
  bool at_end_ = false;
  std::uint64_t taken_flags_ = 0;
  std::uint64_t deleted_ = 0;
  std::uint64_t restored_ = 0;
  std::uint64_t returned_ = 0;
  std::uint64_t told_ = 0;
};

/// Message files that are not those of the journal in their order.
Result<void> place_files(SourceFolder& source, const JobSettings& settings,
                         journal::Journal& journal, Observer& observer,
                         const Cancellation& cancel) {
  // An attempt to compare them in their order may have left some.
  MBOXFERRY_TRY(journal.forget_findings(source.row.id, journal::kStatusChanged));
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
  IndexComparer comparer(source, settings, journal, false);
  FilePlacer placer(source, journal, [&](journal::MessageRow& row, const IndexedMessage& message) {
    return comparer.compare(row, message);
  });
  MBOXFERRY_TRY(placer.begin());
  MBOXFERRY_TRY(index_place(source.place, *bytes, source.survey, settings.index, placer, cancel));
  MBOXFERRY_TRY(comparer.flush());
  MBOXFERRY_TRY(placer.finish());
  comparer.tell(observer);
  placer.tell(observer);
  IndexState state;
  state.resume_at = state.last_start = placer.end_of_rows();
  state.accounting.message = state.before_last.message = placer.end_of_rows();
  source.placed = &journal;
  source.lost_all = placer.lost_all();
  source.may_have_moved = source.may_have_moved || placer.lacks_kept() || source.lost_all;
  source.grown = false;
  source.row.index_state = state.to_text();
  source.row.index_done = !placer.has_new();
  MBOXFERRY_TRY(note_placed_files(journal, source.row.id));
  return journal.update_folder(source.row);
}

/// Not one that was written to while it was read.
bool says_other_messages(const Error& error) {
  return error.code == ErrorCode::archive_changed && error.retry.when != Retry::When::now;
}

Result<void> compare_all(SourceFolder& source, const JobSettings& settings,
                         journal::Journal& journal, Observer& observer,
                         const Cancellation& cancel) {
  MBOXFERRY_TRY(journal.forget_findings(source.row.id, journal::kStatusChanged));
  MBOXFERRY_ASSIGN(const auto first, journal.messages(source.row.id, 0, 1));
  if (first.empty()) {
    if (!source.row.index_done) source.row.index_state = IndexState{}.to_text();
    return journal.update_folder(source.row);
  }
  if (source.files_changed) return place_files(source, settings, journal, observer, cancel);
  const bool by_file = source.place.form != archive::FolderForm::mbox;
  MBOXFERRY_ASSIGN(const auto bytes, open_bytes(source));
  IndexComparer comparer(source, settings, journal, !source.row.index_done);
  const auto compared =
      index_place(source.place, *bytes, source.survey, settings.index, comparer, cancel);
  if (!compared && !comparer.at_end()) {
    if (by_file && says_other_messages(compared.error()))
      return place_files(source, settings, journal, observer, cancel);
    return compared.error();
  }
  MBOXFERRY_TRY(bytes->check_unchanged());
  const auto finished = comparer.finish();
  if (!finished && by_file && says_other_messages(finished.error()))
    return place_files(source, settings, journal, observer, cancel);
  MBOXFERRY_TRY(finished);
  comparer.tell(observer);
  MBOXFERRY_ASSIGN(const auto last, journal.last_message(source.row.id));
  if (last && last->code == kCutShort) source.row.index_done = false;
  return journal.update_folder(source.row);
}

}  // namespace

Result<void> compare_index(SourceFolder& source, const JobSettings& settings,
                           journal::Journal& journal, Observer& observer,
                           const Cancellation& cancel) {
  const auto compared = compare_all(source, settings, journal, observer, cancel);
  // Of message files it is known already which are the same.
  const bool by_file = source.place.form != archive::FolderForm::mbox;
  if (compared || by_file || !says_other_messages(compared.error())) return compared;
  return replace_folder(source, settings, journal, compared.error());
}

}  // namespace mboxferry::transfer
