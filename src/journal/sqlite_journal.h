// SPDX-License-Identifier: Apache-2.0
// The journal on SQLite; its methods are spread over catalog.cc, messages.cc, transitions.cc,
// places.cc, replaced.cc, moved.cc, dedupe.cc, reconcile.cc, copies.cc, senders.cc and reports.cc.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/database.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/journal/lock_file.h"

namespace mboxferry::journal {

/// One connection behind one mutex, which together() holds while other methods take it. Visitors
/// run without the mutex, so that they may call the journal.
class SqliteJournal final : public Journal {
 public:
  SqliteJournal(std::unique_ptr<Database> database, LockFile lock)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  [[nodiscard]] const std::string& path() const override { return database_->path(); }

  Result<void> together(const std::function<Result<void>()>& write) override;
  Result<void> claim(const JobIdentity& identity) override;
  Result<void> change_settings(const std::string& settings) override;
  Result<JobIdentity> identity() const override;
  Result<DigestKey> digest_key() const override;
  Result<void> set_note(const std::string& name, const std::string& value) override;
  Result<void> set_note_now(const std::string& name, const std::string& value) override;
  Result<std::optional<std::string>> note(const std::string& name) const override;
  Result<void> each_note(std::string_view prefix, const NoteVisitor& visit) const override;

  Result<FolderId> add_folder(const FolderRow& folder) override;
  Result<void> update_folder(const FolderRow& folder) override;
  Result<std::vector<FolderRow>> folders() const override;
  Result<MailboxId> add_mailbox(const MailboxRow& mailbox) override;
  Result<void> update_mailbox(const MailboxRow& mailbox) override;
  Result<std::vector<MailboxRow>> mailboxes() const override;
  Result<std::optional<MailboxRow>> mailbox(MailboxId id) const override;

  Result<void> begin_unread() override;
  Result<void> add_unread(const UnreadRow& row) override;
  Result<void> forget_unread(FolderId folder, std::uint64_t offset) override;
  Result<void> each_unread(const UnreadVisitor& visit) const override;
  Result<Count> unread() const override;

  Result<void> set_dedupe(Dedupe dedupe) override;
  Result<void> plan_copies_of(std::span<const MessageRow> left_out) override;
  Result<void> add_indexed(const FolderRow& folder, std::span<MessageRow> messages,
                           std::span<const Finding> findings) override;
  Result<void> take_status(std::span<const MessageRow> messages,
                           std::span<const Finding> findings) override;
  Result<void> forget_findings(FolderId folder, std::string_view code) override;
  Result<void> begin_places(FolderId folder) override;
  Result<std::optional<MessageId>> place_known(FolderId folder, const Digest& digest,
                                               std::uint64_t length, std::uint64_t lies) override;
  Result<void> place_new(const Place& place) override;
  Result<std::optional<Place>> place_at(FolderId folder, std::uint64_t offset) const override;
  Result<std::optional<std::uint64_t>> new_place(FolderId folder,
                                                 std::uint64_t lies) const override;
  Result<bool> has_place(FolderId folder, std::uint64_t offset) const override;
  Result<void> commit(const Step& step) override;
  Result<std::vector<MessageRow>> planned(FolderId folder, MailboxId mailbox, MessageId after,
                                          std::size_t limit) const override;
  Result<std::vector<MailboxId>> mailboxes_of(FolderId folder) const override;
  Result<void> index_mailboxes() override;
  Result<std::optional<MessageRow>> message(MessageId id) const override;
  Result<std::vector<MessageRow>> messages(FolderId folder, MessageId after,
                                           std::size_t limit) const override;
  Result<std::optional<MessageRow>> last_message(FolderId folder) const override;

