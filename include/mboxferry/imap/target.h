// SPDX-License-Identifier: Apache-2.0
// A mail store that takes messages. The IMAP implementation is one; fakes and decorators others.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/imap/server_knowledge.h"

namespace mboxferry::imap {

using Uid = std::uint32_t;
inline constexpr Uid kLastUid = std::numeric_limits<Uid>::max();

/// What the server announced after login.
struct Capabilities {
  bool literal_plus = false;                  ///< RFC 7888
  bool literal_minus = false;                 ///< RFC 7888
  bool multiappend = false;                   ///< RFC 3502
  bool uidplus = false;                       ///< RFC 4315
  bool name_space = false;                    ///< RFC 2342
  bool special_use = false;                   ///< RFC 6154
  bool unselect = false;                      ///< RFC 3691
  bool quota = false;                         ///< RFC 9208
  bool compress = false;                      ///< RFC 4978, DEFLATE
  std::optional<std::uint64_t> append_limit;  ///< RFC 7889, bytes
  /// RFC 9738: what one command may touch, and what one APPEND may bring.
  std::optional<std::uint64_t> message_limit;
};

/// How literals are sent.
enum class AppendMode { automatic, multiappend, literal_plus, literal_minus, synchronizing };
std::optional<AppendMode> append_mode_from_name(std::string_view name);
std::string_view append_mode_name(AppendMode mode);
/// The way to append that `capabilities` allow; `wanted` is taken when it is allowed.
AppendMode choose_append_mode(const Capabilities& capabilities, AppendMode wanted);

/// One mailbox that the server lists. Names are UTF-8 with the server's separator.
struct ListedMailbox {
  std::string name;
  char separator = '/';  ///< 0: no hierarchy
  bool selectable = true;
  std::string special_use;  ///< `\Sent` and so on, or empty
};

struct Namespace {
  std::string prefix;  ///< of the user's own mailboxes, UTF-8: "" or "INBOX."
  char separator = '/';
};

/// The user's mailboxes as they are named and listed.
struct MailboxTree {
  Namespace name_space;
  std::vector<ListedMailbox> listed;
};

/// Which flags stay (RFC 3501 section 7.1, PERMANENTFLAGS).
struct PermanentFlags {
  std::uint8_t system = 0xff;         ///< bits of message::Flag
  bool any_keyword = false;           ///< `\*`
  std::vector<std::string> keywords;  ///< named ones
};

struct SelectedMailbox {
  std::uint32_t uid_validity = 0;
  Uid uid_next = 0;  ///< 0: the server did not say
  std::uint64_t exists = 0;
  PermanentFlags permanent_flags;
};

/// RFC 9208: STORAGE in bytes, and MESSAGE. Where several roots limit one of them, the root with
/// the least room counts.
struct Quota {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t used = 0;
  std::uint64_t limit = kUnlimited;
  std::uint64_t messages = 0;  ///< there are so many
  std::uint64_t most_messages = kUnlimited;
};

/// One message as FETCH shows it.
struct FetchedMessage {
  Uid uid = 0;
  std::uint64_t size = 0;
  Timestamp internal_date;
  std::uint8_t flags = 0;  ///< bits of message::Flag
  std::vector<std::string> keywords;
  std::string message_id;  ///< when asked for; empty when it has none
  std::uint32_t number = 0;  ///< its sequence number then; 0: not told
  bool withheld = false;     ///< the server refuses to show it: but for the UID nothing is known
};

struct UidRange {
  Uid first = 0;
  Uid last = 0;  ///< inclusive
};

struct WalkOptions {
  bool with_message_id = false;
  /// The mailbox was selected by the command before, so that the server need not look at it again.
  bool just_selected = false;
  /// What the server refuses to show, asked for by itself, is visited as well; else it is passed
  /// over.
  bool with_withheld = false;
};

/// A mailbox that will be looked at: so many pages of its UIDs from this one on.
struct Look {
  std::string mailbox;
  Uid first = 1;
  std::size_t pages = 1;
};

/// A message that a mailbox may hold already.
struct Likeness {
  std::string message_id;  ///< empty: unknown, or it has none
  std::uint64_t size = 0;
  Timestamp date;           ///< INTERNALDATE
  std::uint64_t slack = 0;  ///< the size may be so many bytes more or less
};

/// A mailbox to be looked into for messages like these; without any, only how many it holds is
/// asked.
struct Inquiry {
  std::string mailbox;
  std::vector<Likeness> likenesses;
  /// Only messages of exactly that size: spares a server without an index of Message-IDs from
  /// reading the header of each message that it holds.
  bool exact_size = false;
};

struct InquiryAnswer {
  /// How many messages the mailbox holds; 0 when it cannot be selected. Only told where no likeness
  /// was given.
  std::uint64_t exists = 0;
  /// Messages that may be like those, and maybe others; a bounded number, Message-IDs included.
  std::vector<FetchedMessage> candidates;
  bool answered = true;  ///< false: the server refuses to search
};

/// How many UIDs are a page of a look ahead: what a walk can hold whatever they are.
inline constexpr std::uint64_t kLookAheadUids = 2000;

/// The messages of a range of UIDs. Until it is destroyed nothing else may be asked of its target.
class MessageWalk {
 public:
  MessageWalk() = default;
  MessageWalk(const MessageWalk&) = delete;
  MessageWalk& operator=(const MessageWalk&) = delete;
  virtual ~MessageWalk() = default;

