// SPDX-License-Identifier: Apache-2.0
// A connection that is logged in, and what can be asked on it.
#include "imap/session/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "imap/session/inquiry.h"
#include "imap/session/login.h"
#include "imap/session/message_fetch.h"
#include "imap/session/message_walk.h"
#include "imap/tls/errors.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

// The goodbye has been sent then; waiting longer for the answer would cost a round trip for
// nothing.
constexpr std::chrono::milliseconds kGoodbyePatience{20};

}  // namespace

Result<Session> Session::open(const Account& account, const ConnectionOptions& options,
                              const BeforeLogin& before_login) {
  MBOXFERRY_ASSIGN(auto connection, Connection::open(account, options));
  if (before_login) MBOXFERRY_TRY(before_login());
  return begin(std::move(connection), account, options);
}

Result<Session> Session::begin(std::unique_ptr<Connection> connection, const Account& account,
                               const ConnectionOptions& options) {
  Session session;
  session.connection_ = std::move(connection);
  const auto begun = std::chrono::steady_clock::now();
  MBOXFERRY_TRY(log_in(*session.connection_, account));
  session.is_near_ = std::chrono::steady_clock::now() - begun < kGoodbyePatience;
  if (options.utf8_names) MBOXFERRY_TRY(session.connection_->enable_utf8());
  MBOXFERRY_TRY(session.connection_->introduce_itself());
  if (options.compression == Compression::on) {
    MBOXFERRY_TRY(session.connection_->compress(true));
  }
  MBOXFERRY_ASSIGN(session.etpan_, EtpanSession::attach(*session.connection_));
  session.ahead_ = std::make_unique<LookAhead>(*session.connection_);
  return session;
}

Result<Namespace> Session::personal_namespace() {
  MBOXFERRY_TRY(settle());
  return etpan_->personal_namespace();
}

Result<std::vector<ListedMailbox>> Session::list() {
  MBOXFERRY_TRY(settle());
  return etpan_->list();
}

Result<MailboxTree> Session::mailbox_tree() {
  MBOXFERRY_TRY(settle());
  return etpan_->mailbox_tree();
}

SelectedMailbox Session::note_selected(const std::string& mailbox, SelectedMailbox selected) {
  selected_ = mailbox;
  is_elsewhere_ = false;
  uid_validity_ = selected.uid_validity;
  return selected;
}

Result<SelectedMailbox> Session::select(const std::string& mailbox) {
  if (auto spare = std::exchange(spare_selection_, {}); spare && selected_ == mailbox) {
    return with_uid_next(mailbox, *std::move(spare));
  }
  selected_.clear();
  MBOXFERRY_ASSIGN(auto selected, ahead_->select(mailbox));
  if (!selected) {
    MBOXFERRY_TRY(ahead_->drop());
    // EXAMINE would be told PERMANENTFLAGS (), and a plan could not say which flags are lost.
    MBOXFERRY_ASSIGN(selected, etpan_->select(mailbox));
  }
  return with_uid_next(mailbox, note_selected(mailbox, std::move(*selected)));
}

/// Courier tells it in STATUS only. Unknown, it would be taken for 1, and mail that was there
/// before for the job's own. An empty mailbox has none of it, and whoever reads ahead reads
/// everything.
Result<SelectedMailbox> Session::with_uid_next(const std::string& mailbox,
                                               SelectedMailbox selected) {
  const bool is_needed = selected.uid_next == 0 && selected.exists > 0;
  if (!is_needed || no_status_of_selected_ || ahead_->is_on_its_way()) return selected;
  const auto status = etpan_->status(mailbox);
  if (!status && status.error().scope != ErrorScope::mailbox) return status;
  if (status && status->uid_validity == selected.uid_validity) selected.uid_next = status->uid_next;
  return selected;
}

Result<SelectedMailbox> Session::create_and_select(const std::string& mailbox) {
  spare_selection_.reset();
  selected_.clear();
  MBOXFERRY_TRY(ahead_->drop());
  MBOXFERRY_ASSIGN(SelectedMailbox selected, etpan_->create_and_select(mailbox));
  return with_uid_next(mailbox, note_selected(mailbox, std::move(selected)));
}

Result<SelectedMailbox> Session::status(const std::string& mailbox) {
  MBOXFERRY_TRY(settle());
  const bool may_refuse = selected_ == mailbox;
  if (may_refuse && no_status_of_selected_) return select(mailbox);
  auto status = etpan_->status(mailbox);
  // RFC 3501 section 6.3.10: a client should not ask this, and some servers refuse it.
  no_status_of_selected_ = may_refuse && !status && status.error().code == ErrorCode::refused;
  return no_status_of_selected_ ? select(mailbox) : std::move(status);
}

Result<std::optional<Quota>> Session::quota(const std::string& mailbox) {
  if (!capabilities().quota) return std::optional<Quota>();
  MBOXFERRY_TRY(settle());
  MBOXFERRY_ASSIGN(const std::string name, quoted_name(mailbox));
  return fetch_quota(*connection_, name);
}

