// SPDX-License-Identifier: Apache-2.0
// What a ManageSieve server says (RFC 5804 section 4), line by line. Everything is bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/sieve/channel.h"

namespace mboxferry::sieve {

/// A word, a string or a parenthesis of a line.
struct ReplyToken {
  enum class Kind { word, string, open, close };
  Kind kind = Kind::word;
  std::string text;

  /// A word in any case.
  [[nodiscard]] bool is_word(std::string_view word) const;
};
using ReplyTokens = std::vector<ReplyToken>;

/// All lines up to OK, NO or BYE, and that one.
struct Reply {
  enum class Status { ok, no, bye };
  Status status = Status::ok;
  std::string code;  ///< in capitals, such as `QUOTA/MAXSIZE`; empty: none
  std::string code_argument;
  std::string text;
  std::vector<ReplyTokens> lines;
  /// Of a login: no reply yet, and `text` is what the client has to answer.
  bool is_challenge = false;
};

/// Reads replies. The limits are far above what servers say.
class ReplyReader {
 public:
  static constexpr std::size_t kMostLine = 16 << 10;     ///< bytes of a line without literals
  static constexpr std::size_t kMostLines = 4096;        ///< of a reply
  static constexpr std::size_t kMostText = 1 << 20;      ///< bytes of a reply's strings
  static constexpr std::size_t kMostScript = 64u << 20;  ///< the same where a script is asked for

  explicit ReplyReader(Channel& channel) : channel_(channel) {}

  /// Errors: those of the channel, and `protocol`. `in_login`: a line of one string is a challenge.
  Result<Reply> next(std::size_t most_text = kMostText, bool in_login = false);
  /// True when more was received than was read.
  [[nodiscard]] bool has_unread() const { return used_ < buffer_.size(); }
  /// True when the server has said anything at all.
  [[nodiscard]] bool heard_anything() const { return heard_; }

 private:
  Result<ReplyTokens> line(std::size_t& text_left);
  Result<char> get();
  Result<char> peek();
  Result<std::string> quoted(std::size_t& text_left);
  Result<std::string> literal(std::size_t& text_left);
  Result<std::string> word();
  Result<void> count_byte();
  [[nodiscard]] Error broken(const std::string& why) const;

  Channel& channel_;
  std::string buffer_;
  std::size_t used_ = 0;
  std::size_t line_bytes_ = 0;
  bool heard_ = false;
};

}  // namespace mboxferry::sieve
