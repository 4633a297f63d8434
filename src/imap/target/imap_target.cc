// SPDX-License-Identifier: Apache-2.0
// The IMAP target, and the half of it that can only read.
#include "imap/target/imap_target.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "imap/append/append_head.h"
#include "imap/append/append_pipeline.h"
#include "imap/reply/pleas.h"
#include "imap/session/plain_names.h"
#include "imap/session/session.h"
#include "mboxferry/base/words.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

constexpr int kMostSubscribeTries = 4;

/// Opens another connection to the same account, on which UTF8=ACCEPT is not enabled.
using OpenPlain = std::function<Result<Session>()>;

OpenPlain plain_sessions(const Account& account, ConnectionOptions options) {
  options.utf8_names = false;
  return [account, options] { return Session::open(account, options); };
}

class ReadOnlyImapTarget final : public ReadOnlyTarget {
 public:
  ReadOnlyImapTarget(Session session, OpenPlain open_plain)
      : session_(std::move(session)), open_plain_(std::move(open_plain)) {}

  [[nodiscard]] const Capabilities& capabilities() const override {
    return session_.capabilities();
  }
  [[nodiscard]] const std::string& label() const override { return session_.connection().label(); }
  [[nodiscard]] bool is_alive() const override { return !session_.connection().stream().failure(); }
  Result<Namespace> personal_namespace() override { return session_.personal_namespace(); }
  Result<std::vector<ListedMailbox>> list() override { return session_.list(); }
  Result<MailboxTree> mailbox_tree() override { return session_.mailbox_tree(); }
  Result<SelectedMailbox> select(const std::string& mailbox) override {
    return session_.select(mailbox);
  }
  Result<SelectedMailbox> status(const std::string& mailbox) override {
    return session_.status(mailbox);
  }
  Result<std::optional<Quota>> quota(const std::string& mailbox) override {
    return session_.quota(mailbox);
  }
  Result<void> look_ahead(std::span<const Look> looks) override {
    return session_.look_ahead(looks);
  }
  Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options) override {
    return session_.walk(range, options);
  }
  Result<std::vector<InquiryAnswer>> inquire(std::span<const Inquiry> inquiries) override {
    return session_.inquire(inquiries);
  }
  Result<void> fetch_body(Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    return session_.fetch_body(uid, size, visit);
  }
  Result<void> fetch_bodies(std::span<const WantedBody> bodies, const BodyVisitor& visit) override {
    return session_.fetch_bodies(bodies, visit);
  }
  Result<bool> lists_to_everybody(const std::string& mailbox) override;
  void log_out() override { session_.log_out(); }

 private:
  Session session_;
  OpenPlain open_plain_;
  std::optional<bool> lists_beyond_bmp_;
};

Result<bool> ReadOnlyImapTarget::lists_to_everybody(const std::string& mailbox) {
  if (!is_beyond_bmp(mailbox)) return true;
  MBOXFERRY_ASSIGN(const NameForm form, session_.connection().settled_name_form());
  if (form != NameForm::utf8) return true;
  if (!lists_beyond_bmp_) {
    MBOXFERRY_ASSIGN(Session plain, open_plain_());
    MBOXFERRY_ASSIGN(lists_beyond_bmp_, can_list(plain, mailbox));
    plain.log_out();
  }
  return *lists_beyond_bmp_;
}

class ImapTarget final : public Target {
 public:
  ImapTarget(Session session, AppendMode wanted, std::shared_ptr<ServerKnowledge> knowledge,
             OpenPlain open_plain = {})
      : session_(std::move(session)),
        open_plain_(std::move(open_plain)),
        knowledge_(std::move(knowledge)),
        pipeline_(session_.connection(),
                  knowledge_->possible(choose_append_mode(capabilities(), wanted)), knowledge_) {
    session_.connection().stream().interrupt_when([this] { return pipeline_.is_idle(); });
  }

