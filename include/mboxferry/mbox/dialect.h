// SPDX-License-Identifier: Apache-2.0
// How one folder's writer quoted, counted and ended its lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::mbox {

/// The mbox family. `unquoted` is a producer that neither quotes nor counts.
enum class Dialect { automatic, mboxo, mboxrd, mboxcl, mboxcl2, unquoted };

std::string_view dialect_name(Dialect dialect);
std::optional<Dialect> dialect_from_name(std::string_view name);

enum class LineEnds { lf, crlf, cr, mixed };

/// What the survey of a folder's beginning found; it fixes how the whole folder is read, so that
/// messages can be sent before the last one is seen. Contradictions found later are reported.
struct FolderProfile {
  Dialect dialect = Dialect::mboxrd;  ///< never `automatic`
  LineEnds line_ends = LineEnds::lf;
  bool unquote = true;              ///< take one `>` off `^>+From ` body lines
  bool blank_line_before = true;    ///< false: this writer leaves out the empty line
  bool use_content_length = false;  ///< some Content-Length landed on a separator or the end
  bool exporter_clock = false;      ///< the From_ dates are the exporter's: when it wrote them
  bool has_separator = false;       ///< false: no mbox at all (or empty)
  bool empty = false;               ///< no byte at all

  friend bool operator==(const FolderProfile&, const FolderProfile&) = default;
};

/// The dates of a folder whose messages are too few to tell whose clock its From_ lines are.
struct FewDates {
  std::uint64_t messages = 0;  ///< with both dates
  std::uint64_t far = 0;       ///< of them, dated long before their From_ lines
  std::int64_t first = 0;      ///< of the From_ lines; Unix seconds
  std::int64_t last = 0;
  std::int64_t earliest = 0;  ///< of the Date fields
  std::int64_t latest = 0;
};

/// How many bytes of a folder the survey reads at most.
inline constexpr std::uint64_t kSurveyBytes = 32u << 20;

class MessageSink;

/// Reads the first kSurveyBytes of `source` and decides how to read the folder; `requested`
/// overrules what the bytes suggest unless it is `automatic`. `sink`, when there is one, gets the
/// messages as they are found while nothing is known about the folder; its errors are returned.
/// `few` is set where the messages are few.
Result<FolderProfile> survey(ByteSource& source, Dialect requested, MessageSink* sink = nullptr,
                             std::optional<FewDates>* few = nullptr);

/// How a text ends its lines: CR alone only where that is most of the line ends, or the ends of
/// From_ lines.
LineEnds line_ends_of(std::string_view text);

}  // namespace mboxferry::mbox
