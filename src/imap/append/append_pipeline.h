// SPDX-License-Identifier: Apache-2.0
// Sends APPEND commands ahead of their replies.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imap/append/append_head.h"
#include "imap/session/connection.h"
#include "mboxferry/imap/server_knowledge.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// The append part of Target, on a connection that is logged in.
///
/// A non-synchronizing literal only follows a command head of which the server has taken every part
/// before: one that answers BAD to the head may run the message's lines as commands. So the first
/// use of a mailbox, a flag, a kind of keyword or a form of date waits for `+`, and on any BAD the
/// connection is closed with nothing more written (docs/decisions/0015-known-heads.md).
class AppendPipeline final : private ReplyOwner {
 public:
  /// Bytes are collected up to this many, so that small messages share TLS records and system
  /// calls.
  static constexpr std::size_t kFlight = std::size_t{128} << 10U;

  AppendPipeline(Connection& connection, AppendMode mode,
                 std::shared_ptr<ServerKnowledge> knowledge, std::size_t flight = kFlight);
  ~AppendPipeline() override;

  /// `quoted_mailbox` is the wire name as a quoted string. See Target::append.
  Result<void> append(std::uint64_t batch, const std::string& quoted_mailbox,
                      std::span<const AppendMessage> messages, LiteralSource& literals);
  Result<AppendOutcome> receive();
  bool answer_ready();
  [[nodiscard]] std::vector<Unanswered> unanswered() const;
  void be_careful(bool careful) { careful_ = careful; }
  [[nodiscard]] AppendMode mode() const { return mode_; }
  /// Reads all replies that are due, so that other commands can follow.
  Result<void> settle();

  /// No message is unanswered.
  [[nodiscard]] bool is_idle() const { return in_flight_.empty(); }

 private:
  struct Command {
    std::string tag;
    std::uint64_t batch = 0;
    std::size_t first = 0;
    std::size_t count = 0;
    bool without_flags = false;  ///< some message of it had none
    bool ended = false;          ///< its final line end may be in the buffer or beyond
    bool may_be_stored = false;  ///< its final line end may have been given to the stream
  };
  enum class Go { yes, no };  ///< no: the server refused the command before the literal

  Result<void> send_command(std::uint64_t batch, const std::string& quoted_mailbox,
                            std::span<const AppendMessage> messages, std::size_t first,
                            std::size_t count, LiteralSource& literals);
  Result<void> end_command(std::string_view tag);
  Result<void> send_literal(const AppendMessage& message, std::size_t index, bool first_of_command,
                            LiteralSource& literals);
  Result<Go> wait_for_go(const std::string& tag);
  [[nodiscard]] LiteralKind literal_kind(const AppendMessage& message,
                                         const std::string& quoted_mailbox) const;

  Result<void> put(std::string_view bytes);
  Result<void> flush();
  /// Takes in the replies that are there.
  Result<void> take_replies();
  [[nodiscard]] bool owns(const ReplyLine& reply) const override;
  Result<void> handle(const ReplyLine& reply) override;
  Result<void> handle_tagged(const ReplyLine& reply);
  Error handle_bad(const ReplyLine& reply);
  Error unasked_continuation();
  [[nodiscard]] bool is_in_flight(std::string_view tag) const;

  Connection& connection_;
  AppendMode mode_;
  std::shared_ptr<ServerKnowledge> knowledge_;
  const std::size_t flight_;
  bool careful_ = false;
  bool sent_at_once_ = false;  ///< a literal that does not wait
  /// After a BAD nothing more is read either: if the server took a message's lines for commands,
  /// the mail's author may have chosen what it answers.
  bool bad_ = false;
  std::deque<Command> in_flight_;
  std::deque<AppendOutcome> outcomes_;
  std::string buffer_;
};

}  // namespace mboxferry::imap
