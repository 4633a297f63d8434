// SPDX-License-Identifier: Apache-2.0
// Collects rows, in growing chunks.
#include "transfer/plan/journal_filler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "transfer/source/placed_files.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kLargestChunk = 8192;
constexpr std::uint64_t kChunkBytes = 32u << 20;
constexpr std::size_t kMostFindings = 4096;
constexpr int kMostDuplicatesTold = 20;

Error stopped() { return {ErrorCode::interrupted, "indexing was stopped", ""}; }

Error last_message_changed(const journal::FolderRow& row) {
  return {ErrorCode::archive_changed,
          row.file + ": the last message of the part that was read before has changed",
          std::string(kChangedHint)};
}

}  // namespace

Result<bool> is_stored_half(const journal::Journal& journal, journal::FolderId folder,
                            std::uint64_t offset) {
  const Error found{ErrorCode::interrupted, "found", ""};
  const auto walked = journal.each_finding(folder, [&](const journal::Finding& finding) {
    return finding.code == kStoredHalf && finding.offset == offset ? Result<void>(found) : ok();
  });
  if (!walked && walked.error().code != found.code) return walked.error();
  return !walked;
}

std::string join_keywords(const std::vector<std::string>& keywords) {
  std::string joined;
  const auto add = [&](std::string_view keyword) {
    if (!joined.empty()) joined += ' ';
    joined += keyword;
  };
  bool unsayable = false;
  for (const std::string& keyword : keywords) {
    if (const auto valid = message::as_imap_keyword(keyword)) {
      add(*valid);
    } else {
      unsayable = true;
    }
  }
  if (unsayable) add(journal::kUnsayable);
  return joined;
}

std::string keywords_of(const IndexedMessage& message, const plan::LabelChoice& labels,
                        journal::SenderAction action) {
  std::vector<std::string> keywords = message.keywords;
  keywords.insert(keywords.end(), labels.keywords.begin(), labels.keywords.end());
  mark_keywords(action, keywords);
  return join_keywords(keywords);
}

JournalFiller::JournalFiller(SourceFolder& source, plan::LabelPolicy labels, MailboxBook& book,
                             journal::Journal& journal, IndexGate& gate, Tracker& tracker,
                             IndexState state, std::optional<journal::MessageRow> known_last,
                             IndexExtent extent, SenderFiling* filing)
    : source_(source),
      labels_(labels),
      filing_(filing),
      book_(book),
      journal_(journal),
      gate_(gate),
      tracker_(tracker),
      state_(state),
      known_last_(std::move(known_last)),
      extent_(extent) {}

Result<void> JournalFiller::message(const IndexedMessage& message, std::uint64_t resume_at,
                                    const mbox::Accounting& accounting) {
  if (!source_.stands_to || known_last_) return take(message, resume_at, accounting);
  // Complete only once another one follows.
  const auto before = std::exchange(held_, Held{message, resume_at, accounting});
  return before ? take(before->message, before->resume_at, before->accounting) : ok();
}

Result<void> JournalFiller::doubt(const mbox::Doubt& doubt) {
  return add({0, doubt.offset, kDoubtfulSeparator, doubt.reason + ": " + doubt.line, doubt.taken});
}

Result<void> JournalFiller::problem(const mbox::Problem& problem) {
  journal::Finding finding{0, problem.offset, problem.code, problem.text, false};
  if (problem.unread > 0) finding.unread = problem.unread;
  return add(std::move(finding));
}

void JournalFiller::damaged(std::uint64_t offset, const Error& error) {
  findings_.push_back({0, offset, "damaged", error.what, false, 0});
}

Result<void> JournalFiller::finish(const mbox::Accounting& total) {
  if (known_last_) return last_message_changed(source_.row);
  // A later run goes on with the message that was held back.
  source_.held_back = held_.has_value();
  if (!held_) state_.accounting = total;
  source_.row.index_done = !held_;
  return write();
}

