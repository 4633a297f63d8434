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
  bool strip_status_headers = false;       ///< leave out the mbox bookkeeping fields
};

/// Header fields that mail programs keep in mbox files and that are no part of the mail:
/// Status, X-Status, X-Keywords, X-UID, X-IMAP, X-IMAPbase, X-Mozilla-*, Content-Length, Lines.
bool is_status_header(std::string_view field_name);

/// Receives pieces of output; they are valid during the call only.
using ByteConsumer = std::function<void(std::string_view)>;

/// Turns raw message bytes, given in pieces of any size, into the wire form: CRLF line ends,
/// unquoted, nothing else changed. Lines of any length pass in constant memory, as pieces of the
/// input wherever possible. A missing final line end is added by finish().
class WireEncoder {
 public:
  explicit WireEncoder(const WireOptions& options) : options_(options) {}

  void feed(std::string_view raw, const ByteConsumer& out);
  void finish(const ByteConsumer& out);

  [[nodiscard]] std::uint64_t wire_size() const { return wire_size_; }
  [[nodiscard]] std::uint64_t quotes_removed() const { return quotes_removed_; }
  [[nodiscard]] bool final_line_end_added() const { return final_line_end_added_; }
  [[nodiscard]] bool has_nul() const { return has_nul_; }

 private:
  WireOptions options_;
  std::uint64_t wire_size_ = 0;
  std::uint64_t quotes_removed_ = 0;
  bool final_line_end_added_ = false;
  bool has_nul_ = false;
};

}  // namespace mboxferry::message
