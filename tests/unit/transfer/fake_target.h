// SPDX-License-Identifier: Apache-2.0
// A mail store in memory that does on command what real servers do only now and then: commit late,
// lose replies, cut connections, refuse, answer BAD, and keep the UIDs to itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "mboxferry/imap/target.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::test {

struct StoredMail {
  imap::Uid uid;
  std::string bytes;
  imap::AppendMessage told;
};

/// A clock that only sleeping moves.
class FakeClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return 1'700'000'000; }
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(slept_.load()));
  }
  void sleep(std::chrono::milliseconds duration) override { slept_ += duration.count(); }

 private:
  std::atomic<std::chrono::milliseconds::rep> slept_{0};
};

/// What the server keeps between connections, and how it shall misbehave.
struct FakeServer {
  explicit FakeServer(FakeClock& fake_clock) : clock(fake_clock) {}

  struct Mailbox {
    std::uint32_t validity = 7;
    imap::Uid next = 1;
    std::vector<StoredMail> mails;
  };
  struct LateCommit {
    std::chrono::steady_clock::time_point due;
    std::string mailbox;
    std::vector<StoredMail> mails;
  };

  FakeClock& clock;
  std::recursive_mutex mutex;  ///< connections may be used by several threads
  std::map<std::string, Mailbox> mailboxes{{"INBOX", {}}};
  std::vector<LateCommit> late;
  imap::Capabilities capabilities;
  bool masks_headers = false;  ///< 8-bit bytes of a header become X, as in Cyrus
  int connections = 0;
  int open_connections = 0;
  bool answers_at_once = false;  ///< answers can be taken as soon as the last byte is there
  int slow_literals_of = 0;      ///< the connection with this number takes a while for each literal
  int lose_connection_of = 0;    ///< the connection with this number is cut by its first command
  int appends = 0;
  std::vector<std::string> selected_before_mail;  ///< while `appends` was 0
  int walks = 0;
  int lose_walk = 0;  ///< the connection is cut by the walk with this number
  std::chrono::milliseconds answer_delay{0};
  std::chrono::milliseconds status_delay{0};  ///< after a status was taken, before it is read
  int lose_each_status = 0;                   ///< the connection is cut by each Nth
  int statuses = 0;
  int mails_of_others = 0;                    ///< so many come still, one for each status
  bool client_dies = false;                   ///< a late commit also ends the job

  // Misbehaviour, asked for the Nth append command (from 1).
  std::set<int> cut_before_last_byte;
  std::set<int> lose_reply;                              ///< stored at once, connection cut
  std::map<int, std::chrono::milliseconds> commit_late;  ///< connection cut, stored later
  std::function<bool(const std::string&)> refuse;        ///< NO to a batch that holds such bytes
  imap::ResponseCode refuse_code = imap::ResponseCode::none;
  Retry refuse_retry;
  /// What is said of such a message instead of storing its batch: kind, code, text and so on.
  /// Called for each message of a command, in order, with how many the command holds.
  std::function<std::optional<imap::AppendOutcome>(const std::string& bytes, std::size_t together)>
      says;
  /// What `says` refuses is stored all the same, so much later.
  std::optional<std::chrono::milliseconds> stores_refused_after;
  std::function<imap::Uid(imap::Uid)> tells_uid;       ///< in place of the one that it gave
  std::function<bool(const std::string& bytes)> dies;  ///< the connection, at such a message
  std::function<bool(const imap::AppendMessage&)> refuse_head;  ///< NO to such a head
  std::function<bool(const imap::AppendMessage&)> bad;          ///< BAD to a batch with such a head
  bool loses_keywords = false;  ///< of what is appended, not of what is added later
  bool keeps_no_more = false;   ///< NO to keywords that are added later
  std::function<bool(imap::Uid)> hides;  ///< messages that it does not show now
  std::string forgets;  ///< a message with these bytes gets its UID and is not kept
  bool ignores_dates = false;
  std::function<void(std::string&)> alters;        ///< the bytes that are stored
  bool spoils = false;                             ///< every stored message ends differently
  std::map<int, std::function<void()>> at_append;  ///< something happens at the Nth
  int bodies_read = 0;

  void commit(const std::string& mailbox, std::vector<StoredMail>& mails) {
    Mailbox& box = mailboxes[mailbox];
    for (StoredMail& mail : mails) {
      if (loses_keywords) mail.told.keywords.clear();
      if (masks_headers) {
        const auto header =
            static_cast<std::ptrdiff_t>(std::min(mail.bytes.find("\r\n\r\n"), mail.bytes.size()));
        std::replace_if(
            mail.bytes.begin(), mail.bytes.begin() + header,
            [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, 'X');
      }
      if (ignores_dates) mail.told.internal_date = Timestamp{clock.unix_seconds(), 0};
      if (alters) alters(mail.bytes);
      if (spoils) mail.bytes.back() = '!';
      mail.uid = box.next++;
      if (forgets.empty() || mail.bytes.find(forgets) == std::string::npos)
        box.mails.push_back(mail);
    }
  }
  void finish_late() {
    for (LateCommit& entry : late)
      if (!entry.mails.empty() && clock.now() >= entry.due) {
        commit(entry.mailbox, entry.mails);
        entry.mails.clear();
      }
  }
};

/// What a mailbox held when the walk began.
struct FakeWalk final : imap::MessageWalk {
  std::deque<imap::FetchedMessage> left;