  [[nodiscard]] const Capabilities& capabilities() const override {
    return session_.capabilities();
  }
  [[nodiscard]] const std::string& label() const override { return session_.connection().label(); }
  [[nodiscard]] bool is_alive() const override { return !session_.connection().stream().failure(); }
  Result<Namespace> personal_namespace() override {
    MBOXFERRY_TRY(settle());
    return session_.personal_namespace();
  }
  Result<std::vector<ListedMailbox>> list() override {
    MBOXFERRY_TRY(settle());
    return session_.list();
  }
  Result<MailboxTree> mailbox_tree() override {
    MBOXFERRY_TRY(settle());
    return session_.mailbox_tree();
  }
  Result<SelectedMailbox> select(const std::string& mailbox) override {
    MBOXFERRY_TRY(settle());
    return learn_name(mailbox, session_.select(mailbox));
  }
  Result<SelectedMailbox> status(const std::string& mailbox) override {
    MBOXFERRY_TRY(settle());
    return session_.status(mailbox);
  }
  Result<std::optional<Quota>> quota(const std::string& mailbox) override {
    MBOXFERRY_TRY(settle());
    return session_.quota(mailbox);
  }
  Result<void> look_ahead(std::span<const Look> looks) override {
    MBOXFERRY_TRY(settle());
    return session_.look_ahead(looks);
  }
  Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options) override {
    MBOXFERRY_TRY(settle());
    return session_.walk(range, options);
  }
  Result<std::vector<InquiryAnswer>> inquire(std::span<const Inquiry> inquiries) override {
    MBOXFERRY_TRY(settle());
    return session_.inquire(inquiries);
  }
  Result<void> fetch_body(Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    MBOXFERRY_TRY(settle());
    return session_.fetch_body(uid, size, visit);
  }
  Result<void> fetch_bodies(std::span<const WantedBody> bodies, const BodyVisitor& visit) override {
    MBOXFERRY_TRY(settle());
    return session_.fetch_bodies(bodies, visit);
  }
  void log_out() override {
    if (settle() && subscribe_the_rest()) session_.log_out();
  }

  Result<void> create(const std::string& mailbox) override;
  Result<void> subscribe(const std::string& mailbox) override;
  Result<void> delete_mailbox(const std::string& mailbox) override;
  Result<SelectedMailbox> open_mailbox(const std::string& mailbox, bool create) override;
  Result<void> append(std::uint64_t batch, const std::string& mailbox,
                      std::span<const AppendMessage> messages, LiteralSource& literals) override;
  Result<void> add_flags(Uid uid, std::uint8_t flags,
                         const std::vector<std::string>& keywords) override;
  Result<void> expunge(std::span<const Uid> uids) override;
  Result<AppendOutcome> receive() override {
    auto outcome = pipeline_.receive();
    if (outcome) subscription_due_ = true;
    return outcome;
  }
  bool answer_ready() override { return pipeline_.answer_ready(); }
  [[nodiscard]] std::vector<Unanswered> unanswered() const override {
    return pipeline_.unanswered();
  }
  void be_careful(bool careful) override { pipeline_.be_careful(careful); }
  Result<bool> compress(bool on) override {
    if (on) {
      MBOXFERRY_TRY(settle());
      MBOXFERRY_TRY(session_.settle());
    }
    return session_.connection().compress(on);
  }
  [[nodiscard]] WireUsage wire_usage() const override {
    return session_.connection().stream().usage();
  }
  [[nodiscard]] AppendMode mode() const override { return pipeline_.mode(); }

 private:
  /// Nothing is unanswered or left for later.
  Result<void> settle();
  /// The mailbox that was left, and those that the server put off until now.
  Result<void> subscribe_now();
  Result<void> subscribe_in_background(PutOffSubscription wanted);
  /// Waits for those that the server put off.
  Result<void> subscribe_the_rest();
  /// What can be selected has a name that the server takes.
  Result<SelectedMailbox> learn_name(const std::string& mailbox, Result<SelectedMailbox> selected);
  /// Waits for the answer to a command about `mailbox`, as in `CREATE`.
  Result<ReplyLine> command_about(std::string_view command, const std::string& mailbox);

  /// The mailbox if it is there. Else, as for a name that the server refuses, an error when others
  /// could not list it; otherwise nothing.
  Result<std::optional<SelectedMailbox>> mind_others(const std::string& mailbox);
  /// Makes the mailbox as they would, and sees whether they can list it then.
  Result<bool> try_for_others(const std::string& mailbox);

  Session session_;
  OpenPlain open_plain_;
  std::shared_ptr<ServerKnowledge> knowledge_;
  AppendPipeline pipeline_;
  std::string to_subscribe_;  ///< a mailbox
  bool subscription_due_ = false;
};

