// SPDX-License-Identifier: Apache-2.0
// Which parts of a message Apple Mail keeps in files of their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::archive {

/// A part that has its fields in the message, and its content elsewhere. Offsets are those of the
/// bytes that were added.
struct StrippedPart {
  std::string number;               ///< "2" or "1.2", as IMAP counts (RFC 9051 section 6.4.5.1)
  std::string encoding;             ///< Content-Transfer-Encoding in small letters, or empty
  std::uint64_t content_size = 0;   ///< X-Apple-Content-Length
  std::uint64_t field_begin = 0;    ///< of the line with that field
  std::uint64_t field_end = 0;      ///< behind its line end
  std::uint64_t content_begin = 0;  ///< where the content was; there may be line ends
  std::uint64_t content_end = 0;
  bool has_crlf = false;         ///< how the line of that field ends
  bool is_in_multipart = false;  ///< a boundary follows, and the line end before it is not content
};

/// Finds them by one walk over a message (RFC 2046 section 5.1). Memory is bounded: of a line the
/// first 2,000 bytes are looked at, of a field the first 8,000.
class StrippedParts {
 public:
  StrippedParts();

  void add(std::string_view bytes);
  /// Behind the last byte.
  void finish();

  [[nodiscard]] const std::vector<StrippedPart>& parts() const { return parts_; }
  /// Whether each line that looks like Apple's field belongs to one of parts().
  [[nodiscard]] bool are_all() const { return sure_ && marks_ == parts_.size(); }

 private:
  struct Line {
    std::string_view text;  ///< without the line end
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool has_crlf = false;
  };
  struct Level {
    std::string boundary;
    std::string prefix;
    unsigned parts = 0;
  };

  void end_line();
  void take(const Line& line);
  bool take_boundary(const Line& line);
  void take_field_line(const Line& line);
  void end_field();
  void end_header(std::uint64_t content_begin);
  void end_content(std::uint64_t end);
  void begin_header(std::string number, bool is_message);

  std::string line_;
  std::uint64_t line_begin_ = 0;
  std::uint64_t at_ = 0;

  std::vector<Level> levels_;
  std::vector<StrippedPart> parts_;
  std::uint64_t marks_ = 0;
  bool sure_ = true;

  enum class State { header, content, between };
  State state_ = State::header;
  bool is_message_ = true;  ///< the present header is that of a message, not of a part
  std::string number_;      ///< of the present part, or of the one that the message is in
  std::string field_;
  std::string type_;  ///< the value of Content-Type
  StrippedPart part_;
  unsigned sizes_ = 0;  ///< how many of Apple's fields the present header has
  bool is_blank_ = true;
};

}  // namespace mboxferry::archive
