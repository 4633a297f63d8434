// SPDX-License-Identifier: Apache-2.0
// From the bytes of an archive to the bytes of an APPEND literal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mboxferry::message {

/// What is done to a message's bytes on their way to the server.
struct WireOptions {
  bool carriage_return_ends_line = false;  ///< CR-only archives: a lone CR is a line end
  bool unquote = true;                     ///< take one `>` off `^>+From ` lines of the body
  bool strip_status_headers = false;       ///< leave out fields of FieldKind::bookkeeping
  bool strip_marks = false;                ///< and, with those, of FieldKind::mark
};

/// Receives pieces of output; they are valid during the call only.
using ByteConsumer = std::function<void(std::string_view)>;

/// Turns the raw bytes of one message, given in pieces of any size, into the wire form: CRLF line
/// ends, unquoted, nothing else changed. Lines of any length pass in constant memory, long runs as
/// pieces of the input. A missing final line end is added by finish(); a CR as the very last byte
/// is half of a CRLF that was cut. An empty message stays empty. One thread at a time.
class WireEncoder {
 public:
  explicit WireEncoder(const WireOptions& options) : options_(options) {}

  /// Gives `out` all of the wire form that `raw` decides, before it returns.
  void feed(std::string_view raw, const ByteConsumer& out);
  /// Ends the message; the encoder is used up.
  void finish(const ByteConsumer& out);

  [[nodiscard]] std::uint64_t wire_size() const { return wire_size_; }
  [[nodiscard]] std::uint64_t quotes_removed() const { return quotes_removed_; }
  [[nodiscard]] bool final_line_end_added() const { return final_line_end_added_; }
  /// True behind the header, when all of the input so far has gone out.
  [[nodiscard]] bool in_plain_body() const {
    const bool holds_back = place_ != Place::line_start && place_ != Place::inside;
    return !in_header_ && !pending_cr_ && !holds_back;
  }
  /// True when the wire form holds a NUL byte.
  [[nodiscard]] bool has_nul() const { return has_nul_; }

 private:
  class Pass;  // the work of one feed()

  /// Where in a line the last piece ended.
  enum class Place : std::uint8_t {
    line_start,  ///< nothing of the line was seen
    field_name,  ///< `held_` holds the beginning of a header line, maybe a bookkeeping field
    quotes,      ///< a run of `>`; the first one is held back, the others are passed on
    from,        ///< `>` and the first `matched_` bytes of "From " are held back
    inside,      ///< nothing is held back
  };

  WireOptions options_;
  std::uint64_t wire_size_ = 0;
  std::uint64_t quotes_removed_ = 0;
  std::string held_;  ///< bounded by the longest bookkeeping field name
  std::uint8_t matched_ = 0;
  Place place_ = Place::line_start;
  bool in_header_ = true;
  bool dropping_ = false;    ///< the current header field is left out
  bool pending_cr_ = false;  ///< a CR was the last byte, and what it means is not known
  bool line_open_ = false;   ///< the wire form does not end with a line end
  bool final_line_end_added_ = false;
  bool has_nul_ = false;
};

}  // namespace mboxferry::message