  /// The next message, ascending by UID; none behind the last.
  virtual Result<std::optional<FetchedMessage>> next() = 0;
};

/// A message whose bytes are wanted.
struct WantedBody {
  Uid uid = 0;
  std::uint64_t size = 0;  ///< RFC822.SIZE, as far as it is known
};

/// What can be asked without changing anything. A dry run gets this type and no other.
class ReadOnlyTarget {
 public:
  using FetchVisitor = std::function<Result<void>(const FetchedMessage&)>;
  using ByteVisitor = std::function<Result<void>(std::string_view)>;
  using BodyVisitor = std::function<Result<void>(Uid, std::string_view)>;
  /// What fetch_bodies() may be asked for in one question.
  static constexpr std::size_t kMostBodies = 100;
  static constexpr std::uint64_t kLargestOfBodies = std::uint64_t{256} << 10U;

  ReadOnlyTarget() = default;
  ReadOnlyTarget(const ReadOnlyTarget&) = delete;
  ReadOnlyTarget& operator=(const ReadOnlyTarget&) = delete;
  virtual ~ReadOnlyTarget() = default;

  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;
  /// `user@host:port`, for messages.
  [[nodiscard]] virtual const std::string& label() const = 0;
  virtual Result<Namespace> personal_namespace() = 0;
  virtual Result<std::vector<ListedMailbox>> list() = 0;
  /// Both of these, in one round trip where that can be.
  virtual Result<MailboxTree> mailbox_tree();
  /// Selects the mailbox; an absent one is an error of scope mailbox.
  virtual Result<SelectedMailbox> select(const std::string& mailbox) = 0;
  /// STATUS of a mailbox that need not be selected: messages and UIDNEXT as of now.
  virtual Result<SelectedMailbox> status(const std::string& mailbox) = 0;
  virtual Result<std::optional<Quota>> quota(const std::string& mailbox) = 0;
  /// Messages of the selected mailbox as it is now, asked for ahead of their use; neither memory
  /// nor the number of round trips grows with them. A range that ends with the highest UID, where
  /// that is known, saves a question.
  virtual Result<std::unique_ptr<MessageWalk>> walk(UidRange range, WalkOptions options) = 0;
  /// Says which mailboxes will be selected and walked through next, in this order, so that it costs
  /// no round trip for each. A walk behind the last page that was asked for begins anew. Only a
  /// hint: anything else may be asked as well, and costs more then.
  virtual Result<void> look_ahead(std::span<const Look> /*looks*/) { return ok(); }
  /// Looks into mailboxes for messages that they may hold, in about one round trip for all of them
  /// together, and one more for each with candidates. Changes nothing; which mailbox is selected
  /// then is unknown.
  virtual Result<std::vector<InquiryAnswer>> inquire(std::span<const Inquiry> inquiries);
  /// Walks to the end. `visit` must not use the target.
  Result<void> fetch(UidRange range, WalkOptions options, const FetchVisitor& visit);
  /// The selected mailbox's message, in slices of bounded size.
  virtual Result<void> fetch_body(Uid uid, std::uint64_t size, const ByteVisitor& visit) = 0;
  /// Up to kMostBodies messages of the selected mailbox, none larger than kLargestOfBodies, each
  /// as a whole and at most once, in one round trip and whatever order. One that is gone, or that
  /// the server leaves out, is passed over.
  virtual Result<void> fetch_bodies(std::span<const WantedBody> bodies, const BodyVisitor& visit);
  /// False when the server would make an absent mailbox of this name and then could not list it to
  /// programs that do not enable UTF8=ACCEPT. A guess, made without a change.
  virtual Result<bool> lists_to_everybody(const std::string& /*mailbox*/) { return true; }
  /// False when nothing more can be said on the connection.
  [[nodiscard]] virtual bool is_alive() const { return true; }
  /// Ends the connection politely.
  virtual void log_out() = 0;
};

/// One message of an append batch.
struct AppendMessage {
  std::uint64_t wire_size = 0;
  std::uint8_t flags = 0;                  ///< bits of message::Flag, all permanent here
  std::vector<std::string> keywords;       ///< all permanent here
  std::optional<Timestamp> internal_date;  ///< within 1970 to now
};

/// Takes pieces of a literal.
using LiteralWriter = std::function<Result<void>(std::string_view)>;

/// Gives the bytes of a batch's messages when their turn comes, and has the last word.
class LiteralSource {
 public:
  virtual ~LiteralSource() = default;
  /// Writes exactly the announced wire size of message `index`; anything else ends the connection
  /// with nothing stored of that command.
  virtual Result<void> write(std::size_t index, const LiteralWriter& out) = 0;
  /// False when approve() may wait; what was written goes to the server before it does.
  [[nodiscard]] virtual bool approves_at_once() const { return true; }
  /// Asked before the byte that lets the server commit; an error ends the connection instead.
  virtual Result<void> approve() = 0;
};

/// Known answers of servers, by response code or phrase (one table in src/imap/).
enum class ResponseCode {
  none,
  try_create,
  over_quota,
  too_big,
  limit,
  unavailable,
  in_use,
  server_bug,
  no_permission,
  authentication_failed,
  bad  ///< `bad`: a BAD reply
};
std::string_view response_code_name(ResponseCode code);

/// Whose fault a refusal is, where code or words say so.
enum class Fault {
  unknown,  ///< what goes through besides decides
  message,  ///< too large, zero bytes, NUL
  mailbox,  ///< the mailbox, the account or the server: full, or no right to it
};

/// What became of messages [first, first + count) of a batch.
struct AppendOutcome {
  enum class Kind {
    stored,   ///< OK; `uids` ascending, one a message, or empty without UIDPLUS
    refused,  ///< NO: the server has none of them
    bad,      ///< BAD: the connection is closed; the command stays among the unanswered
  };
  std::uint64_t batch = 0;
  std::size_t first = 0;
  std::size_t count = 0;
  Kind kind = Kind::stored;
  std::uint32_t uid_validity = 0;
  std::vector<Uid> uids;
  ResponseCode code = ResponseCode::none;
  std::string name;  ///< a refusal's code as reports list it; empty: that of `code`
  std::string text;  ///< the server's words, printable, bounded
  Retry retry;
  Fault fault = Fault::unknown;
};

/// A part of a batch that was not answered when the connection ended.
struct Unanswered {
  std::uint64_t batch = 0;
  std::size_t first = 0;
  std::size_t count = 0;
  bool may_be_stored = false;  ///< false: the command's last byte was never written
};

/// What a connection has cost so far, to find what limits it.
struct WireUsage {
  std::uint64_t plain_sent = 0;         ///< bytes before compression
  std::uint64_t wire_sent = 0;          ///< after it, without TLS's own
  std::chrono::microseconds waited{0};  ///< for the peer to take or to send something
  /// The kernel's view (Linux): how long there was something to send or not yet acknowledged, and
  /// how long of that the peer's window was shut. Nothing where it does not tell.
  std::optional<std::chrono::microseconds> busy;
  std::optional<std::chrono::microseconds> window_shut;
};

/// A mail store that takes messages. One thread at a time.
class Target : public ReadOnlyTarget {
 public:
  virtual Result<void> create(const std::string& mailbox) = 0;
  virtual Result<void> subscribe(const std::string& mailbox) = 0;
  /// Removes the mailbox, which is not selected, and what it holds. A refusal is an error of scope
  /// mailbox.
  virtual Result<void> delete_mailbox(const std::string& mailbox);
  /// Selects the mailbox; with `create` it is made before, in one round trip where that can be, and
  /// subscribed to, at the latest when the mailbox is left. Errors are those of create() and
  /// select(); a refused subscription is none.
  virtual Result<SelectedMailbox> open_mailbox(const std::string& mailbox, bool create);

