// SPDX-License-Identifier: Apache-2.0
// The IMAP target, and the half of it that can only read.
#include "mboxferry/imap/target.h"

#include <algorithm>
#include <array>

#include "imap/append_pipeline.h"
#include "imap/connection.h"
#include "imap/errors.h"
#include "imap/etpan_session.h"
#include "imap/imap_target.h"
#include "imap/login.h"
#include "imap/mailbox_name.h"
#include "imap/message_fetch.h"
#include "imap/message_walk.h"
#include "imap/text.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

// The goodbye has been sent then; waiting for the answer would cost a round trip for nothing.
constexpr std::chrono::milliseconds kGoodbyePatience{20};

/// A session that is logged in. What reads is common to both kinds of target.
struct Session {
  std::unique_ptr<Connection> connection;
  std::unique_ptr<EtpanSession> etpan;

  static Result<Session> open(const Account& account, const ConnectionOptions& options) {
    MBOXFERRY_ASSIGN(auto connection, Connection::open(account, options));
    return begin(std::move(connection), account, options);
  }

  static Result<Session> begin(std::unique_ptr<Connection> connection, const Account& account,
                               const ConnectionOptions& options) {
    Session session;
    session.connection = std::move(connection);
    MBOXFERRY_TRY(log_in(*session.connection, account));
    MBOXFERRY_TRY(session.connection->enable_utf8());
    if (options.compression == Compression::on) {
      MBOXFERRY_TRY(session.connection->compress(true));
    }
    MBOXFERRY_ASSIGN(session.etpan, EtpanSession::attach(*session.connection));
    return session;
  }

  Result<std::optional<Quota>> quota(const std::string& mailbox) {
    if (!connection->capabilities().shared.quota) return std::optional<Quota>();
    MBOXFERRY_ASSIGN(const std::string wire, etpan->wire_name(mailbox));
    return fetch_quota(*connection, quoted_string(wire));
  }

  void log_out() {
    if (connection->stream().failure()) return;
    connection->stream().set_timeout(kGoodbyePatience);
    const std::string tag = connection->next_tag();
    if (!connection->send(tag + " LOGOUT\r\n", tag + " LOGOUT")) return;
    connection->reader().set_untagged_limit(ReplyReader::kDefaultLimit);
    for (;;) {
      const auto reply = connection->next_reply();
      if (!reply || reply->kind != ReplyLine::Kind::untagged) break;
    }
    connection->stream().close();
  }
};

class ReadOnlyImapTarget final : public ReadOnlyTarget {
 public:
  explicit ReadOnlyImapTarget(Session session) : session_(std::move(session)) {}

  [[nodiscard]] const Capabilities& capabilities() const override {
    return session_.connection->capabilities().shared;
  }
  [[nodiscard]] const std::string& label() const override { return session_.connection->label(); }
  Result<Namespace> personal_namespace() override { return session_.etpan->personal_namespace(); }
  Result<std::vector<ListedMailbox>> list() override { return session_.etpan->list(); }
  Result<MailboxTree> mailbox_tree() override { return session_.etpan->mailbox_tree(); }
  Result<SelectedMailbox> select(const std::string& mailbox) override {
    // EXAMINE would be told PERMANENTFLAGS (), and a plan could not say which flags are lost.
    return session_.etpan->select(mailbox);
  }
  Result<SelectedMailbox> status(const std::string& mailbox) override {
    return session_.etpan->status(mailbox);
  }
  Result<std::optional<Quota>> quota(const std::string& mailbox) override {
    return session_.quota(mailbox);
  }
  Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options) override {
    return ImapMessageWalk::begin(*session_.connection, range, options);
  }
  Result<void> fetch_body(Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    return fetch_message_body(*session_.connection, uid, size, visit);
  }
  void log_out() override { session_.log_out(); }

 private:
  Session session_;
};

class ImapTarget final : public Target {
 public:
  ImapTarget(Session session, AppendMode wanted, std::shared_ptr<ServerKnowledge> knowledge)
      : session_(std::move(session)),
        pipeline_(*session_.connection, choose_append_mode(capabilities(), wanted),
                  std::move(knowledge)) {}