  Result<Doubt> doubt(MailboxId mailbox) const override;
  Result<void> begin_reconcile(MailboxId mailbox, Unidentified which) override;
  Result<void> add_seen(std::span<const Seen> seen) override;
  Result<std::vector<Stored>> certain_matches(std::size_t limit) override;
  Result<std::vector<Stored>> certain_sample(std::size_t count) override;
  Result<std::vector<Stored>> certain_repeated(std::size_t limit) override;
  Result<void> reject(std::span<const Stored> pairs) override;
  Result<std::optional<Seen>> next_ambiguous(Uid after) override;
  Result<std::optional<MessageId>> doubtful_with_digest(const Digest& digest,
                                                        std::int64_t date) const override;
  Result<std::optional<MessageRow>> doubtful_of_size(std::uint64_t size,
                                                     MessageId after) const override;
  Result<std::vector<MessageRow>> last_stored(MailboxId mailbox, std::size_t limit) const override;
  Result<std::optional<Lookalikes>> next_lookalikes(MessageId after, bool any_date,
                                                    bool other_id) override;
  Result<void> hold(std::span<const MessageId> messages) override;
  Result<void> set_unproven(std::span<const Uid> uids) override;
  Result<void> hold_unproven() override;
  Result<void> end_reconcile() override;
  Result<void> commit_matches(std::span<const Stored> matches) override;
  Result<std::uint64_t> plan_rest_again() override;
  Result<std::uint64_t> leave_rest_out(std::string_view code, std::string_view text,
                                       const std::string& note) override;
  Result<void> begin_moved(MailboxId mailbox,
                           std::span<const std::pair<MessageId, MessageId>> messages) override;
  Result<void> begin_copy_search(MailboxId mailbox) override;
  Result<void> leave_out_ledger() override;
  Result<std::vector<Suspect>> suspects(Uid after, std::size_t limit) override;
  Result<std::optional<MessageRow>> original_of(const Seen& seen,
                                                const std::optional<Digest>& digest) override;
  Result<bool> was_resent(MessageId message) const override;
  Result<void> doubt_everything(MailboxId mailbox, std::uint32_t new_uid_validity) override;
  Result<std::uint64_t> doubt_left_out(MailboxId mailbox, std::string_view code) override;
  Result<void> forget_uids(MailboxId mailbox) override;
  Result<std::vector<UidRange>> unknown_uids(MailboxId mailbox, Uid next,
                                             std::size_t most) const override;
  Result<SeenUnknown> narrow_to_seen(bool any_date) override;
  Result<FolderId> replace_folder(FolderId former, const FolderRow& replacement) override;
  Result<bool> is_retired(FolderId folder) const override;
  Result<FolderId> replaced_by(FolderId folder) const override;
  Result<void> forget_replacement(FolderId replacement) override;
  Result<TakenOver> take_over(FolderId folder) override;
  Result<std::uint64_t> take_moved() override;
  Result<bool> is_elsewhere(FolderId folder) const override;
  Result<std::uint64_t> leave_out_replaced(MailboxId mailbox) override;

  Result<void> ledger(MailboxId mailbox, const MessageVisitor& visit) const override;
  Result<void> each(State state, MailboxId mailbox, const MessageVisitor& visit) const override;
  Result<MailboxCounts> counts(MailboxId mailbox) const override;
  Result<CountsByMailbox> counts_by_mailbox() const override;
  Result<std::int64_t> add_sender_entry(const SenderEntry& entry) override;
  Result<std::vector<SenderMatch>> sender_matches(MessageId first, MessageId last) const override;
  Result<std::vector<SenderSum>> sender_sums(std::size_t limit) const override;
  Result<std::uint64_t> sender_sum_count() const override;
  Result<SenderTotalsByMailbox> sender_totals() const override;
  Result<void> each_finding(
      FolderId folder, const std::function<Result<void>(const Finding&)>& visit) const override;

 private:
  struct Reconciling {
    MailboxId mailbox = 0;
    Unidentified which = Unidentified::in_doubt;
    Uid uid_floor = 0;
    bool indexed = false;        ///< the scratch tables have their indexes
    bool certain_known = false;  ///< the table `certain` is up to date
    bool lookalikes_indexed = false;
  };

  Result<std::vector<Stored>> certain(const std::string& sql, std::int64_t number);
  /// Writes the folder's row; true when this is what completes its index.
  Result<bool> write_folder(const FolderRow& folder);
  Result<void> insert_unread(const UnreadRow& row);
  [[nodiscard]] Result<bool> knows_unread() const;
  [[nodiscard]] Result<bool> knows_senders() const;
  Result<void> forget_other_job(const JobIdentity& identity);
  Result<std::int64_t> keywords_id(const std::string& keywords);
  Result<void> insert_message(MessageRow& row);
  Result<void> skip_if_duplicate(MessageRow& row);
  Result<void> take_status_of(const MessageRow& row);
  Result<void> insert_findings(std::span<const Finding> findings);
  Result<Doubt> doubt_locked(MailboxId mailbox) const;
  Result<void> plan_copies_of_moved(FolderId former);
  Result<void> plan_copies_of_left_out();
  Result<void> fill_doubt(MailboxId mailbox, Unidentified which);
  Result<void> find_certain();
  Result<void> remove_messages(FolderId folder, const std::string& where);
  Result<void> list_versions(FolderId folder);
  Result<void> judge(FolderId former, FolderId replacement, TakenOver& taken);
  Result<void> leave_to_versions(FolderId former);
  Result<void> begin_pairs();
  Result<void> take_pairs();
  Result<void> end_pairs();
  Result<void> leave_moved();
  Result<void> make_places();
  Result<std::uint64_t> count_rows(const std::string& source) const;
  Result<void> fill_originals();
  Result<void> index_lookalikes();
  Result<std::uint64_t> decide_rest(const std::function<Result<std::int64_t>()>& decide);
  Result<std::int64_t> apply_match(const Stored& match);
  [[nodiscard]] Error misuse(const std::string& what) const;

  mutable std::recursive_mutex mutex_;
  LockFile lock_;  // before the database, so that it is given back after that is closed; none for a
                   // reader
  std::unique_ptr<Database> database_;
  std::optional<Reconciling> reconciling_;
  Dedupe dedupe_ = Dedupe::none;
  /// The folder whose versions temp.version has, or 0.
  FolderId versions_of_ = 0;
};

}  // namespace mboxferry::journal