  /// Starts sending a batch into `mailbox` under the caller's number `batch`: one MULTIAPPEND, or
  /// one APPEND a message, as the mode says. Returns when the last byte is written; replies that
  /// come meanwhile are kept for `receive`. An error means that the connection is gone.
  virtual Result<void> append(std::uint64_t batch, const std::string& mailbox,
                              std::span<const AppendMessage> messages, LiteralSource& literals) = 0;
  /// The next outcome, waiting for it. Call only while something is unanswered.
  virtual Result<AppendOutcome> receive() = 0;
  /// True when `receive` would not wait.
  virtual bool answer_ready() = 0;
  /// What is unanswered, also after an error.
  [[nodiscard]] virtual std::vector<Unanswered> unanswered() const = 0;
  /// Adds flags and keywords to a message of the selected mailbox; all are permanent there. A
  /// refusal is an error of scope message.
  virtual Result<void> add_flags(Uid uid, std::uint8_t flags,
                                 const std::vector<std::string>& keywords) = 0;
  /// Removes these messages of the selected mailbox for good, and no others (UID EXPUNGE, RFC
  /// 4315). Nothing is removed where the server cannot do that: an error of scope mailbox.
  virtual Result<void> expunge(std::span<const Uid> uids);
  /// From now on every literal is a synchronizing one, one message a command: for messages that
  /// got a BAD.
  virtual void be_careful(bool careful) = 0;
  /// Has what is sent compressed from now on, or no longer; true when it is. To be called while
  /// nothing is unanswered. A server that cannot or will not is no error; an error means that the
  /// connection is gone.
  virtual Result<bool> compress(bool /*on*/) { return false; }
  [[nodiscard]] virtual WireUsage wire_usage() const { return {}; }
  [[nodiscard]] virtual AppendMode mode() const = 0;
};

/// Called when the server has greeted on a secured connection, before anybody logs in; may wait. An
/// error ends the connection.
using BeforeLogin = std::function<Result<void>()>;

/// What helps with a mailbox that exists and is not opened.
inline constexpr const char* kAskWhyNotOpened =
    "the mailbox exists: ask the server's operator what is wrong with it and whether the account "
    "has the right to it, then run the same command again";

/// Connects, secures and logs in. Errors: unavailable, tls, protocol, login_refused, try_later.
/// `knowledge` is shared with other connections to the same server; without it the connection finds
/// out by itself.
Result<std::unique_ptr<Target>> connect(const Account& account, const ConnectionOptions& options,
                                        AppendMode wanted,
                                        std::shared_ptr<ServerKnowledge> knowledge = nullptr,
                                        const BeforeLogin& before_login = {});
/// The same for a dry run: nothing that changes the store can be said to what this returns.
Result<std::unique_ptr<ReadOnlyTarget>> connect_read_only(const Account& account,
                                                          const ConnectionOptions& options);

}  // namespace mboxferry::imap