  Result<std::optional<imap::FetchedMessage>> next() override {
    if (left.empty()) return std::optional<imap::FetchedMessage>();
    auto first = std::optional(std::move(left.front()));
    left.pop_front();
    return first;
  }
};

/// One connection to the fake server.
class FakeTarget final : public imap::Target {
 public:
  explicit FakeTarget(FakeServer& server) : server_(server) {
    const std::scoped_lock lock(server_.mutex);
    number_ = ++server.connections;
    ++server.open_connections;
  }
  ~FakeTarget() override {
    const std::scoped_lock lock(server_.mutex);
    --server_.open_connections;
  }

  const imap::Capabilities& capabilities() const override { return server_.capabilities; }
  const std::string& label() const override { return label_; }
  Result<imap::Namespace> personal_namespace() override { return imap::Namespace{"", '/'}; }
  Result<std::vector<imap::ListedMailbox>> list() override {
    const std::scoped_lock lock(server_.mutex);
    std::vector<imap::ListedMailbox> listed;
    for (const auto& [name, box] : server_.mailboxes) listed.push_back({name, '/', true, ""});
    return listed;
  }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    const std::scoped_lock lock(server_.mutex);
    if (server_.lose_connection_of == number_) return lost();
    selected_ = mailbox;
    if (server_.appends == 0) server_.selected_before_mail.push_back(mailbox);
    return status(mailbox);
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    const std::scoped_lock lock(server_.mutex);
    server_.finish_late();
    ++server_.statuses;
    if (server_.lose_each_status > 0 && server_.statuses % server_.lose_each_status == 0)
      return lost();
    const auto box = server_.mailboxes.find(mailbox);
    if (box == server_.mailboxes.end())
      return Error{ErrorCode::refused, "no mailbox " + mailbox, "", ErrorScope::mailbox};
    imap::SelectedMailbox selected{
        box->second.validity, box->second.next, box->second.mails.size(), {}};
    selected.permanent_flags.any_keyword = true;
    server_.clock.sleep(server_.status_delay);
    if (server_.mails_of_others > 0) {
      --server_.mails_of_others;
      std::vector<StoredMail> other{{0, "Subject: other\r\n\r\nother\r\n", {}}};
      other.front().told.internal_date = Timestamp{server_.clock.unix_seconds(), 0};
      server_.commit(mailbox, other);
    }
    return selected;
  }
  Result<std::optional<imap::Quota>> quota(const std::string&) override {
    return std::optional<imap::Quota>{};
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override {
    const std::scoped_lock lock(server_.mutex);
    server_.finish_late();
    if (++server_.walks == server_.lose_walk) return lost();
    auto messages = std::make_unique<FakeWalk>();
    std::uint32_t number = 0;
    for (const StoredMail& mail : server_.mailboxes[selected_].mails) {
      ++number;
      if (mail.uid < range.first || mail.uid > range.last) continue;
      if (server_.hides && server_.hides(mail.uid)) continue;
      imap::FetchedMessage fetched;
      fetched.uid = mail.uid;
      fetched.number = number;
      fetched.size = mail.bytes.size();
      fetched.internal_date = *mail.told.internal_date;
      fetched.flags = mail.told.flags;
      fetched.keywords = mail.told.keywords;
      if (options.with_message_id) {
        message::HeaderScanner scanner;
        scanner.feed(mail.bytes);
        fetched.message_id = scanner.finish().message_id;
      }
      messages->left.push_back(std::move(fetched));
    }
    return std::unique_ptr<imap::MessageWalk>(std::move(messages));
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t, const ByteVisitor& visit) override {
    const std::scoped_lock lock(server_.mutex);
    ++server_.bodies_read;
    for (const StoredMail& mail : server_.mailboxes[selected_].mails)
      if (mail.uid == uid) {
        std::string shown = mail.bytes;
        std::replace(shown.begin(), shown.end(), '\0', '\x80');  // as Dovecot does
        return visit(shown);
      }
    return ok();
  }
  void log_out() override {}
  Result<void> create(const std::string& mailbox) override {
    const std::scoped_lock lock(server_.mutex);
    server_.mailboxes[mailbox];
    return ok();
  }
  Result<void> subscribe(const std::string&) override { return ok(); }
  Result<void> add_flags(imap::Uid uid, std::uint8_t flags,
                         const std::vector<std::string>& keywords) override {
    const std::scoped_lock lock(server_.mutex);
    if (server_.keeps_no_more) return Error{ErrorCode::refused, "no room", "", ErrorScope::message};
    for (StoredMail& mail : server_.mailboxes[selected_].mails) {
      if (mail.uid != uid) continue;
      mail.told.flags |= flags;
      mail.told.keywords = keywords;
    }
    return ok();
  }

  Result<void> append(std::uint64_t batch, const std::string& mailbox,
                      std::span<const imap::AppendMessage> messages,
                      imap::LiteralSource& literals) override {
    const int number = begin_append();
    unanswered_.push_back({batch, 0, messages.size(), false});
    std::vector<StoredMail> mails;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      StoredMail mail{0, "", messages[i]};
      if (server_.slow_literals_of == number_)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      MBOXFERRY_TRY(literals.write(i, [&](std::string_view bytes) -> Result<void> {
        mail.bytes += bytes;
        return ok();
      }));
      if (mail.bytes.size() != messages[i].wire_size)
        return Error{ErrorCode::internal, "a literal is not as long as announced", ""};
      mails.push_back(std::move(mail));
    }
    MBOXFERRY_TRY(literals.approve());
    const std::scoped_lock lock(server_.mutex);
    if (server_.cut_before_last_byte.contains(number)) return lost();
    find_unanswered(batch)->may_be_stored = true;
    if (server_.dies && std::any_of(mails.begin(), mails.end(), [this](const StoredMail& mail) {
          return server_.dies(mail.bytes);
        }))
      return lost();
    if (server_.lose_reply.contains(number)) {
      server_.commit(mailbox, mails);
      return lost();
    }
    if (const auto delay = server_.commit_late.find(number); delay != server_.commit_late.end()) {
      server_.late.push_back({server_.clock.now() + delay->second, mailbox, std::move(mails)});
      if (server_.client_dies) return Error{ErrorCode::internal, "the process dies here", ""};
      return lost();
    }
    answers_.push_back(answer(batch, mailbox, mails));
    return ok();
  }
  Result<imap::AppendOutcome> receive() override {
    const std::scoped_lock lock(server_.mutex);
    if (answers_.empty()) return lost();
    server_.clock.sleep(server_.answer_delay);
    imap::AppendOutcome outcome = answers_.front();
    answers_.pop_front();
    const auto part = find_unanswered(outcome.batch);
    if (outcome.kind == imap::AppendOutcome::Kind::bad)
      part->may_be_stored = false;
    else
      unanswered_.erase(part);
    return outcome;
  }
  bool answer_ready() override { return server_.answers_at_once && !answers_.empty(); }
  std::vector<imap::Unanswered> unanswered() const override { return unanswered_; }
  void be_careful(bool) override {}
  imap::AppendMode mode() const override { return imap::AppendMode::multiappend; }

