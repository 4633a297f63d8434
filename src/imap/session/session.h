// SPDX-License-Identifier: Apache-2.0
// A connection that is logged in, and what can be asked on it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/session/connection.h"
#include "imap/session/etpan_session.h"
#include "imap/session/look_ahead.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// What is common to both kinds of target. Methods do what those of ReadOnlyTarget of the same name
/// say. No APPEND may be unanswered.
class Session {
 public:
  /// Connects, secures and logs in. Errors: as those of connect().
  static Result<Session> open(const Account& account, const ConnectionOptions& options,
                              const BeforeLogin& before_login = {});
  /// Logs in on a connection that has greeted.
  static Result<Session> begin(std::unique_ptr<Connection> connection, const Account& account,
                               const ConnectionOptions& options);

  [[nodiscard]] Connection& connection() const { return *connection_; }
  [[nodiscard]] const Capabilities& capabilities() const {
    return connection_->capabilities().shared;
  }

  Result<Namespace> personal_namespace();
  Result<std::vector<ListedMailbox>> list();
  Result<MailboxTree> mailbox_tree();
  Result<SelectedMailbox> select(const std::string& mailbox);
  /// CREATE and SELECT in one round trip. A mailbox that is there already is selected.
  Result<SelectedMailbox> create_and_select(const std::string& mailbox);
  Result<SelectedMailbox> status(const std::string& mailbox);
  Result<std::optional<Quota>> quota(const std::string& mailbox);
  Result<void> look_ahead(std::span<const Look> looks);
  Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options);
  Result<std::vector<InquiryAnswer>> inquire(std::span<const Inquiry> inquiries);
  Result<void> fetch_body(Uid uid, std::uint64_t size, const ReadOnlyTarget::ByteVisitor& visit);
  Result<void> fetch_bodies(std::span<const WantedBody> bodies,
                            const ReadOnlyTarget::BodyVisitor& visit);
  void log_out();

  /// The name as the server knows it, as a quoted string.
  Result<std::string> quoted_name(const std::string& mailbox);
  /// Lets go of what was asked for ahead, so that other commands can follow.
  Result<void> settle();

 private:
  SelectedMailbox note_selected(const std::string& mailbox, SelectedMailbox selected);
  /// Fills in UIDNEXT where SELECT did not tell it, if STATUS does.
  Result<SelectedMailbox> with_uid_next(const std::string& mailbox, SelectedMailbox selected);
  /// Asks about some of the mailboxes, in one piece.
  Result<void> ask(std::span<const Inquiry> inquiries, std::span<InquiryAnswer> answers);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<EtpanSession> etpan_;
  std::unique_ptr<LookAhead> ahead_;
  std::string selected_;                ///< what select() gave last; empty: nothing
  bool is_elsewhere_ = false;           ///< the server has another mailbox selected
  bool no_status_of_selected_ = false;  ///< the server refuses it
  std::uint32_t uid_validity_ = 0;
  /// What the selection said when only an inquiry needed it: whoever selects that mailbox next need
  /// not ask again. A UIDNEXT of then is a lower bound still.
  std::optional<SelectedMailbox> spare_selection_;
  bool is_near_ = false;  ///< the login was answered so fast that the goodbye will be, too
};

}  // namespace mboxferry::imap
