// SPDX-License-Identifier: Apache-2.0
// What a message's header says about it: identity, flags, dates, labels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/message/sender_fields.h"

namespace mboxferry::message {

/// System flags of RFC 3501 section 2.3.2 as bits. \Recent is never set by a client.
enum Flag : std::uint8_t {
  kSeen = 1,
  kAnswered = 2,
  kFlagged = 4,
  kDraft = 8,
  kDeleted = 16,
};

/// `\Seen` and so on for the bits that are set, in the order of the bits.
std::vector<std::string> flag_names(std::uint8_t flags);

/// The flag-keyword (RFC 3501 section 9: an atom) that stands for a keyword of an archive: what an
/// atom cannot hold becomes `_`. Nothing when too little of it is left, when it is no ASCII, longer
/// than 128 bytes, or begins with a backslash as only system flags do.
std::optional<std::string> as_imap_keyword(std::string_view keyword);

/// What the header scan collected. Everything is bounded; a field that is longer is cut.
struct HeaderFacts {
  std::string message_id;             ///< with its angle brackets; empty when there is none
  std::optional<Timestamp> date;      ///< Date:
  std::optional<Timestamp> received;  ///< the topmost parsable Received:
  std::uint8_t flags = 0;             ///< from all the families of archives.md "Metadata"
  std::vector<std::string> keywords;  ///< X-Keywords, X-Mozilla-*, as written; see as_imap_keyword
  std::vector<std::string> labels;    ///< X-Gmail-Labels, decoded to UTF-8
  bool labels_cut = false;            ///< there were more of them than are kept
  bool wants_receipt = false;         ///< Disposition-Notification-To (RFC 8098)
  bool has_status = false;            ///< some field of a flag family was there
  bool pseudo = false;                ///< "FOLDER INTERNAL DATA" of UW-IMAP, mutt and kin
  bool expunged = false;              ///< X-Mozilla-Status 0x0008: deleted, not compacted
  bool has_body = false;              ///< the header ended with an empty line
  std::uint64_t fields = 0;           ///< how many header fields were recognised
};

/// Reads a message's header from its raw or wire bytes, given in pieces of any size; stops at
/// the first empty line. Survives any bytes. Constant memory. Line ends may be LF or CRLF, or CR
/// where a CR alone ends the first line. One thread at a time.
class HeaderScanner {
 public:
  HeaderScanner();
  ~HeaderScanner();
  HeaderScanner(HeaderScanner&&) noexcept;
  HeaderScanner& operator=(HeaderScanner&&) noexcept;

  /// True when the header has ended and feeding more changes nothing.
  [[nodiscard]] bool done() const;
  void feed(std::string_view bytes);
  /// Also adds to `senders`, which must outlive the scanner or the next call, what the fields of
  /// this and later messages say; at most 64 KiB of each field. Null, as at first: does not.
  void collect(SenderFields* senders);
  /// The facts of the message; the scanner starts anew.
  HeaderFacts finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Parses an RFC 5322 date (section 3.3, with the obsolete forms of 4.3 and common mistakes: the
/// orders of asctime and ISO 8601, names in the languages of mboxferry/base/date_words.h, 12-hour
/// clocks). Nothing when it is no date of the calendar. An unknown
/// zone, or one more than 14 hours from UTC, counts as UTC.
std::optional<Timestamp> parse_date(std::string_view text);

enum class DateSource : std::uint8_t { none, envelope, received, header };
std::string_view date_source_name(DateSource source);  ///< "none", "from", "received", "date"

/// A date that was out of range.
struct PassedOver {
  DateSource source = DateSource::none;
  Timestamp time;
  friend bool operator==(const PassedOver&, const PassedOver&) = default;
};

struct InternalDate {
  Timestamp time;
  DateSource source = DateSource::none;
  std::vector<PassedOver> passed_over;  ///< earlier in the order, and out of range

  /// A date that the user must be told of: not the first that the message has, or none at all.
  [[nodiscard]] bool to_be_listed() const {
    return !passed_over.empty() || source == DateSource::none;
  }
};

/// One line for the listing: each source that was passed over with its date and why, and what was
/// used in their place.
std::string describe(const InternalDate& date);

/// Which source of INTERNALDATE is asked first, second, third.
using DateOrder = std::vector<DateSource>;

/// Chooses INTERNALDATE from the sources in `order`, leaving out those up to 1970-01-01 00:00:00
/// +0000 and those later than `now` (Unix seconds). With no source left: source `none` and the
/// second after that.
InternalDate choose_internal_date(const DateOrder& order, const std::optional<Timestamp>& envelope,
                                  const HeaderFacts& facts, std::int64_t now);

}  // namespace mboxferry::message