Result<void> JournalFiller::take(const IndexedMessage& message, std::uint64_t resume_at,
                                 const mbox::Accounting& accounting) {
  state_.last_start = std::exchange(state_.resume_at, resume_at);
  state_.before_last = std::exchange(state_.accounting, accounting);
  if (known_last_) return compare_with_known(message);
  report_repairs(message);
  report_cut_labels(message);
  MBOXFERRY_TRY(add_rows(message));
  chunk_bytes_ += message.length;
  wire_bytes_ += message.wire_size;
  const bool full = rows_.size() >= chunk_ || chunk_bytes_ >= kChunkBytes;
  if (!full) return ok();
  MBOXFERRY_TRY(flush());
  if (extent_ == IndexExtent::whole) return ok();
  has_beginning_ = true;
  return stopped();
}

Result<void> JournalFiller::compare_with_known(const IndexedMessage& message) {
  const bool same = known_last_->offset == message.offset &&
                    known_last_->length == message.length && known_last_->digest == message.content;
  if (!same) {
    MBOXFERRY_ASSIGN(const bool half,
                     is_stored_half(journal_, source_.row.id, known_last_->offset));
    if (!half || known_last_->offset != message.offset) return last_message_changed(source_.row);
    MBOXFERRY_TRY(list_stored_half(message));
  }
  known_last_.reset();
  return ok();
}

Result<void> JournalFiller::list_stored_half(const IndexedMessage& message) {
  const std::uint64_t stored = known_last_->length;
  return journal_.add_unread(
      {source_.row.id, source_.row.file, message.offset,
       message.length > stored ? message.length - stored : 0,
       fmt::format(
           "the message at byte {} was stored before another program had written it to "
           "its end: delete it from the mailbox, and begin a new job with another "
           "--journal (a batch: --state-dir) and --skip-existing, which adds it as it is now",
           message.offset)});
}

journal::MessageRow JournalFiller::to_row(const IndexedMessage& message) const {
  journal::MessageRow row;
  row.folder = source_.row.id;
  row.offset = message.offset;
  row.length = message.length;
  row.wire_size = message.wire_size;
  row.digest = message.content;
  row.message_id_hash = message::message_id_hash(message.message_id);
  row.date = message.date.time;
  row.date_source = static_cast<std::uint8_t>(message.date.source);
  row.date_corrected = message.date.to_be_listed();
  row.flags = message.flags;
  return row;
}

Result<void> JournalFiller::add_rows(const IndexedMessage& message) {
  journal::MessageRow row = to_row(message);
  report_late_labels(message);
  const plan::LabelChoice choice =
      plan::choose_labels(message.labels, source_.by_label ? labels_ : plan::LabelPolicy::none);
  const bool left_out = message.pseudo || message.expunged;
  bool filed = false;
  if (left_out) {
    row.state = journal::State::skipped;
    row.code = message.pseudo ? "pseudo" : kExpunged;
  } else if (filing_ != nullptr) {
    MBOXFERRY_ASSIGN(filed, file_by_sender(message, row));
  }
  row.keywords = keywords_of(message, choice, row.sender_action);
  if (filed) {
    for (const std::string& label : choice.mailboxes) MBOXFERRY_TRY(book_.note_unused(label));
    rows_.push_back(std::move(row));
    return ok();
  }
  if (left_out || choice.mailboxes.empty()) {
    MBOXFERRY_ASSIGN(row.mailbox, own_mailbox());
    rows_.push_back(std::move(row));
    return ok();
  }
  for (const std::string& label : choice.mailboxes) {
    MBOXFERRY_ASSIGN(row.mailbox, book_.for_label(label));
    rows_.push_back(row);
  }
  return ok();
}

Result<bool> JournalFiller::file_by_sender(const IndexedMessage& message,
                                           journal::MessageRow& row) {
  MBOXFERRY_ASSIGN(SenderFiling::Decision decision, filing_->decide(message));
  row.sender_entry = decision.entry;
  row.sender_action = decision.action;
  switch (decision.action) {
    case journal::SenderAction::junk: {
      MBOXFERRY_ASSIGN(row.mailbox, book_.for_junk());
      return true;
    }
    case journal::SenderAction::rescue: {
      MBOXFERRY_ASSIGN(row.mailbox, book_.for_inbox());
      return true;
    }
    case journal::SenderAction::skip:
      row.state = journal::State::skipped;
      row.code = journal::kBlockedSender;
      row.text = std::move(decision.text);
      return false;
    case journal::SenderAction::none:
    case journal::SenderAction::tag:
    case journal::SenderAction::report:
      break;
  }
  return false;
}

