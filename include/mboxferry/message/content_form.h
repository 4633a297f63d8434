// SPDX-License-Identifier: Apache-2.0
// What a message says, apart from how a server writes it: the proof that a copy lost nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/message/digest.h"

namespace mboxferry::message {

/// A message without what servers change and nobody reads.
struct ContentForm {
  bool whole = false;                ///< false: too long in a place, so that nothing is known of it
  std::vector<std::int64_t> fields;  ///< hashes of the header's fields, sorted
  Sha256 body{};                     ///< of all parts, their transfer encodings undone
};

/// True when `there` is proven to be `sent` as a server writes it: no header field is missing
/// (others may have been added), and the parts say the same.
bool is_another_form(const ContentForm& sent, const ContentForm& there);

/// Reads a message's bytes, given in pieces of any size; line ends may be LF or CRLF. Fields count
/// without white space, with encoded words decoded; Content-Transfer-Encoding and the fields in
/// which mail programs keep flags do not count. Text counts without blanks at the end of a line,
/// and without empty lines at the end of a part. Memory is bounded: a header of more than 64 KiB, a
/// line of more than 256 KiB or 16 nested parts are not looked through. One thread at a time.
class ContentFormScanner {
 public:
  void feed(std::string_view bytes);
  /// The scanner starts anew.
  ContentForm finish();

 private:
  enum class Encoding { none, quoted_printable, base64 };

  void take_line(std::string_view line);
  void take_header_line(std::string_view line);
  void end_header();
  void take_field(std::string_view name, std::string_view value);
  bool take_delimiter(std::string_view line);
  void begin_leaf(bool is_text);
  void end_leaf();
  void take_encoded(std::string_view line);
  void take_base64(std::string_view line);
  void take_quoted(std::string_view line);
  void take_text(char c);
  void put(char c);
  void put_all(std::string_view text);

  ContentForm form_;
  Digest digest_;
  std::string pending_put_;  ///< not given to the digest yet
  std::string line_;
  std::string header_;  ///< of the message or part that has begun
  std::vector<std::string> boundaries_;
  std::string blanks_;             ///< of text, maybe at the end of a line
  std::uint64_t empty_lines_ = 0;  ///< of text, maybe at the end of the part
  std::uint32_t base64_bits_ = 0;
  int base64_count_ = 0;
  Encoding encoding_ = Encoding::none;
  bool in_header_ = true;
  bool in_message_header_ = true;
  bool is_text_ = true;
  bool too_long_ = false;
};

}  // namespace mboxferry::message
