// SPDX-License-Identifier: Apache-2.0
// Compares one mailbox's part of the ledger with the server.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/message_plan.h"
#include "mboxferry/transfer/content_key.h"
#include "mboxferry/transfer/verify.h"
#include "transfer/check/alterations.h"
#include "transfer/check/copy_finder.h"
#include "transfer/check/second_look.h"
#include "transfer/mailbox/compared_note.h"

namespace mboxferry::transfer {

/// Mailboxes that are there and could not be opened, or not be read.
struct NotCompared {
  std::uint64_t mailboxes = 0;
  std::uint64_t messages = 0;
  std::string first;  ///< its name, and what the server said

  Result<void> add(const journal::MailboxRow& mailbox, const journal::Journal& journal,
                   std::string why) {
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(mailbox.id));
    ++mailboxes;
    messages += counts.stored.messages;
    if (first.empty()) first = std::move(why);
    return ok();
  }
  /// The server has the message and does not show it.
  void add_message(const journal::MailboxRow& mailbox, imap::Uid uid, const std::string& label) {
    ++messages;
    if (first.empty())
      first =
          fmt::format("{} does not show message UID {} of mailbox {}", label, uid, mailbox.name);
  }
};

/// What verifying a mailbox takes from its job.
struct Verification {
  const VerifyOptions& options;
  const ContentKey& key;  ///< of the digests
  const std::unordered_map<journal::FolderId, std::string>& folders;
  const DifferenceVisitor& visit;
  const Cancellation& interrupt;
  Patience& patience;
  NotCompared& not_compared;
};

/// Verifies one selected mailbox, page by page of the ledger.
class MailboxVerifier {
 public:
  /// `highest_uid`: what the server said is the last, or more. `before`: what is known of earlier.
  /// `first_possible_copy`: copies below that UID are not the job's.
  MailboxVerifier(const journal::MailboxRow& mailbox, const plan::FlagLimits& limits,
                  const imap::SelectedMailbox& selected, Compared before,
                  std::uint64_t first_possible_copy, journal::Journal& journal,
                  imap::ReadOnlyTarget& target, const Verification& verification,
                  VerifyResult& result);

  Result<void> add(const journal::MessageRow& row);

  /// The rest of the ledger, and what lies behind it on the server.
  Result<void> finish();

  void missing(const journal::MessageRow& row);

  /// The stored messages whose UIDs nobody knows. A server without UIDPLUS that keeps one of
  /// several equal messages does not say so: the ledger has one with the same content then.
  Result<void> add_without_uid();

  /// The mailbox has another UIDVALIDITY: `renamed`, a copy of the journal, has the UIDs that its
  /// messages were found under, and none for the others.
  Result<void> compare_anew(journal::Journal& renamed);

  /// For the journal, once everything is compared.
  [[nodiscard]] std::string note() const { return now_.to_text(); }

 private:
  /// One walk goes through the mailbox beside the ledger. Bodies need the connection, so that with
  /// them each page has a walk of its own.
  Result<void> compare_page(imap::Uid last);

  /// What an earlier run compared is known by the UID that it had then.
  Result<void> missing_as_it_was(const journal::MessageRow& row);
  Result<void> begin_walk(imap::Uid last);
  Result<void> begin_walk_at(imap::Uid first, imap::Uid last);
  Result<void> advance();
  Result<void> pass_rest();
  Result<void> pass_unexpected();
  Result<void> compare_row(const journal::MessageRow& row);

  /// Sequence numbers have no holes: where they follow each other, there is nothing between.
  [[nodiscard]] bool is_proven_absent() const;

  /// The server gave the UID of a message that it has (Gmail does, for the same mail).
  void merged(const journal::MessageRow& row);

  /// Messages that the walk did not show: by themselves, some seconds later, under other UIDs.
  Result<void> look_again();
  Result<void> begin_copies_anew();
  void compare(const journal::MessageRow& row, const imap::FetchedMessage& fetched);
  void flags_lost(const journal::MessageRow& row, const char* what, const plan::KeptFlags& kept,
                  bool has_others);
  void gone_since(Difference difference);
  void different(const journal::MessageRow& row, const char* what);

  /// What was in order before stays so in the journal: it is not this run's loss.
  void not_in_order(const journal::MessageRow& row);
  Result<bool> same_content(const journal::MessageRow& row);
  Result<void> compare_bodies();

  /// Some servers estimate sizes or ignore dates: the content of a sample decides whether that is
  /// all. Where it is not, every such message is reported.
  Result<void> judge_alterations();
  Result<void> report_altered();

  /// What a mailbox that was made anew has besides the ledger's messages. Nothing of it can be the
  /// job's, which has not sent into that mailbox yet.
  Result<void> look_for_strangers(journal::Journal& renamed);
  void strange(const Stranger& stranger, bool provable);
  void unexpected(imap::Uid uid);
  Difference difference_of(const journal::MessageRow& row, const char* what, imap::Uid uid) const;
  void report(const journal::MessageRow& row, const char* what, imap::Uid uid);

  const journal::MailboxRow& mailbox_;
  const plan::FlagLimits& limits_;
  const imap::Uid highest_uid_;
  const std::uint64_t exists_;
  const Compared before_;
  const std::uint64_t first_possible_copy_;
  Compared now_;
  journal::Journal& journal_;
  imap::ReadOnlyTarget& target_;
  const Verification& verification_;
  const bool full_;
  const bool strict_;
  VerifyResult& result_;
  CopyFinder copies_;
  Alterations alterations_;
  std::vector<journal::MessageRow> page_;
  struct Alteration {
    const journal::MessageRow* row;
    bool size;
    bool date;
    [[nodiscard]] bool any() const { return size || date; }
  };
  std::vector<Alteration> to_read_;  ///< of the page
  std::unique_ptr<imap::MessageWalk> walk_;
  std::optional<imap::FetchedMessage> fetched_;  ///< the walk's message that is looked at
  std::optional<std::uint32_t> previous_;        ///< the sequence number before it
  std::optional<journal::MessageRow> last_found_;
  RowSet absent_;  ///< proven by sequence numbers
  RowSet unproven_;
  RowSet gone_;              ///< as far as it holds them
  imap::Uid walked_to_ = 0;  ///< the end of that walk
  imap::Uid first_uid_ = 1;  ///< where the first walk began
};

}  // namespace mboxferry::transfer