Result<void> Session::look_ahead(std::span<const Look> looks) {
  // Pages that the server would not answer whole are asked for when their time comes.
  if (connection_->fetch_limit().value_or(kLookAheadUids) < kLookAheadUids) return ok();
  std::vector<LookAhead::Wanted> wanted;
  wanted.reserve(looks.size());
  for (const Look& look : looks) {
    MBOXFERRY_ASSIGN(std::string name, quoted_name(look.mailbox));
    wanted.push_back({look.mailbox, std::move(name), look.first, look.pages});
  }
  return ahead_->ask(wanted);
}

Result<std::unique_ptr<MessageWalk>> Session::walk(UidRange range, WalkOptions options) {
  std::vector<AskedPage> asked;
  if (options.just_selected && !options.with_message_id) asked = ahead_->take_pages(range);
  if (asked.empty()) MBOXFERRY_TRY(settle());
  return ImapMessageWalk::begin(*connection_, range, options, std::move(asked),
                                [this] { return settle(); });
}

Result<std::vector<InquiryAnswer>> Session::inquire(std::span<const Inquiry> inquiries) {
  MBOXFERRY_TRY(settle());
  std::vector<InquiryAnswer> answers(inquiries.size());
  for (std::size_t first = 0; first < inquiries.size(); first += kMostInquiries) {
    const std::size_t count = std::min(kMostInquiries, inquiries.size() - first);
    MBOXFERRY_TRY(ask(inquiries.subspan(first, count), std::span(answers).subspan(first, count)));
  }
  return answers;
}

Result<void> Session::ask(std::span<const Inquiry> inquiries, std::span<InquiryAnswer> answers) {
  MailboxSearch search(*connection_);
  for (const Inquiry& inquiry : inquiries) {
    const bool is_selected = &inquiry == &inquiries.front() && selected_ == inquiry.mailbox &&
                             !inquiry.likenesses.empty();
    std::string name;
    if (!is_selected) {
      MBOXFERRY_ASSIGN(name, quoted_name(inquiry.mailbox));
    }
    search.add(inquiry, name);
  }
  MBOXFERRY_TRY(search.send());
  std::vector<std::vector<Uid>> found(inquiries.size());
  std::optional<Error> busy;
  for (std::size_t i = 0; i < inquiries.size(); ++i) {
    MBOXFERRY_ASSIGN(MailboxSearch::Found one, search.read(inquiries[i]));
    if (!one.was_selected) {
      selected_.clear();
      spare_selection_ = std::move(one.selected);
      if (spare_selection_) {
        answers[i].exists = spare_selection_->exists;
        note_selected(inquiries[i].mailbox, *spare_selection_);
      }
    }
    if (one.busy) busy = std::move(one.busy);
    answers[i].answered = one.answered;
    found[i] = std::move(one.uids);
  }
  if (busy) return *busy;
  for (std::size_t i = 0; i < inquiries.size(); ++i) {
    if (found[i].empty()) continue;
    if (selected_ != inquiries[i].mailbox) MBOXFERRY_TRY(select(inquiries[i].mailbox));
    MBOXFERRY_ASSIGN(answers[i].candidates, fetch_facts(*connection_, found[i]));
  }
  return ok();
}

Result<void> Session::fetch_body(Uid uid, std::uint64_t size,
                                 const ReadOnlyTarget::ByteVisitor& visit) {
  MBOXFERRY_TRY(settle());
  return fetch_message_body(*connection_, uid, size, visit);
}

Result<void> Session::fetch_bodies(std::span<const WantedBody> bodies,
                                   const ReadOnlyTarget::BodyVisitor& visit) {
  MBOXFERRY_TRY(settle());
  // RFC 9738: more messages in one command are refused, or left out.
  const std::uint64_t most = connection_->message_limit().value_or(bodies.size());
  while (!bodies.empty()) {
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max<std::uint64_t>(most, 1), bodies.size()));
    MBOXFERRY_TRY(fetch_message_bodies(*connection_, bodies.first(count), visit));
    bodies = bodies.subspan(count);
  }
  return ok();
}

Result<std::string> Session::quoted_name(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, etpan_->wire_name(mailbox));
  return quoted_string(wire);
}

Result<void> Session::settle() {
  if (ahead_->is_on_its_way()) {
    MBOXFERRY_ASSIGN(const bool moved, ahead_->drop());
    is_elsewhere_ = is_elsewhere_ || moved;
  }
  if (!is_elsewhere_ || selected_.empty()) return ok();
  const auto again = etpan_->select(selected_);
  if (again && again->uid_validity == uid_validity_) {
    is_elsewhere_ = false;
    return ok();
  }
  // A busy server is asked again later.
  if (!again && again.error().code == ErrorCode::try_later) return Error(again.error());
  return connection_->fail(connection_error(connection_->label() + ": mailbox \"" +
                                            printable(selected_) + "\" is not what it was"));
}

void Session::log_out() {
  if (connection_->stream().failure()) return;
  connection_->stream().set_timeout(kGoodbyePatience);
  const std::string tag = connection_->next_tag();
  if (!connection_->send(tag + " LOGOUT\r\n", tag + " LOGOUT")) return;
  connection_->reader().set_untagged_limit(ReplyReader::kDefaultLimit);
  while (is_near_) {
    const auto reply = connection_->next_reply();
    if (!reply || reply->kind != ReplyLine::Kind::untagged) break;
  }
  connection_->stream().close();
}

}  // namespace mboxferry::imap
