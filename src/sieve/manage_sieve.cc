// SPDX-License-Identifier: Apache-2.0
// Commands of ManageSieve.
#include "mboxferry/sieve/manage_sieve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mboxferry/base/ascii.h"
#include "sieve/reply_reader.h"

namespace mboxferry::sieve {
namespace {

constexpr std::size_t kMostScripts = 1000;
constexpr std::size_t kMostTold = 300;
constexpr std::string_view kSyncTag = "mboxferry-sync";
// Whatever reads its text as commands does nothing with it.
constexpr std::string_view kHarmlessScript = "keep;\r\n";
constexpr const char* kNoPlainText = "someone may be tampering with the connection";

/// Without control characters, and not endless.
std::string shown_words(std::string_view text) {
  std::string words;
  for (const char c : text.substr(0, kMostTold)) {
    const auto byte = static_cast<unsigned char>(c);
    words += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return text.size() > kMostTold ? words + "..." : words;
}

std::set<std::string, std::less<>> words_of(std::string_view text, bool capitals) {
  std::set<std::string, std::less<>> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (c != ' ') {
      word += capitals && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A')
                                               : (capitals ? c : to_lower(c));
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
  return words;
}

Error tls_refused(std::string what, std::string hint) {
  return {ErrorCode::tls, std::move(what), std::move(hint), ErrorScope::job};
}

std::string first_string(const ReplyTokens& tokens) {
  return tokens.empty() || tokens.front().kind != ReplyToken::Kind::string ? ""
                                                                           : tokens.front().text;
}

}  // namespace

std::string protocol_string(std::string_view text) {
  constexpr std::size_t kLongestQuoted = 1000;
  const bool plain = text.size() <= kLongestQuoted &&
                     text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  if (!plain) return fmt::format("{{{}+}}\r\n{}", text.size(), text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

ManageSieve::ManageSieve(std::unique_ptr<Channel> channel,
                         std::function<void(std::string_view line)> trace)
    : channel_(std::move(channel)),
      trace_(std::move(trace)),
      reader_(std::make_unique<ReplyReader>(*channel_)) {}

ManageSieve::~ManageSieve() = default;

const std::string& ManageSieve::place() const { return channel_->place(); }

void ManageSieve::show(std::string_view line) const {
  if (trace_) trace_(line);
}

Result<std::unique_ptr<ManageSieve>> ManageSieve::open(
    std::unique_ptr<Channel> channel, bool starttls,
    std::function<void(std::string_view line)> trace) {
  std::unique_ptr<ManageSieve> self(new ManageSieve(std::move(channel), std::move(trace)));
  MBOXFERRY_TRY(self->greet(starttls));
  self->channel_->opened();
  return self;
}

Result<void> ManageSieve::greet(bool starttls) {
  if (!starttls) {
    MBOXFERRY_TRY(channel_->start_tls());
  }
  auto greeting = read(ReplyReader::kMostText);
  if (!greeting && starttls && !reader_->heard_anything()) {
    Error error = greeting.error();
    if (error.code == ErrorCode::unavailable)
      error.hint =
          "a server that says nothing may wait for TLS from the start: try --tls implicit; "
          "ManageSieve with STARTTLS is usually on port 4190";
    return error;
  }
  if (!greeting) return greeting.error();
  if (greeting->status != Reply::Status::ok) return refused("the greeting", *greeting);
  MBOXFERRY_TRY(take_abilities(*greeting));
  if (!starttls) return ok();
  if (!abilities_.starttls)
    return tls_refused(place() + ": the server does not offer STARTTLS on this port",
                       "try --tls implicit; passwords are never sent in plain text");
  MBOXFERRY_ASSIGN(const Reply reply, command("STARTTLS"));
  if (reply.status != Reply::Status::ok)
    return tls_refused(place() + ": the server refuses STARTTLS: " + shown_words(reply.text),
                       "try --tls implicit; passwords are never sent in plain text");
  if (reader_->has_unread() || channel_->readable_now())
    return tls_refused(place() +
                           ": the server, or somebody between, sent more in plain text after its "
                           "STARTTLS reply",
                       kNoPlainText);
  abilities_ = {};
  MBOXFERRY_TRY(channel_->start_tls());
  return synchronize();
}

/// After STARTTLS servers say anew what they can do, and some old ones do not. NOOP tells which.
Result<void> ManageSieve::synchronize() {
  MBOXFERRY_ASSIGN(Reply reply, command(fmt::format("NOOP \"{}\"", kSyncTag)));
  const bool unasked = !reply.lines.empty();
  if (unasked) {
    if (reply.status != Reply::Status::ok) return refused("STARTTLS", reply);
    MBOXFERRY_TRY(take_abilities(reply));
    MBOXFERRY_ASSIGN(reply, read(ReplyReader::kMostText));
  }
  if (reply.status == Reply::Status::bye) return refused("NOOP", reply);
  return unasked ? ok() : ask_abilities();
}

Result<void> ManageSieve::ask_abilities() {
  MBOXFERRY_ASSIGN(const Reply reply, command("CAPABILITY"));
  if (reply.status != Reply::Status::ok) return refused("CAPABILITY", reply);
  return take_abilities(reply);
}

Result<void> ManageSieve::take_abilities(const Reply& reply) {
  abilities_ = {};
  bool any = false;
  for (const ReplyTokens& line : reply.lines) {
    const std::string name = first_string(line);
    const std::string value =
        line.size() > 1 && line[1].kind == ReplyToken::Kind::string ? line[1].text : "";
    any = any || !name.empty();
    if (equals_ignoring_case(name, "IMPLEMENTATION")) abilities_.implementation = value;
    if (equals_ignoring_case(name, "SIEVE")) abilities_.sieve = words_of(value, false);
    if (equals_ignoring_case(name, "SASL")) abilities_.sasl = words_of(value, true);
    if (equals_ignoring_case(name, "STARTTLS")) abilities_.starttls = true;
    if (equals_ignoring_case(name, "VERSION")) abilities_.checks = true;
  }
  if (any) return ok();
  return Error{ErrorCode::protocol,
               place() + ": the server does not say what it can do: it is no ManageSieve server",
               "check host and port: 4190 is usual"};
}

Result<Reply> ManageSieve::read(std::size_t most_text, bool in_login) {
  MBOXFERRY_ASSIGN(Reply reply, reader_->next(most_text, in_login));
  reply.code = secrets_.masked(reply.code);
  reply.text = secrets_.masked(reply.text);
  if (reply.code != "SASL") reply.code_argument = secrets_.masked(reply.code_argument);
  // A challenge could repeat a token, or let guesses of a password be checked.
  if (reply.is_challenge) show("S: (challenge)");
  if (trace_ && !reply.is_challenge) {
    for (std::size_t i = 0; i < reply.lines.size() && i < 100; ++i) {
      std::string line = "S:";
      for (const ReplyToken& token : reply.lines[i])
        line += token.text.size() > kMostTold ? fmt::format(" ({} bytes)", token.text.size())
                                              : " " + shown_words(secrets_.masked(token.text));
      show(line);
    }
    constexpr std::array<std::string_view, 3> kStatus{"OK", "NO", "BYE"};
    show(fmt::format("S: {}{} {}", kStatus[static_cast<std::size_t>(reply.status)],
                     reply.code.empty() ? "" : " (" + shown_words(reply.code) + ")",
                     shown_words(reply.text)));
  }
  return reply;
}

Result<Reply> ManageSieve::command(std::string_view line, std::string_view shown) {
  show("C: " + shown_words(shown.empty() ? line : shown));
  MBOXFERRY_TRY(channel_->write(std::string(line) + "\r\n"));
  return read(ReplyReader::kMostText);
}

Result<Reply> ManageSieve::command_with_script(const std::string& head, const std::string& script) {
  show(fmt::format("C: {} ({} bytes)", shown_words(head), script.size()));
  MBOXFERRY_TRY(channel_->write(fmt::format("{} {{{}+}}\r\n{}\r\n", head, script.size(), script)));
  return read(ReplyReader::kMostText);
}

/// What the server said NO or BYE to.
Error ManageSieve::refused(std::string_view doing, const Reply& reply) const {
  const std::string words = fmt::format(
      "{}{}{}", reply.code, reply.code.empty() || reply.text.empty() ? "" : ": ", reply.text);
  if (reply.code == "REFERRAL")
    return {ErrorCode::configuration,
            fmt::format("{}: the server refers to {}: {}", place(),
                        shown_words(reply.code_argument), shown_words(reply.text)),
            "name that server with --managesieve, if you trust it with the password"};
  if (reply.status == Reply::Status::bye)
    return {ErrorCode::unavailable,
            fmt::format("{}: the server ended the connection at {}: {}", place(), doing,
                        shown_words(words)),
            "run the same command again",
            ErrorScope::session,
            {Retry::When::later, {}}};
  if (reply.code == "TRYLATER")
    return {ErrorCode::try_later,
            fmt::format("{}: the server cannot do {} now: {}", place(), doing, shown_words(words)),
            "run the same command again later",
            ErrorScope::session,
            {Retry::When::later, {}}};
  return {ErrorCode::refused,
          fmt::format("{}: the server refuses {}: {}", place(), doing,
                      words.empty() ? "without a word" : shown_words(words)),
          "nothing was changed by it"};
}

Result<std::vector<ScriptName>> ManageSieve::list() {
  MBOXFERRY_ASSIGN(const Reply reply, command("LISTSCRIPTS"));
  if (reply.status != Reply::Status::ok) return refused("LISTSCRIPTS", reply);
  std::vector<ScriptName> scripts;
  std::size_t active = 0;
  for (const ReplyTokens& line : reply.lines) {
    const std::string name = first_string(line);
    const bool is_active = line.size() > 1 && line[1].is_word("ACTIVE");
    if (name.empty() || scripts.size() == kMostScripts || (is_active && ++active > 1))
      return Error{ErrorCode::protocol, place() + ": the list of scripts cannot be understood",
                   "run again with --log-file to see what the server said"};
    scripts.push_back({name, is_active});
  }
  return scripts;
}

Result<std::string> ManageSieve::get(const std::string& name) {
  const std::string line = "GETSCRIPT " + protocol_string(name);
  show("C: " + shown_words(line));
  MBOXFERRY_TRY(channel_->write(line + "\r\n"));
  MBOXFERRY_ASSIGN(Reply reply, read(ReplyReader::kMostScript));
  if (reply.status != Reply::Status::ok) return refused("GETSCRIPT", reply);
  const bool is_script = reply.lines.size() == 1 && reply.lines[0].size() == 1 &&
                         reply.lines[0][0].kind == ReplyToken::Kind::string;
  if (is_script) return std::move(reply.lines[0][0].text);
  return Error{ErrorCode::protocol, place() + ": what GETSCRIPT gave is no script",
               "run again with --log-file to see what the server said"};
}

namespace {

std::optional<ManageSieve::Refusal> refusal_of(const Reply& reply) {
  if (reply.status == Reply::Status::ok) return std::nullopt;
  return ManageSieve::Refusal{reply.code, shown_words(reply.text)};
}

bool is_passing(const Reply& reply) {
  return reply.status == Reply::Status::bye || reply.code == "TRYLATER";
}

}  // namespace

Result<std::optional<ManageSieve::Refusal>> ManageSieve::have_space(const std::string& name,
                                                                    std::size_t bytes) {
  MBOXFERRY_ASSIGN(const Reply reply,
                   command(fmt::format("HAVESPACE {} {}", protocol_string(name), bytes)));
  if (is_passing(reply)) return refused("HAVESPACE", reply);
  // A server that does not know the command has said nothing about room.
  auto refusal = refusal_of(reply);
  return refusal && refusal->is_quota() ? refusal : std::nullopt;
}

Result<void> ManageSieve::try_literals() {
  if (!abilities_.checks) return ok();
  MBOXFERRY_ASSIGN(const Reply reply,
                   command_with_script("CHECKSCRIPT", std::string(kHarmlessScript)));
  if (reply.status == Reply::Status::ok) return ok();
  if (is_passing(reply) && reply.code == "TRYLATER") return refused("CHECKSCRIPT", reply);
  return Error{ErrorCode::protocol,
               fmt::format("{}: the server does not take scripts in the form of RFC 5804 "
                           "(a literal with +): {}",
                           place(), shown_words(reply.text.empty() ? reply.code : reply.text)),
               "upload what senders sieve prints by other means"};
}

Result<std::optional<ManageSieve::Refusal>> ManageSieve::check(const std::string& script) {
  if (!abilities_.checks) return std::optional<Refusal>();
  MBOXFERRY_ASSIGN(const Reply reply, command_with_script("CHECKSCRIPT", script));
  if (is_passing(reply)) return refused("CHECKSCRIPT", reply);
  return refusal_of(reply);
}

Result<std::optional<ManageSieve::Refusal>> ManageSieve::put(const std::string& name,
                                                             const std::string& script) {
  MBOXFERRY_ASSIGN(const Reply reply,
                   command_with_script("PUTSCRIPT " + protocol_string(name), script));
  if (is_passing(reply)) return refused("PUTSCRIPT", reply);
  return refusal_of(reply);
}

Result<void> ManageSieve::set_active(const std::string& name) {
  MBOXFERRY_ASSIGN(const Reply reply, command("SETACTIVE " + protocol_string(name)));
  return reply.status == Reply::Status::ok ? ok() : Result<void>(refused("SETACTIVE", reply));
}

Result<void> ManageSieve::remove(const std::string& name) {
  MBOXFERRY_ASSIGN(const Reply reply, command("DELETESCRIPT " + protocol_string(name)));
  return reply.status == Reply::Status::ok ? ok() : Result<void>(refused("DELETESCRIPT", reply));
}

void ManageSieve::log_out() {
  const auto said = command("LOGOUT");
  static_cast<void>(said);
}

}  // namespace mboxferry::sieve
