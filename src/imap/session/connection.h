// SPDX-License-Identifier: Apache-2.0
// A secured connection to a server and simple commands on it.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/reply/capability_list.h"
#include "imap/reply/mailbox_name.h"
#include "imap/reply/pleas.h"
#include "imap/reply/reply_reader.h"
#include "imap/tls/tls_stream.h"
#include "imap/wire/wire_stream.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/imap/server_knowledge.h"

namespace mboxferry::imap {

/// Has commands in flight, to which the server may reply while another command is waited for.
class ReplyOwner {
 public:
  virtual ~ReplyOwner() = default;
  /// True when no one else may read this reply.
  [[nodiscard]] virtual bool owns(const ReplyLine& reply) const = 0;
  virtual Result<void> handle(const ReplyLine& reply) = 0;
};

/// Greeting, STARTTLS and TLS are done; nobody is logged in yet.
///
/// A tagged reply has one owner: the command in the background, the ReplyOwner, or the caller that
/// waits for its tag. Every function that waits passes on what belongs to the others.
class Connection {
 public:
  using Visitor = std::function<Result<void>(const ReplyLine&)>;

  /// Connects and secures. Errors: unavailable, tls, protocol, try_later, configuration.
  static Result<std::unique_ptr<Connection>> open(const Account& account,
                                                  const ConnectionOptions& options);
  /// The same on a stream that is secured already, with tags that begin with `tag_prefix`. Errors:
  /// unavailable, protocol, try_later.
  static Result<std::unique_ptr<Connection>> open_on(std::unique_ptr<ByteStream> stream,
                                                     const ConnectionOptions& options,
                                                     const std::string& label,
                                                     const std::string& tag_prefix);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] const CapabilityList& capabilities() const { return capabilities_; }
  /// About how many messages the server answers in one command; nothing: no limit is known.
  [[nodiscard]] std::optional<std::uint64_t> message_limit() const {
    return capabilities_.shared.message_limit;
  }
  /// It has shown a lower one.
  /// How many messages one FETCH may ask for, by what the server says and by what it was seen to
  /// do.
  [[nodiscard]] std::optional<std::uint64_t> fetch_limit() const;
  /// The connection ended while a FETCH was answered, which had shown so many.
  void note_cut_page(std::size_t shown);
  /// What is found out is shared with others from now on.
  void share(std::shared_ptr<ServerKnowledge> knowledge) { knowledge_ = std::move(knowledge); }
  void note_message_limit(std::uint64_t limit) {
    capabilities_.shared.message_limit = std::min(limit, message_limit().value_or(limit));
  }
  WireStream& stream() { return *stream_; }
  ReplyReader& reader() { return *reader_; }

  /// A tag never used before on this connection.
  std::string next_tag();
  /// Sends bytes; `shown` is what a trace shows for them (nothing when empty).
  Result<void> send(std::string_view bytes, std::string_view shown);
  /// Sends bytes behind which more follow: compressed they may wait for it, see WireStream.
  Result<void> send_part(std::string_view bytes);
  /// Sends whole command lines, several in one piece; a trace shows all of them. Without pipelining
  /// each goes when the one before was answered.
  Result<void> send_lines(std::string_view lines);
  [[nodiscard]] bool pipelining() const { return pipelining_; }
  /// `TAG text`, and the tagged reply to it, valid until the next reading. Data that comes before
  /// goes to `visit`. BYE, continuations and foreign tags are errors.
  Result<ReplyLine> command(std::string_view text, const Visitor& visit = {});
  /// Sends `TAG text` without waiting for the reply. Whoever reads next comes by it: data before it
  /// goes to `data` as well, the tagged reply to `done` and nowhere else.
  Result<void> command_in_background(std::string_view text, Visitor data, Visitor done);
  /// The same for what must have been answered before other commands mean what they should: where
  /// the server asks for patience instead, it is given again before the next command, after the
  /// wait that was asked for. `done` gets the last answer only.
  Result<void> command_before_others(std::string_view text, Visitor data, Visitor done);
  /// Waits until no command in the background is unanswered.
  Result<void> settle_background();
  /// The answer was whole, and the reply asks for patience: the next command is given when that
  /// time is over. False: it asks for none, or for more than 10 s.
  bool hold_for(const ReplyLine& reply);
  /// Waits; an interrupt is an `interrupted` error.
  Result<void> wait(std::chrono::milliseconds duration) const;
  /// From now on `owner` gets what it owns; null: no one does. Not owned.
  void set_reply_owner(ReplyOwner* owner) { owner_ = owner; }
  /// Waits for the tagged reply to `tag`, as command() does.
  Result<ReplyLine> await(std::string_view tag, const Visitor& visit = {});
  /// Waits for `+`. A tagged reply instead of it is in the result's `kind`.
  Result<ReplyLine> await_continuation(std::string_view tag, const Visitor& visit = {});
  /// The next reply that is not one to a command in the background. For the ReplyOwner, and where
  /// it has nothing in flight.
  Result<ReplyLine> next_reply();
  /// The same if it is there as a whole.
  Result<std::optional<ReplyLine>> next_reply_if_there();
  /// Reads the rest of a reply that was read in part.
  Result<void> finish_reply();

  /// From now on neither traces nor printed() show this.
  void hide(const Secret& secret);
  /// While true, traces do not show what follows a "+": challenges of a login.
  void hide_challenges(bool hidden);
  /// What binds a login to this TLS connection, see ByteStream::tls_exporter().
  [[nodiscard]] std::optional<Secret> tls_exporter() const { return stream_->tls_exporter(); }
  /// A server's words, fit to be shown.
  [[nodiscard]] std::string printed(std::string_view text) const;

