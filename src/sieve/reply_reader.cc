// SPDX-License-Identifier: Apache-2.0
// ManageSieve replies.
#include "sieve/reply_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mboxferry/base/ascii.h"

namespace mboxferry::sieve {
namespace {

constexpr std::size_t kMostTokens = 256;

bool is_word_character(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '(' && c != ')' &&
         c != '{' && c != '}' && c != '\\';
}

std::string in_capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::optional<Reply::Status> status_of(const ReplyToken& token) {
  if (token.is_word("OK")) return Reply::Status::ok;
  if (token.is_word("NO")) return Reply::Status::no;
  if (token.is_word("BYE")) return Reply::Status::bye;
  return std::nullopt;
}

}  // namespace

bool ReplyToken::is_word(std::string_view word) const {
  return kind == Kind::word && text.size() == word.size() && equals_ignoring_case(text, word);
}

Error ReplyReader::broken(const std::string& why) const {
  return {ErrorCode::protocol,
          channel_.place() + ": the server broke the ManageSieve protocol: " + why,
          "check that a ManageSieve server is on this port (4190 is usual); run again with "
          "--log-file to see what it said"};
}

Result<char> ReplyReader::peek() {
  if (used_ == buffer_.size()) {
    std::array<char, 16 << 10> bytes;
    MBOXFERRY_ASSIGN(const std::size_t count, channel_.read(bytes));
    buffer_.assign(bytes.data(), count);
    used_ = 0;
    heard_ = heard_ || count > 0;
    if (count == 0) return broken("it sent nothing");
  }
  return buffer_[used_];
}

Result<char> ReplyReader::get() {
  MBOXFERRY_ASSIGN(const char byte, peek());
  ++used_;
  return byte;
}

Result<void> ReplyReader::count_byte() {
  return ++line_bytes_ <= kMostLine ? ok() : Result<void>(broken("a line is too long"));
}

Result<std::string> ReplyReader::quoted(std::size_t& text_left) {
  std::string text;
  for (;;) {
    MBOXFERRY_ASSIGN(char byte, get());
    MBOXFERRY_TRY(count_byte());
    if (byte == '"') return text;
    if (byte == '\\') {
      MBOXFERRY_ASSIGN(byte, get());
    }
    if (byte == '\r' || byte == '\n' || byte == '\0') return broken("a line ends within a string");
    if (text_left-- == 0) return broken("a reply is too long");
    text += byte;
  }
}

Result<std::string> ReplyReader::literal(std::size_t& text_left) {
  std::size_t size = 0;
  bool digits = false;
  for (;;) {
    MBOXFERRY_ASSIGN(const char byte, get());
    MBOXFERRY_TRY(count_byte());
    if (byte == '}') break;
    if (byte == '+') continue;  // some servers say it, too
    if (byte < '0' || byte > '9') return broken("a length is no number");
    size = size * 10 + static_cast<std::size_t>(byte - '0');
    digits = true;
    if (size > text_left) return broken("a reply is too long");
  }
  if (!digits) return broken("a length is no number");
  MBOXFERRY_ASSIGN(char end, get());
  if (end == '\r') {
    MBOXFERRY_ASSIGN(end, get());
  }
  if (end != '\n') return broken("something follows a length");
  text_left -= size;
  std::string text;
  while (text.size() < size) {
    MBOXFERRY_TRY(peek());
    const std::size_t count = std::min(buffer_.size() - used_, size - text.size());
    text.append(buffer_, used_, count);
    used_ += count;
  }
  return text;
}

Result<std::string> ReplyReader::word() {
  std::string text;
  for (;;) {
    MBOXFERRY_ASSIGN(const char byte, peek());
    if (!is_word_character(byte)) return text;
    MBOXFERRY_TRY(count_byte());
    text += byte;
    ++used_;
  }
}

Result<ReplyTokens> ReplyReader::line(std::size_t& text_left) {
  using Kind = ReplyToken::Kind;
  line_bytes_ = 0;
  ReplyTokens tokens;
  for (;;) {
    MBOXFERRY_ASSIGN(const char first, peek());
    if (is_word_character(first)) {
      MBOXFERRY_ASSIGN(std::string text, word());
      tokens.push_back({Kind::word, std::move(text)});
    } else {
      ++used_;
      MBOXFERRY_TRY(count_byte());
      switch (first) {
        case ' ':
        case '\r':
          break;
        case '\n':
          return tokens;
        case '(':
          tokens.push_back({Kind::open, ""});
          break;
        case ')':
          tokens.push_back({Kind::close, ""});
          break;
        case '"': {
          MBOXFERRY_ASSIGN(std::string text, quoted(text_left));
          tokens.push_back({Kind::string, std::move(text)});
          break;
        }
        case '{': {
          MBOXFERRY_ASSIGN(std::string text, literal(text_left));
          tokens.push_back({Kind::string, std::move(text)});
          break;
        }
        default:
          return broken("it sent a character that cannot be there");
      }
    }
    if (tokens.size() > kMostTokens) return broken("a line is too long");
  }
}

Result<Reply> ReplyReader::next(std::size_t most_text, bool in_login) {
  Reply reply;
  std::size_t text_left = most_text;
  for (;;) {
    MBOXFERRY_ASSIGN(ReplyTokens tokens, line(text_left));
    if (tokens.empty()) {
      if (reply.lines.empty()) return broken("it sent an empty line");
      continue;  // what follows a script
    }
    const auto status = status_of(tokens.front());
    if (!status && in_login && tokens.size() == 1 &&
        tokens.front().kind == ReplyToken::Kind::string) {
      reply.is_challenge = true;
      reply.text = std::move(tokens.front().text);
      return reply;
    }
    if (!status) {
      if (reply.lines.size() == kMostLines) return broken("a reply has too many lines");
      reply.lines.push_back(std::move(tokens));
      continue;
    }
    reply.status = *status;
    std::size_t at = 1;
    if (at < tokens.size() && tokens[at].kind == ReplyToken::Kind::open) {
      std::size_t depth = 1;
      for (++at; at < tokens.size() && depth > 0; ++at) {
        if (tokens[at].kind == ReplyToken::Kind::open) ++depth;
        if (tokens[at].kind == ReplyToken::Kind::close) --depth;
        if (tokens[at].kind == ReplyToken::Kind::word && reply.code.empty())
          reply.code = in_capitals(tokens[at].text);
        if (tokens[at].kind == ReplyToken::Kind::string && reply.code_argument.empty())
          reply.code_argument = std::move(tokens[at].text);
      }
      if (depth > 0) return broken("a parenthesis is not closed");
    }
    if (at < tokens.size() && tokens[at].kind == ReplyToken::Kind::string)
      reply.text = std::move(tokens[at].text);
    return reply;
  }
}

}  // namespace mboxferry::sieve