Result<journal::MailboxId> JournalFiller::own_mailbox() {
  if (source_.row.mailbox == 0) {
    MBOXFERRY_ASSIGN(source_.row.mailbox, book_.for_folder(source_));
  }
  return source_.row.mailbox;
}

void JournalFiller::report_repairs(const IndexedMessage& message) {
  if (message.final_line_end_added)
    findings_.push_back(
        {0, message.offset, "line-end-added", "the last line had no line end and got one", false});
  if (message.date.to_be_listed())
    findings_.push_back(
        {0, message.offset, "date-corrected", message::describe(message.date), false});
}

void JournalFiller::report_late_labels(const IndexedMessage& message) {
  const bool late = !source_.by_label && labels_ != plan::LabelPolicy::none;
  if (!late || message.labels.empty() || std::exchange(late_labels_told_, true)) return;
  findings_.push_back({0, message.offset, "labels-late",
                       "labels begin here, far into the folder, and name no mailboxes", false});
}

void JournalFiller::report_cut_labels(const IndexedMessage& message) {
  if (!message.labels_cut || !source_.by_label) return;
  findings_.push_back({0, message.offset, journal::kLabelsCut,
                       "not all of its labels are used: it has more than 256, or more than 64 KiB "
                       "of them",
                       false});
  if (++cut_labels_ > kMostDuplicatesTold) return;
  tracker_.notice(fmt::format(
      "{}: the message at byte {} has more than 256 labels, or more than 64 KiB of them: not all "
      "are used",
      source_.row.path, message.offset));
  if (cut_labels_ == kMostDuplicatesTold)
    tracker_.notice(
        "more messages of this folder whose labels are not all used are counted in "
        "the report only");
}

Result<void> JournalFiller::add(journal::Finding finding) {
  findings_.push_back(std::move(finding));
  return findings_.size() >= kMostFindings ? flush() : ok();
}

Result<void> JournalFiller::flush() {
  const std::uint64_t wire_bytes = wire_bytes_;
  MBOXFERRY_TRY(write());
  chunk_ = std::min(chunk_ * 2, kLargestChunk);
  return gate_.indexed(wire_bytes) ? ok() : Result<void>(stopped());
}

Result<void> JournalFiller::write() {
  source_.row.index_state = state_.to_text();
  for (journal::Finding& finding : findings_) finding.folder = source_.row.id;
  MBOXFERRY_TRY(journal_.add_indexed(source_.row, rows_, findings_));
  for (const std::string& notice : book_.take_notices()) tracker_.notice(notice);
  journal::Count planned;
  for (const journal::MessageRow& row : rows_) {
    if (row.state != journal::State::planned) continue;
    ++planned.messages;
    planned.bytes += row.wire_size;
  }
  for (const journal::MessageRow& row : rows_) tell_duplicate(row);
  const auto unread = static_cast<std::uint64_t>(
      std::count_if(findings_.begin(), findings_.end(),
                    [](const journal::Finding& finding) { return finding.unread.has_value(); }));
  const std::uint64_t newly_read = take_newly_read();
  tracker_.update([&](Progress& progress) {
    progress.total.messages += planned.messages;
    progress.total.bytes += planned.bytes;
    progress.read_bytes += newly_read;
    progress.unread += unread;
  });
  rows_.clear();
  findings_.clear();
  chunk_bytes_ = 0;
  wire_bytes_ = 0;
  return ok();
}

std::uint64_t JournalFiller::take_newly_read() {
  const std::uint64_t all = source_.place.bytes_on_disk;
  const std::uint64_t now =
      source_.row.index_done ? all : std::min(source_.bytes_told + chunk_bytes_, all);
  return now - std::exchange(source_.bytes_told, now);
}

void JournalFiller::tell_duplicate(const journal::MessageRow& row) {
  if (row.code != "duplicate" || ++duplicates_told_ > kMostDuplicatesTold) return;
  tracker_.notice(
      fmt::format("duplicate: {}, message at byte {}: {}", source_.row.path, row.offset, row.text));
  if (duplicates_told_ == kMostDuplicatesTold)
    tracker_.notice("more duplicates of this folder are in the report only");
}

}  // namespace mboxferry::transfer