  /// Takes the list from a response code, else from what came before the reply, else asks for it.
  Result<void> read_capabilities(const ReplyLine& reply,
                                 const std::optional<CapabilityList>& told_before = {});
  Result<void> ask_capabilities();
  /// Has the server take and give UTF-8 where it can (docs/decisions/0011-utf8-accept.md), in the
  /// background: name_form() is not known before that is settled. To be called once, after the
  /// login. A refusal is no error.
  Result<void> enable_utf8();
  /// Tells the server which program this is (RFC 2971), in the background: Coremail (163.com,
  /// 126.com, qq.com) opens no mailbox before it was told.
  Result<void> introduce_itself();
  /// The texts that the server said must be shown (ALERT, WEBALERT), for an error about them; empty
  /// when there were none.
  [[nodiscard]] const std::string& alerts() const { return alerts_; }
  /// Words beside an answer, to be shown if that is a refusal.
  void note_words(const ReplyLine& reply);
  [[nodiscard]] NameForm name_form() const { return name_form_; }
  /// The same once the server has answered ENABLE; waits for nothing else.
  Result<NameForm> settled_name_form();
  /// See Target::compress().
  Result<bool> compress(bool on);

  /// What a NO or BAD to a command about `mailbox` means; `doing` as in "creating".
  [[nodiscard]] Error refusal(const std::string& doing, const std::string& mailbox,
                              const ReplyLine& reply) const;
  /// The same about anything; `doing` as in "FETCH".
  [[nodiscard]] Error refusal(const std::string& doing, const ReplyLine& reply,
                              ErrorScope scope = ErrorScope::mailbox) const;
  /// NOOP, so that the server looks at the selected mailbox. Only a plea for patience is an error:
  /// what came since might not be shown.
  Result<void> look_for_news();
  /// Tells the user something that is no error.
  void tell(const std::string& line) const {
    if (tell_) tell_(line);
  }
  /// Closes for the reason given and returns it.
  Error fail(Error error);
  /// Closes because of a BYE.
  Error goodbye(const ReplyLine& reply);
  /// Shows lines that were written past send().
  void trace_sent(std::string_view lines);

 private:
  /// What a handshake was like.
  struct Handshake {
    std::string protocol;  ///< `TLSv1.3` and so on, when it worked
    bool legacy_suspected = false;
  };

  Connection(std::string label, std::string tag_prefix)
      : label_(std::move(label)), tag_prefix_(std::move(tag_prefix)) {}

  static Result<std::unique_ptr<Connection>> dial(const Account& account,
                                                  const ConnectionOptions& options, TlsFloor floor,
                                                  Handshake& handshake);
  void attach(std::unique_ptr<ByteStream> stream, const ConnectionOptions& options);
  struct Background {
    std::string tag;
    Visitor data;
    Visitor done;
    std::string text = {};  ///< of one that is given again
    Pleas pleas = {};
  };

  /// One whole reply; with it comes the turn of the next command line, where they take turns.
  Result<ReplyLine> read_reply();
  void note_reply(const ReplyLine& reply);
  void watch_over(std::string_view lines);
  [[nodiscard]] bool waits_behind() const;
  Result<void> send_next_line();
  Result<void> send_lines_now(std::string_view lines);
  Result<void> give(Background command);
  Result<void> give_again();
  Result<void> read_greeting();
  void look_for_alert(const ReplyLine& reply);
  Result<void> negotiate_starttls();
  /// True when the reply is one to a command in the background, which has got it then.
  Result<bool> goes_to_background(const ReplyLine& reply);
  /// The same, or one that the ReplyOwner owns.
  Result<bool> goes_to_others(const ReplyLine& reply);
  /// The next reply that belongs to neither.
  Result<ReplyLine> next_unowned_reply();
  /// Reads one reply, which must be data or belong to one of them.
  Result<void> read_for_others();

  std::string label_;
  CapabilityList capabilities_;
  NameForm name_form_ = NameForm::modified_utf7;
  SecretMask secrets_;
  std::unique_ptr<WireStream> stream_;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<ReplyReader> reader_;
  std::string tag_prefix_;
  std::uint64_t tags_ = 0;
  std::deque<Background> background_;
  std::vector<Background> put_off_;               ///< to be given again
  std::chrono::steady_clock::time_point hold_{};  ///< no command before
  const Cancellation* interrupt_ = nullptr;
  ReplyOwner* owner_ = nullptr;
  bool utf8_asked_ = false;    ///< ENABLE is unanswered
  bool utf8_enabled_ = false;  ///< said by the server, not confirmed yet
  bool compression_refused_ = false;
  std::function<void(std::string_view)> tell_;
  std::string alerts_;
  bool pipelining_ = true;
  std::deque<std::string> lines_to_send_;  ///< without pipelining
  struct SentLine {
    std::string tag;
    bool behind;  ///< in one piece with another one before it
  };
  std::deque<SentLine> unanswered_;  ///< with pipelining only until it is proven
  bool proven_ = false;              ///< a line behind another one was answered
  std::function<void()> on_lost_input_;
  std::shared_ptr<ServerKnowledge> knowledge_;
  std::chrono::milliseconds timeout_{0};
};

}  // namespace mboxferry::imap