Result<void> ImapTarget::settle() {
  MBOXFERRY_TRY(pipeline_.settle());
  return subscribe_now();
}

Result<void> ImapTarget::subscribe_now() {
  if (!to_subscribe_.empty())
    MBOXFERRY_TRY(subscribe_in_background({std::exchange(to_subscribe_, {}), 0, {}}));
  for (PutOffSubscription& due : knowledge_->take_put_off(std::chrono::steady_clock::now()))
    MBOXFERRY_TRY(subscribe_in_background(std::move(due)));
  return ok();
}

Result<void> ImapTarget::subscribe_in_background(PutOffSubscription wanted) {
  MBOXFERRY_ASSIGN(const std::string name, session_.quoted_name(wanted.mailbox));
  const auto answered = [this, wanted](const ReplyLine& reply) {
    if (!asks_for_patience(reply)) return ok();
    PutOffSubscription again = wanted;
    Pleas pleas(again.tries);
    // Mail is worth more waiting than this, and the job's end may be held up by it.
    const auto wait = again.tries < kMostSubscribeTries ? pleas.wait_after(reply) : std::nullopt;
    again.tries = pleas.count();
    if (wait) again.due = std::chrono::steady_clock::now() + *wait;
    if (wait && knowledge_->put_off(std::move(again))) return ok();
    const Connection& connection = session_.connection();
    connection.tell(connection.refusal("subscribing to", wanted.mailbox, reply).what +
                    "; mail programs that show subscribed mailboxes only do not show it");
    return ok();
  };
  return session_.connection().command_in_background("SUBSCRIBE " + name, {}, answered);
}

Result<void> ImapTarget::subscribe_the_rest() {
  Connection& connection = session_.connection();
  MBOXFERRY_TRY(connection.settle_background());
  for (;;) {
    auto rest = knowledge_->take_put_off(std::chrono::steady_clock::time_point::max());
    if (rest.empty()) return ok();
    for (PutOffSubscription& one : rest) {
      const auto left = one.due - std::chrono::steady_clock::now();
      MBOXFERRY_TRY(connection.wait(std::chrono::ceil<std::chrono::milliseconds>(left)));
      MBOXFERRY_TRY(subscribe_in_background(std::move(one)));
    }
    MBOXFERRY_TRY(connection.settle_background());
  }
}

Result<SelectedMailbox> ImapTarget::learn_name(const std::string& mailbox,
                                               Result<SelectedMailbox> selected) {
  if (!selected) return selected;
  MBOXFERRY_ASSIGN(const std::string name, session_.quoted_name(mailbox));
  knowledge_->learn_mailbox(name);
  return selected;
}

Result<ReplyLine> ImapTarget::command_about(std::string_view command, const std::string& mailbox) {
  MBOXFERRY_TRY(settle());
  MBOXFERRY_TRY(session_.settle());
  MBOXFERRY_ASSIGN(const std::string name, session_.quoted_name(mailbox));
  return session_.connection().command(std::string(command) + " " + name);
}

Result<void> ImapTarget::create(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const ReplyLine reply, command_about("CREATE", mailbox));
  if (reply.status == Status::ok || says_it_exists(reply)) return ok();
  const Error error = session_.connection().refusal("creating", mailbox, reply);
  if (reply.status == Status::no) {
    MBOXFERRY_ASSIGN(const auto mailboxes, session_.list());
    const auto is_this = [&](const ListedMailbox& listed) {
      return listed.selectable && (listed.name == mailbox || (same_word(listed.name, "INBOX") &&
                                                              same_word(mailbox, "INBOX")));
    };
    if (std::any_of(mailboxes.begin(), mailboxes.end(), is_this)) return ok();
  }
  return error;
}