  [[nodiscard]] const Capabilities& capabilities() const override {
    return session_.connection->capabilities().shared;
  }
  [[nodiscard]] const std::string& label() const override { return session_.connection->label(); }
  Result<Namespace> personal_namespace() override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.etpan->personal_namespace();
  }
  Result<std::vector<ListedMailbox>> list() override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.etpan->list();
  }
  Result<MailboxTree> mailbox_tree() override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.etpan->mailbox_tree();
  }
  Result<SelectedMailbox> select(const std::string& mailbox) override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.etpan->select(mailbox);
  }
  Result<SelectedMailbox> status(const std::string& mailbox) override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.etpan->status(mailbox);
  }
  Result<std::optional<Quota>> quota(const std::string& mailbox) override {
    MBOXFERRY_TRY(pipeline_.settle());
    return session_.quota(mailbox);
  }
  Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options) override {
    MBOXFERRY_TRY(pipeline_.settle());
    return ImapMessageWalk::begin(*session_.connection, range, options);
  }
  Result<void> fetch_body(Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    MBOXFERRY_TRY(pipeline_.settle());
    return fetch_message_body(*session_.connection, uid, size, visit);
  }
  void log_out() override {
    if (pipeline_.settle()) session_.log_out();
  }

  Result<void> create(const std::string& mailbox) override;
  Result<void> subscribe(const std::string& mailbox) override;
  Result<SelectedMailbox> open_mailbox(const std::string& mailbox, bool create) override;
  Result<void> append(std::uint64_t batch, const std::string& mailbox,
                      std::span<const AppendMessage> messages, LiteralSource& literals) override;
  Result<AppendOutcome> receive() override { return pipeline_.receive(); }
  bool answer_ready() override { return pipeline_.answer_ready(); }
  [[nodiscard]] std::vector<Unanswered> unanswered() const override {
    return pipeline_.unanswered();
  }
  void be_careful(bool careful) override { pipeline_.be_careful(careful); }
  Result<bool> compress(bool on) override {
    if (on) MBOXFERRY_TRY(pipeline_.settle());
    return session_.connection->compress(on);
  }
  [[nodiscard]] WireUsage wire_usage() const override {
    return session_.connection->stream().usage();
  }
  [[nodiscard]] AppendMode mode() const override { return pipeline_.mode(); }

 private:
  Session session_;
  AppendPipeline pipeline_;
};

Result<void> ImapTarget::create(const std::string& mailbox) {
  MBOXFERRY_TRY(pipeline_.settle());
  MBOXFERRY_ASSIGN(const std::string wire, session_.etpan->wire_name(mailbox));
  MBOXFERRY_ASSIGN(const ReplyLine reply,
                   session_.connection->command("CREATE " + quoted_string(wire)));
  if (reply.status == Status::ok || same_word(reply.code, "ALREADYEXISTS")) return ok();
  const Error error = session_.connection->refusal("creating", mailbox, reply);
  if (reply.status == Status::no) {
    MBOXFERRY_ASSIGN(const auto mailboxes, session_.etpan->list());
    const auto is_this = [&](const ListedMailbox& listed) {
      return listed.selectable && (listed.name == mailbox || (same_word(listed.name, "INBOX") &&
                                                              same_word(mailbox, "INBOX")));
    };
    if (std::any_of(mailboxes.begin(), mailboxes.end(), is_this)) return ok();
  }
  return error;
}

Result<void> ImapTarget::subscribe(const std::string& mailbox) {
  MBOXFERRY_TRY(pipeline_.settle());
  MBOXFERRY_ASSIGN(const std::string wire, session_.etpan->wire_name(mailbox));
  MBOXFERRY_ASSIGN(const ReplyLine reply,
                   session_.connection->command("SUBSCRIBE " + quoted_string(wire)));
  if (reply.status == Status::ok) return ok();
  return session_.connection->refusal("subscribing to", mailbox, reply);
}

