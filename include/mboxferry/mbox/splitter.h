// SPDX-License-Identifier: Apache-2.0
// Splits a folder's bytes into messages, and accounts for every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/mbox/dialect.h"
#include "mboxferry/mbox/envelope.h"

namespace mboxferry::mbox {

/// Where each byte went; the sum is the folder's size when nothing is lost.
struct Accounting {
  std::uint64_t message = 0;    ///< bytes inside messages, without `quoting`
  std::uint64_t separator = 0;  ///< From_ lines and the empty line before each and at the end
  std::uint64_t quoting = 0;    ///< `>` taken off quoted lines, and stray `>From - ` first lines
  std::uint64_t junk = 0;       ///< bytes that belong to no message, each run reported

  [[nodiscard]] std::uint64_t sum() const { return message + separator + quoting + junk; }
  friend bool operator==(const Accounting&, const Accounting&) = default;
};

/// A line that could be read as a separator or as body text.
struct Doubt {
  std::uint64_t offset;
  std::string line;    ///< its first 200 bytes
  std::string reason;  ///< why it is doubtful
  bool taken;          ///< true: it does separate
};

/// Something odd that was met; `code` is stable, for example "junk", "content-length-lies",
/// "no-final-newline", "missing-end", "missing-blank-line", "stray-quoted-from",
/// "dialect-contradicted", "bom".
struct Problem {
  std::uint64_t offset;
  std::string code;
  std::string text;
  std::uint64_t unread = 0;  ///< bytes from `offset` on that may be mail and became no message
};

/// Receives a folder's messages in order. `bytes` gets the raw bytes between `begin` and `end` in
/// pieces of any size; the pieces are exactly [offset, offset + length) of the folder. The empty
/// line before the next separator is not among them. A failing call stops the splitter.
class MessageSink {
 public:
  MessageSink() = default;
  MessageSink(const MessageSink&) = delete;
  MessageSink& operator=(const MessageSink&) = delete;
  virtual ~MessageSink() = default;

  virtual Result<void> begin(std::uint64_t offset, const Envelope& envelope) = 0;
  virtual Result<void> bytes(std::string_view raw) = 0;
  /// `accounting` counts everything up to the end of this message's separator-to-be; a splitter
  /// started at `resume_at` with it goes on behind this message.
  virtual Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                           const Accounting& accounting) = 0;
  virtual Result<void> doubt(const Doubt& doubt) = 0;
  virtual Result<void> problem(const Problem& problem) = 0;
};

/// Reads `source` from `resume_at` (0, or a value once given to MessageSink::end) to its end.
/// Memory is constant for any archive, message and line length. `peek` is a second reader of the
/// same bytes, used to look where a Content-Length leads. Ends with `interrupted` when `cancel`
/// is requested. The quoting count needs the profile's `unquote`.
Result<Accounting> split(ByteSource& source, ByteSource& peek, const FolderProfile& profile,
                         MessageSink& sink, const Cancellation& cancel, std::uint64_t resume_at = 0,
                         const Accounting& so_far = {});

}  // namespace mboxferry::mbox