Result<void> ImapTarget::subscribe(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const ReplyLine reply, command_about("SUBSCRIBE", mailbox));
  if (reply.status == Status::ok) return ok();
  return session_.connection().refusal("subscribing to", mailbox, reply);
}

Result<void> ImapTarget::delete_mailbox(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const ReplyLine reply, command_about("DELETE", mailbox));
  if (reply.status == Status::ok) return ok();
  return session_.connection().refusal("deleting", mailbox, reply);
}

Result<std::optional<SelectedMailbox>> ImapTarget::mind_others(const std::string& mailbox) {
  std::optional<SelectedMailbox> there;
  if (!open_plain_ || !is_beyond_bmp(mailbox)) return there;
  MBOXFERRY_ASSIGN(const NameForm form, session_.connection().settled_name_form());
  if (form != NameForm::utf8) return there;
  auto selected = select(mailbox);
  if (selected) return std::optional(*std::move(selected));
  if (selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
  std::optional<bool> listed = knowledge_->lists_names_beyond_bmp();
  if (!listed) {
    MBOXFERRY_ASSIGN(listed, try_for_others(mailbox));
    knowledge_->learn_names_beyond_bmp(*listed);
  }
  if (!*listed) return not_for_everybody(label(), mailbox);
  return there;
}

Result<bool> ImapTarget::try_for_others(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(Session plain, open_plain_());
  MBOXFERRY_ASSIGN(const PlainCreation tried, create_and_list(plain, mailbox));
  plain.log_out();
  if (tried.listed || !tried.created) return tried.listed;
  // They could list nothing as long as it is there. It was made a moment ago; mail that came into
  // it since would be somebody's.
  const auto left = session_.status(mailbox);
  if (!left && left.error().scope != ErrorScope::mailbox) return Error(left.error());
  if (left && left->exists == 0) MBOXFERRY_TRY(command_about("DELETE", mailbox));
  return false;
}

Result<SelectedMailbox> ImapTarget::open_mailbox(const std::string& mailbox, bool create) {
  if (!create) return select(mailbox);
  MBOXFERRY_TRY(settle());
  MBOXFERRY_ASSIGN(const auto there, mind_others(mailbox));
  if (there) return *there;
  MBOXFERRY_ASSIGN(SelectedMailbox selected,
                   learn_name(mailbox, session_.create_and_select(mailbox)));
  // Dovecot locks the list of subscriptions with a file that it looks for again after 0.1 to 0.2 s.
  // Connections that open their mailboxes together would wait for it, and their mail behind it.
  to_subscribe_ = mailbox;
  subscription_due_ = false;
  return selected;
}

Result<void> ImapTarget::append(std::uint64_t batch, const std::string& mailbox,
                                std::span<const AppendMessage> messages, LiteralSource& literals) {
  MBOXFERRY_TRY(session_.settle());
  if (subscription_due_) MBOXFERRY_TRY(subscribe_now());
  if (!session_.connection().pipelining()) {
    MBOXFERRY_TRY(pipeline_.settle());
    MBOXFERRY_TRY(session_.connection().settle_background());
  }
  MBOXFERRY_ASSIGN(const std::string name, session_.quoted_name(mailbox));
  return pipeline_.append(batch, name, messages, literals);
}

Result<void> ImapTarget::add_flags(Uid uid, std::uint8_t flags,
                                   const std::vector<std::string>& keywords) {
  MBOXFERRY_TRY(settle());
  MBOXFERRY_TRY(session_.settle());
  MBOXFERRY_ASSIGN(const std::string list, flag_list(flags, keywords));
  MBOXFERRY_ASSIGN(const ReplyLine reply,
                   session_.connection().command("UID STORE " + std::to_string(uid) +
                                                 " +FLAGS.SILENT (" + list + ")"));
  if (reply.status == Status::ok) return ok();
  return session_.connection().refusal("flags of a message", reply, ErrorScope::message);
}

Result<void> ImapTarget::expunge(std::span<const Uid> uids) {
  if (!capabilities().uidplus) return Target::expunge(uids);
  MBOXFERRY_TRY(settle());
  MBOXFERRY_TRY(session_.settle());
  for (const Uid uid : uids) {
    for (const std::string& command :
         {"UID STORE " + std::to_string(uid) + " +FLAGS.SILENT (\\Deleted)",
          "UID EXPUNGE " + std::to_string(uid)}) {
      MBOXFERRY_ASSIGN(const ReplyLine reply, session_.connection().command(command));
      if (reply.status == Status::ok) continue;
      return session_.connection().refusal("removing message " + std::to_string(uid), reply);
    }
  }
  return ok();
}

}  // namespace

