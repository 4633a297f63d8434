// SPDX-License-Identifier: Apache-2.0
// What an index pass finds, as rows of the journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/labels.h"
#include "mboxferry/transfer/indexer.h"
#include "transfer/index/index_state.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/sender_filing.h"
#include "transfer/source/source_folders.h"
#include "transfer/upload/index_gate.h"

namespace mboxferry::transfer {

/// The code of a finding about a line that could be a separator.
inline constexpr const char* kDoubtfulSeparator = "doubtful-separator";

/// Why a message is left out that its program has deleted and still keeps.
inline constexpr const char* kExpunged = "expunged";

/// Why a row is left out: its message was not written to its end when it was indexed. It has
/// another row since, unless the archive has not been read again.
inline constexpr const char* kCutShort = "cut-short";

/// The code of a finding about a message that was stored, or refused, before another program had
/// written it to its end: the last one of its folder at that time. Its row is that of what was
/// stored; only its offset is that of the message now.
inline constexpr const char* kStoredHalf = "stored-half";
/// True when there is such a finding about the message at `offset`.
Result<bool> is_stored_half(const journal::Journal& journal, journal::FolderId folder,
                            std::uint64_t offset);

/// The keywords of a message as the journal keeps them: valid IMAP atoms, separated by spaces, and
/// journal::kUnsayable for those that cannot be one.
std::string join_keywords(const std::vector<std::string>& keywords);
/// Of a message, its labels and what sender lists do about it, in that form.
std::string keywords_of(const IndexedMessage& message, const plan::LabelChoice& labels,
                        journal::SenderAction action = journal::SenderAction::none);

/// How much of a folder is indexed at once: a first few hundred messages of it, or all.
enum class IndexExtent { beginning, whole };

/// Collects rows and hands them to the journal chunk by chunk.
class JournalFiller final : public IndexSink {
 public:
  JournalFiller(SourceFolder& source, plan::LabelPolicy labels, MailboxBook& book,
                journal::Journal& journal, IndexGate& gate, Tracker& tracker, IndexState state,
                std::optional<journal::MessageRow> known_last, IndexExtent extent,
                SenderFiling* filing);

  Result<void> message(const IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override;

  Result<void> doubt(const mbox::Doubt& doubt) override;
  Result<void> problem(const mbox::Problem& problem) override;
  /// The bytes end at `offset` and should not.
  void damaged(std::uint64_t offset, const Error& error);

  /// True when only the beginning was wanted and it was taken.
  [[nodiscard]] bool has_beginning() const { return has_beginning_; }

  Result<void> finish(const mbox::Accounting& total);

 private:
  // The first chunk is small so that sending starts at once; later ones share a sync between more.
  static constexpr std::size_t kFirstChunk = 256;

  struct Held {
    IndexedMessage message;
    std::uint64_t resume_at = 0;
    mbox::Accounting accounting;
  };
  Result<void> take(const IndexedMessage& message, std::uint64_t resume_at,
                    const mbox::Accounting& accounting);
  Result<void> compare_with_known(const IndexedMessage& message);
  Result<void> list_stored_half(const IndexedMessage& message);
  [[nodiscard]] journal::MessageRow to_row(const IndexedMessage& message) const;

  /// One row for each mailbox that the message goes into.
  Result<void> add_rows(const IndexedMessage& message);

  /// What the sender lists say; true when they also say which mailbox it goes into.
  Result<bool> file_by_sender(const IndexedMessage& message, journal::MessageRow& row);
  Result<journal::MailboxId> own_mailbox();
  void report_repairs(const IndexedMessage& message);

  /// The survey decides for the folder; that it was wrong is said once.
  void report_late_labels(const IndexedMessage& message);
  void report_cut_labels(const IndexedMessage& message);
  Result<void> add(journal::Finding finding);
  Result<void> flush();
  Result<void> write();

  /// Bytes on disk that were not told yet. Messages are less than a plain folder and more than a
  /// packed one; at the end it is read as a whole.
  std::uint64_t take_newly_read();
  void tell_duplicate(const journal::MessageRow& row);

  SourceFolder& source_;
  const plan::LabelPolicy labels_;
  SenderFiling* const filing_;  ///< null: no sender lists
  MailboxBook& book_;
  journal::Journal& journal_;
  IndexGate& gate_;
  Tracker& tracker_;
  IndexState state_;
  std::optional<journal::MessageRow> known_last_;
  const IndexExtent extent_;
  bool has_beginning_ = false;
  std::optional<Held> held_;
  std::vector<journal::MessageRow> rows_;
  std::vector<journal::Finding> findings_;
  std::size_t chunk_ = kFirstChunk;
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t wire_bytes_ = 0;
  int duplicates_told_ = 0;
  int cut_labels_ = 0;
  bool late_labels_told_ = false;
};

}  // namespace mboxferry::transfer
