// SPDX-License-Identifier: Apache-2.0
// Carries a SASL exchange over IMAP.
#include "imap/session/authenticate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "imap/reply/response_codes.h"
#include "mboxferry/base/base64.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Kind = ReplyLine::Kind;
using Status = ReplyLine::Status;

// Servers cut longer command lines.
constexpr std::size_t kLongestInitialResponse = 4000;

// A longer challenge is answered like one that nobody understands.
constexpr std::size_t kLongestChallenge = 12'000;
constexpr std::size_t kLongestReply = std::size_t{128} << 10U;

std::optional<std::string> decoded(std::string_view challenge) {
  if (challenge.size() > kLongestChallenge) return std::nullopt;
  return from_base64(challenge);
}

class Challenges {
 public:
  explicit Challenges(Connection& connection) : connection_(connection) {
    connection_.hide_challenges(true);
    connection_.reader().set_limit(kLongestReply);
  }
  Challenges(const Challenges&) = delete;
  Challenges& operator=(const Challenges&) = delete;
  ~Challenges() {
    connection_.hide_challenges(false);
    connection_.reader().set_limit(ReplyReader::kDefaultLimit);
  }

 private:
  Connection& connection_;
};

/// BAD to a command with an initial response that does not speak of names and passwords: the server
/// offers SASL-IR and does not understand it (RFC 3501 section 7.1.3).
bool is_about_form(const ReplyLine& reply) {
  const Meaning meaning = meaning_of(reply.code, reply.text);
  if (meaning.code == ResponseCode::authentication_failed) return false;
  if (meaning.retry.when == Retry::When::later) return false;
  constexpr std::array kJudging{"password", "credential", "authentication",
                                "login",    "denied",     "mechanism"};
  return std::none_of(kJudging.begin(), kJudging.end(), [&](const char* phrase) {
    return find_phrase(reply.text, phrase) != std::string_view::npos;
  });
}

Result<void> say(Connection& connection, const Secret& message) {
  const Secret encoded(base64(message.reveal()));
  connection.hide(encoded);
  const Secret line(sasl::joined({encoded.reveal(), "\r\n"}));
  return connection.send(line.reveal(), encoded.reveal().empty() ? "(empty line)" : "***");
}

/// RFC 3501 section 6.2.2: `*` takes the attempt back.
Error cancelled(Connection& connection, std::string_view tag, Error error) {
  if (connection.send("*\r\n", "*")) {
    const auto ended = connection.await(tag);
    if (!ended && ended.error().code == ErrorCode::interrupted) return ended.error();
  }
  error.what = connection.label() + ": " + error.what;
  error.scope = ErrorScope::session;
  return connection.fail(std::move(error));
}

}  // namespace

Result<AuthenticateEnd> authenticate(Connection& connection, std::string_view mechanism,
                                     sasl::Exchange& exchange, const Connection::Visitor& visit) {
  MBOXFERRY_TRY(connection.finish_reply());
  const Challenges reading(connection);
  std::string tag = connection.next_tag();
  const std::string words = " AUTHENTICATE " + std::string(mechanism);
  const std::string head = tag + words;
  std::optional<Secret> first = exchange.initial();
  std::optional<Secret> sent_at_once;
  if (first) {
    const Secret encoded(base64(first->reveal()));
    if (connection.capabilities().sasl_ir && encoded.reveal().size() <= kLongestInitialResponse) {
      connection.hide(encoded);
      const Secret line(sasl::joined({head, " ", encoded.reveal(), "\r\n"}));
      MBOXFERRY_TRY(connection.send(line.reveal(), head + " ***"));
      sent_at_once = std::exchange(first, std::nullopt);
    } else {
      MBOXFERRY_TRY(connection.send(head + "\r\n", head));
    }
  } else {
    MBOXFERRY_TRY(connection.send(head + "\r\n", head));
  }
  for (AuthenticateEnd end;;) {
    MBOXFERRY_ASSIGN(end.reply, connection.await_continuation(tag, visit));
    if (end.reply.kind == Kind::tagged) {
      // What SCRAM says first is no password, and another way may be better than this one again.
      const bool may_say_again = sent_at_once && !mechanism.starts_with("SCRAM");
      if (end.reply.status == Status::bad && may_say_again && is_about_form(end.reply)) {
        first = std::exchange(sent_at_once, std::nullopt);
        tag = connection.next_tag();
        const std::string alone = tag + words;
        MBOXFERRY_TRY(connection.send(alone + "\r\n", alone));
        continue;
      }
      if (end.reply.status != Status::ok) return end;
      if (auto allowed = exchange.finish(); !allowed) {
        Error error = std::move(allowed).error();
        error.what = connection.label() + ": " + error.what;
        return connection.fail(std::move(error));
      }
      return end;
    }
    if (first) {
      MBOXFERRY_TRY(say(connection, *std::exchange(first, std::nullopt)));
      continue;
    }
    auto answer = exchange.answer(decoded(end.reply.text));
    if (!answer) return cancelled(connection, tag, std::move(answer).error());
    ++end.challenges;
    sent_at_once.reset();
    MBOXFERRY_TRY(say(connection, *answer));
  }
}

}  // namespace mboxferry::imap