Result<void> Target::delete_mailbox(const std::string& mailbox) {
  return Error{ErrorCode::refused, label() + ": cannot delete " + mailbox, "", ErrorScope::mailbox};
}

Result<void> Target::expunge(std::span<const Uid> /*uids*/) {
  return Error{ErrorCode::refused,
               label() + ": the server cannot remove single messages (no UIDPLUS)",
               "remove them with a mail program", ErrorScope::mailbox};
}

Result<MailboxTree> ReadOnlyTarget::mailbox_tree() {
  MailboxTree tree;
  MBOXFERRY_ASSIGN(tree.name_space, personal_namespace());
  MBOXFERRY_ASSIGN(tree.listed, list());
  return tree;
}

/// For stores that give one message at a time.
Result<void> ReadOnlyTarget::fetch_bodies(std::span<const WantedBody> bodies,
                                          const BodyVisitor& visit) {
  for (const WantedBody& body : bodies) {
    std::string whole;
    const auto read = fetch_body(body.uid, body.size, [&](std::string_view bytes) -> Result<void> {
      whole += bytes;
      return ok();
    });
    if (!read && read.error().scope == ErrorScope::message) continue;
    MBOXFERRY_TRY(read);
    MBOXFERRY_TRY(visit(body.uid, whole));
  }
  return ok();
}

/// For stores that cannot search: all of the mailbox are candidates.
Result<std::vector<InquiryAnswer>> ReadOnlyTarget::inquire(std::span<const Inquiry> inquiries) {
  std::vector<InquiryAnswer> answers;
  for (const Inquiry& inquiry : inquiries) {
    InquiryAnswer& answer = answers.emplace_back();
    const auto selected = select(inquiry.mailbox);
    if (!selected && selected.error().scope == ErrorScope::mailbox) continue;
    if (!selected) return Error(selected.error());
    answer.exists = selected->exists;
    if (inquiry.likenesses.empty() || answer.exists == 0) continue;
    MBOXFERRY_TRY(fetch({1, kLastUid}, {.with_message_id = true},
                        [&](const FetchedMessage& message) -> Result<void> {
                          answer.candidates.push_back(message);
                          return ok();
                        }));
  }
  return answers;
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
                                        std::shared_ptr<ServerKnowledge> knowledge,
                                        const BeforeLogin& before_login) {
  if (!knowledge) knowledge = std::make_shared<ServerKnowledge>();
  ConnectionOptions own = options;
  if (knowledge->loses_input()) own.pipelining = false;
  own.on_lost_input = [knowledge] { knowledge->learn_lost_input(); };
  MBOXFERRY_ASSIGN(Session session, Session::open(account, own, before_login));
  session.connection().share(knowledge);
  return std::unique_ptr<Target>(std::make_unique<ImapTarget>(
      std::move(session), wanted, std::move(knowledge), plain_sessions(account, own)));
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
  return std::unique_ptr<ReadOnlyTarget>(
      std::make_unique<ReadOnlyImapTarget>(std::move(session), plain_sessions(account, options)));
}

}  // namespace mboxferry::imap