Result<SelectedMailbox> ImapTarget::open_mailbox(const std::string& mailbox, bool create) {
  if (!create) return select(mailbox);
  MBOXFERRY_TRY(pipeline_.settle());
  MBOXFERRY_ASSIGN(SelectedMailbox selected, session_.etpan->create_and_select(mailbox));
  MBOXFERRY_ASSIGN(const std::string wire, session_.etpan->wire_name(mailbox));
  MBOXFERRY_TRY(
      session_.connection->command_in_background("SUBSCRIBE " + quoted_string(wire), {}, {}));
  return selected;
}

Result<void> ImapTarget::append(std::uint64_t batch, const std::string& mailbox,
                                std::span<const AppendMessage> messages, LiteralSource& literals) {
  MBOXFERRY_ASSIGN(const std::string wire, session_.etpan->wire_name(mailbox));
  return pipeline_.append(batch, quoted_string(wire), messages, literals);
}

}  // namespace

Result<MailboxTree> ReadOnlyTarget::mailbox_tree() {
  MailboxTree tree;
  MBOXFERRY_ASSIGN(tree.name_space, personal_namespace());
  MBOXFERRY_ASSIGN(tree.listed, list());
  return tree;
}

Result<void> ReadOnlyTarget::fetch(UidRange range, WalkOptions options, const FetchVisitor& visit) {
  MBOXFERRY_ASSIGN(const auto messages, walk(range, options));
  for (;;) {
    MBOXFERRY_ASSIGN(const auto message, messages->next());
    if (!message) return ok();
    MBOXFERRY_TRY(visit(*message));
  }
}

Result<SelectedMailbox> Target::open_mailbox(const std::string& mailbox, bool create) {
  if (!create) return select(mailbox);
  MBOXFERRY_TRY(this->create(mailbox));
  const auto subscribed = subscribe(mailbox);
  if (!subscribed && subscribed.error().scope == ErrorScope::session) return subscribed.error();
  return select(mailbox);
}

std::string_view response_code_name(ResponseCode code) {
  constexpr std::array<std::pair<ResponseCode, std::string_view>, 11> kNames{
      {{ResponseCode::none, ""},
       {ResponseCode::try_create, "TRYCREATE"},
       {ResponseCode::over_quota, "OVERQUOTA"},
       {ResponseCode::too_big, "TOOBIG"},
       {ResponseCode::limit, "LIMIT"},
       {ResponseCode::unavailable, "UNAVAILABLE"},
       {ResponseCode::in_use, "INUSE"},
       {ResponseCode::server_bug, "SERVERBUG"},
       {ResponseCode::no_permission, "NOPERM"},
       {ResponseCode::authentication_failed, "AUTHENTICATIONFAILED"},
       {ResponseCode::bad, "BAD"}}};
  for (const auto& [known, name] : kNames) {
    if (known == code) return name;
  }
  return "";
}

Result<std::unique_ptr<Target>> connect(const Account& account, const ConnectionOptions& options,
                                        AppendMode wanted,
                                        std::shared_ptr<ServerKnowledge> knowledge) {
  MBOXFERRY_ASSIGN(Session session, Session::open(account, options));
  if (!knowledge) knowledge = std::make_shared<ServerKnowledge>();
  return std::unique_ptr<Target>(
      std::make_unique<ImapTarget>(std::move(session), wanted, std::move(knowledge)));
}

Result<std::unique_ptr<Target>> connect_on(std::unique_ptr<ByteStream> stream,
                                           const Account& account, const ConnectionOptions& options,
                                           AppendMode wanted, const std::string& tag_prefix) {
  MBOXFERRY_ASSIGN(auto connection,
                   Connection::open_on(std::move(stream), options, account.label(), tag_prefix));
  MBOXFERRY_ASSIGN(Session session, Session::begin(std::move(connection), account, options));
  return std::unique_ptr<Target>(std::make_unique<ImapTarget>(std::move(session), wanted,
                                                              std::make_shared<ServerKnowledge>()));
}

Result<std::unique_ptr<ReadOnlyTarget>> connect_read_only(const Account& account,
                                                          const ConnectionOptions& options) {
  MBOXFERRY_ASSIGN(Session session, Session::open(account, options));
  return std::unique_ptr<ReadOnlyTarget>(std::make_unique<ReadOnlyImapTarget>(std::move(session)));
}

}  // namespace mboxferry::imap