 private:
  int begin_append() {
    const std::scoped_lock lock(server_.mutex);
    ++server_.appends;
    if (const auto event = server_.at_append.find(server_.appends);
        event != server_.at_append.end())
      event->second();
    return server_.appends;
  }
  std::vector<imap::Unanswered>::iterator find_unanswered(std::uint64_t batch) {
    return std::find_if(unanswered_.begin(), unanswered_.end(),
                        [&](const imap::Unanswered& known) { return known.batch == batch; });
  }
  imap::AppendOutcome answer(std::uint64_t batch, const std::string& mailbox,
                             std::vector<StoredMail>& mails) {
    imap::AppendOutcome outcome;
    outcome.batch = batch;
    outcome.count = mails.size();
    for (const StoredMail& mail : mails) {
      if (server_.says) {
        if (auto said = server_.says(mail.bytes, mails.size())) {
          said->batch = batch;
          said->count = mails.size();
          if (server_.stores_refused_after)
            server_.late.push_back(
                {server_.clock.now() + *server_.stores_refused_after, mailbox, std::move(mails)});
          server_.finish_late();
          return *said;
        }
      }
      if (server_.bad && server_.bad(mail.told)) {
        outcome.kind = imap::AppendOutcome::Kind::bad;
        outcome.text = "Invalid flag";
        return outcome;
      }
      if ((server_.refuse && server_.refuse(mail.bytes)) ||
          (server_.refuse_head && server_.refuse_head(mail.told))) {
        outcome.kind = imap::AppendOutcome::Kind::refused;
        outcome.code = server_.refuse_code;
        outcome.retry = server_.refuse_retry;
        outcome.text = "not this one";
        return outcome;
      }
    }
    server_.commit(mailbox, mails);
    outcome.uid_validity = server_.mailboxes[mailbox].validity;
    if (server_.capabilities.uidplus)
      for (const StoredMail& mail : mails)
        outcome.uids.push_back(server_.tells_uid ? server_.tells_uid(mail.uid) : mail.uid);
    return outcome;
  }
  static Error lost() {
    return {
        ErrorCode::unavailable, "connection lost", "", ErrorScope::session, {Retry::When::now, {}}};
  }

  FakeServer& server_;
  int number_ = 0;
  std::string label_ = "fake";
  std::string selected_;
  std::deque<imap::AppendOutcome> answers_;
  std::vector<imap::Unanswered> unanswered_;
};

}  // namespace mboxferry::test
