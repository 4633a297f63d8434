// SPDX-License-Identifier: Apache-2.0
// Goes down into mails and packed files, and gives everything that it meets a verdict.
#include "mboxferry/dmarc/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "dmarc/mail_parts.h"
#include "dmarc/other_reports.h"
#include "dmarc/unpack.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/dmarc/aggregate_reader.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::size_t kLevels = 8;

constexpr std::size_t kLongestHeader = 64 * 1024;
constexpr const char* kTooManyParts =
    "the mail has more than 1,000 parts, or parts more than 8 deep, and the others are not read; "
    "save and name those";

bool is_encoded(const MailPart& part) {
  return part.encoding == "base64" || part.encoding == "quoted-printable";
}

bool ends_with_word(std::string_view name, std::string_view end) {
  return name.size() >= end.size() &&
         equals_ignoring_case(name.substr(name.size() - end.size()), end);
}

/// `<` as UTF-16, of either order.
bool is_utf16_tag(std::string_view bytes) {
  return bytes.starts_with(std::string_view("\0<", 2)) ||
         bytes.starts_with(std::string_view("<\0", 2));
}

/// What a text's first character says.
enum class TextKind { xml, json, other };

TextKind text_kind(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return TextKind::xml;
  if (is_utf16_tag(bytes)) return TextKind::xml;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return TextKind::other;
  return bytes[first] == '<'   ? TextKind::xml
         : bytes[first] == '{' ? TextKind::json
                               : TextKind::other;
}

}  // namespace

struct FileReader::Tools {
  Inflater inflater;
  AggregateReader aggregate;
  std::array<std::string, kLevels> buffers;  ///< what a level has unpacked
  bool holds_mbox = false;
};

/// The reading of one file.
class FileReader::Pass {
 public:
  Pass(const Budget& budget, Tools& tools, ReportSink& sink, std::size_t held)
      : budget_(budget), tools_(tools), sink_(sink), held_(held) {}

  /// `note`: what was wrong on the way here. Returns whether anything was said of the bytes.
  Result<void> read(std::string_view bytes, const std::string& part, std::string note,
                    unsigned depth) {
    if (bytes.empty()) return say(part, FileVerdict::not_a_report, "it is empty");
    if (is_gzip(bytes)) return read_gzip(bytes, part, std::move(note), depth);
    if (is_zip(bytes)) return read_zip_file(bytes, part, depth);
    if (const auto form = other_packed_form(bytes); !form.empty())
      return say(part, FileVerdict::unsupported,
                 fmt::format("it is packed as {}; unpack it first", form));
    switch (text_kind(bytes)) {
      case TextKind::xml:
        return read_xml(bytes, part, std::move(note));
      case TextKind::json:
        return read_json(bytes, part);
      case TextKind::other:
        break;
    }
    if (bytes.starts_with("From ")) {
      tools_.holds_mbox = true;
      return ok();
    }
    if (looks_like_mail(bytes)) return read_mail(bytes, part, depth);
    return say(part, FileVerdict::not_a_report, "it is neither XML, JSON, mail, gzip nor zip");
  }

 private:
  Result<void> say(const std::string& part, FileVerdict verdict, std::string reason,
                   std::optional<ReportKind> kind = {}, std::uint64_t damaged = 0) {
    return sink_.looked({part, verdict, std::move(reason), kind, damaged, false});
  }

  /// How much the next packed stream may unpack to, with what is held already.
  [[nodiscard]] std::size_t room() const {
    const std::uint64_t left = budget_.unpacked_bytes - std::min(budget_.unpacked_bytes, unpacked_);
    const std::size_t memory = budget_.held_bytes - std::min(budget_.held_bytes, held_);
    return static_cast<std::size_t>(std::min<std::uint64_t>({budget_.report_bytes, left, memory}));
  }

  /// `most` is what room() gave.
  std::string too_large(std::size_t most) const {
    const std::string_view end = "; --max-report-size raises the limit";
    if (most >= budget_.report_bytes)
      return fmt::format("it unpacks to more than {} bytes{}", most, end);
    if (unpacked_ + most >= budget_.unpacked_bytes)
      return fmt::format("all of the file unpacks to more than {} bytes{}", budget_.unpacked_bytes,
                         end);
    return fmt::format("more than {} bytes of the file would be in memory{}", budget_.held_bytes,
                       end);
  }
  std::string too_deep() const {
    return fmt::format("packed files and attached mails are inside each other more than {} deep",
                       budget_.depth);
  }

  /// Reads what was unpacked into the buffer of `depth`.
  Result<void> read_unpacked(std::string& buffer, const std::string& part, std::string note,
                             unsigned depth) {
    unpacked_ += buffer.size();
    held_ += buffer.size();
    auto done = read(buffer, part, std::move(note), depth + 1);
    held_ -= buffer.size();
    // A large one is not kept for the next file.
    if (buffer.capacity() > (1u << 20)) std::string().swap(buffer);
    return done;
  }

  /// What has become too large may be an mbox, which need not be in memory.
  Result<void> refuse_unpacked(std::string& buffer, const std::string& part, std::size_t most) {
    const std::string reason = too_large(most);
    unpacked_ += most;
    const bool is_mbox = buffer.starts_with("From ");
    std::string().swap(buffer);
    tools_.holds_mbox = tools_.holds_mbox || is_mbox;
    return is_mbox ? ok() : say(part, FileVerdict::unsupported, reason);
  }

  Result<void> read_gzip(std::string_view bytes, const std::string& part, std::string note,
                         unsigned depth) {
    if (depth >= budget_.depth) return say(part, FileVerdict::unsupported, too_deep());
    std::string& buffer = tools_.buffers[depth];
    const std::size_t most = room();
    const Unpacked end = tools_.inflater.gzip(bytes, most, buffer);
    if (end == Unpacked::too_large) {
      return refuse_unpacked(buffer, part, most);
    }
    if (end == Unpacked::damaged) {
      if (buffer.empty()) return say(part, FileVerdict::corrupt, "the gzip stream is damaged");
      note = "the gzip stream is damaged or cut off";
    }
    return read_unpacked(buffer, part, std::move(note), depth);
  }

  Result<void> read_zip_file(std::string_view bytes, const std::string& part, unsigned depth) {
    if (depth >= budget_.depth) return say(part, FileVerdict::unsupported, too_deep());
    std::vector<ZipMember> members;
    const unsigned left = budget_.members - std::min(budget_.members, members_);
    std::string_view in_front;
    const bool whole = read_zip(bytes, left + std::size_t{1}, members, in_front);
    const bool too_many = members.size() > left;
    if (too_many) members.resize(left);
    for (const ZipMember& member : members) {
      ++members_;
      const std::string name = to_utf8(member.name.substr(0, 300));
      MBOXFERRY_TRY(read_member(member, part.empty() ? name : part + "/" + name, depth));
    }
    if (too_many)
      return say(
          part, FileVerdict::unsupported,
          fmt::format("it has more than {} members; the others are not read", budget_.members));
    if (!whole) return say(part, FileVerdict::corrupt, "the zip file is damaged or cut off");
    if (is_zip(in_front))
      return say(part, FileVerdict::unsupported,
                 "another zip file stands in front of it, and is not read; cut them apart");
    return members.empty() ? say(part, FileVerdict::not_a_report, "the zip file is empty") : ok();
  }

  Result<void> read_member(const ZipMember& member, const std::string& part, unsigned depth) {
    if (member.is_encrypted) return say(part, FileVerdict::unsupported, "it is encrypted");
    if (member.method == 0) {
      if (member.packed.empty() && !member.is_whole)
        return say(part, FileVerdict::corrupt, "the zip file is damaged or cut off");
      return read(member.packed, part, member.is_whole ? "" : "the zip file is cut off", depth + 1);
    }
    constexpr std::uint16_t kDeflated = 8;
    if (member.method != kDeflated)
      return say(part, FileVerdict::unsupported,
                 fmt::format("it is packed by method {} of zip", member.method));
    std::string& buffer = tools_.buffers[depth];
    const std::size_t most = room();
    const Unpacked end = tools_.inflater.member(member, most, buffer);
    if (end == Unpacked::too_large) {
      return refuse_unpacked(buffer, part, most);
    }
    const bool damaged = end == Unpacked::damaged;
    if (damaged && buffer.empty())
      return say(part, FileVerdict::corrupt, "the zip file is damaged or cut off");
    return read_unpacked(buffer, part, damaged ? "the zip file is damaged" : "", depth);
  }

  Result<void> read_xml(std::string_view bytes, const std::string& part, std::string note) {
    if (bytes.size() > budget_.report_bytes)
      return say(part, FileVerdict::unsupported, too_large(budget_.report_bytes));
    AggregateReader& reader = tools_.aggregate;
    if (!reader.open(bytes))
      return say(part, note.empty() ? FileVerdict::not_a_report : FileVerdict::corrupt,
                 note.empty() ? "it is XML, and no DMARC report" : std::move(note));
    const ReportRecord* record = reader.next();
    if (record == nullptr && reader.is_hopeless())
      return say(part, FileVerdict::corrupt,
                 reader.problem().empty() ? "nothing in it can be read" : reader.problem(),
                 ReportKind::aggregate, reader.damaged());
    MBOXFERRY_ASSIGN(const Seen seen, sink_.aggregate(reader.head()));
    std::uint64_t records = 0;
    std::uint64_t counted = 0;
    for (; record != nullptr && seen != Seen::whole; record = reader.next()) {
      MBOXFERRY_ASSIGN(const bool is_new, sink_.record(reader.head(), *record));
      ++records;
      counted += is_new ? 1 : 0;
    }
    std::string reason = note.empty() ? reader.problem() : std::move(note);
    if (reader.damaged() > 0 && reason.find("record") == std::string::npos)
      reason += fmt::format("; {} records cannot be read", reader.damaged());
    const bool is_whole = reason.empty() && records > 0;
    if (seen == Seen::in_part && is_whole) MBOXFERRY_TRY(sink_.completed(reader.head()));
    if (seen == Seen::whole || (seen == Seen::in_part && counted == 0))
      return say(part, FileVerdict::duplicate, "a report with this id was read before",
                 ReportKind::aggregate);
    const std::uint64_t damaged = reader.damaged();
    if (seen == Seen::never && !is_whole) MBOXFERRY_TRY(remember_part(bytes));
    if (seen == Seen::in_part && is_whole) reason = "the rest of a report that was read in part";
    return say(part, is_whole || reason.empty() ? FileVerdict::read : FileVerdict::partial, reason,
               ReportKind::aggregate, damaged);
  }

  /// The same report once more, for the sink to know what of it is counted.
  Result<void> remember_part(std::string_view bytes) {
    AggregateReader& reader = tools_.aggregate;
    if (!reader.open(bytes)) return ok();
    MBOXFERRY_TRY(sink_.was_in_part(reader.head(), nullptr));
    while (const ReportRecord* record = reader.next())
      MBOXFERRY_TRY(sink_.was_in_part(reader.head(), record));
    return ok();
  }

  Result<void> read_json(std::string_view bytes, const std::string& part) {
    if (bytes.size() > kMostJsonBytes)
      return say(part, FileVerdict::unsupported, "it is JSON of more than 1 MiB");
    const auto report = read_tls_report(bytes);
    if (!report)
      return say(part, FileVerdict::not_a_report,
                 "it is no TLS report, or has more than 20,000 objects");
    MBOXFERRY_ASSIGN(const bool is_new, sink_.tls(*report));
    if (!is_new)
      return say(part, FileVerdict::duplicate, "a report with this id was read before",
                 ReportKind::tls);
    if (report->damaged == 0) return say(part, FileVerdict::read, "", ReportKind::tls);
    return say(
        part, FileVerdict::partial,
        fmt::format("{} of its counts are no numbers of sessions, and in no sum", report->damaged),
        ReportKind::tls);
  }

  Result<void> read_mail(std::string_view mail, const std::string& part, unsigned depth) {
    if (depth >= budget_.depth) return say(part, FileVerdict::unsupported, too_deep());
    Result<void> done = ok();
    bool found = false;
    bool in_words = false;
    std::vector<FailureReport> failures;
    std::string reported;  // the header of the mail that a failure report is about
    const bool complete = walk_parts(mail, [&](const MailPart& one) {
      std::string& buffer = tools_.buffers[depth];
      const bool is_mail = one.type == "message/rfc822";
      if (is_mail || one.type == "text/rfc822-headers") {
        if (reported.empty()) reported = decoded(one, kLongestHeader, buffer);
        // What is not encoded is walked through with the rest.
        if (!is_mail || !is_encoded(one)) return true;
      }
      if (one.type == "message/feedback-report") {
        auto report = read_failure_report(decoded(one, kLongestHeader, buffer));
        if (report) failures.push_back(*std::move(report));
        return true;
      }
      const auto beginning = decoded(one, 4096, buffer);
      in_words = in_words || is_failure_in_words(beginning);
      const bool attached_mail =
          (is_mail || ends_with_word(one.name, ".eml")) && looks_like_mail(beginning);
      if (!attached_mail && !may_hold_report(beginning, one)) return true;
      found = true;
      done = read_part(one, part, depth, attached_mail ? depth + 1 : depth);
      return done.has_value();
    });
    MBOXFERRY_TRY(done);
    for (FailureReport& failure : failures) MBOXFERRY_TRY(read_failure(failure, reported, part));
    if (!complete) return say(part, FileVerdict::unsupported, kTooManyParts);
    if (found || !failures.empty()) return ok();
    if (in_words)
      return say(part, FileVerdict::unsupported, "it is a failure report in words, without fields",
                 ReportKind::failure);
    Looked plain;
    plain.part = part;
    plain.verdict = FileVerdict::not_a_report;
    plain.reason = "no part of the mail is a report";
    plain.is_plain_mail = true;
    return sink_.looked(plain);
  }

  Result<void> read_failure(FailureReport& failure, std::string_view reported,
                            const std::string& part) {
    failure.subject = to_utf8(field_value(reported, "Subject"));
    if (failure.message_id.empty())
      failure.message_id = to_utf8(field_value(reported, "Message-ID"));
    MBOXFERRY_ASSIGN(const bool is_new, sink_.failure(failure));
    return is_new ? say(part, FileVerdict::read, "", ReportKind::failure)
                  : say(part, FileVerdict::duplicate, "the same failure was read before",
                        ReportKind::failure);
  }

  /// Looks at an attachment; text and pages of ordinary mail are none.
  static bool may_hold_report(std::string_view beginning, const MailPart& part) {
    if (is_gzip(beginning) || is_zip(beginning) || !other_packed_form(beginning).empty())
      return true;
    if (beginning.starts_with("From "))
      return part.type == "application/mbox" || ends_with_word(part.name, ".mbox");
    switch (text_kind(beginning)) {
      case TextKind::xml:
        return beginning.find("feedback") != std::string_view::npos ||
               beginning.starts_with("<?xml") || beginning.starts_with("\xFF\xFE") ||
               beginning.starts_with("\xFE\xFF") || is_utf16_tag(beginning) ||
               part.type.ends_with("/xml") || ends_with_word(part.name, ".xml");
      case TextKind::json:
        return beginning.find("\"organization-name\"") != std::string_view::npos ||
               beginning.find("\"policies\"") != std::string_view::npos ||
               part.type.starts_with("application/tlsrpt") || ends_with_word(part.name, ".json");
      case TextKind::other:
        break;
    }
    return false;
  }

  /// `inner`: the depth of what is in the part.
  Result<void> read_part(const MailPart& one, const std::string& part, unsigned depth,
                         unsigned inner) {
    std::string& buffer = tools_.buffers[kLevels / 2 + depth];
    const std::size_t most = room();
    const std::string_view bytes = decoded(one, most + 1, buffer);
    std::string name = one.name.empty() ? one.type : to_utf8(one.name.substr(0, 300));
    if (!part.empty()) name = part + "/" + name;
    if (bytes.size() > most) return say(name, FileVerdict::unsupported, too_large(most));
    const std::size_t copied = bytes.data() == buffer.data() ? buffer.size() : 0;
    held_ += copied;
    auto done = read(bytes, name, "", inner);
    held_ -= copied;
    if (buffer.capacity() > (1u << 20)) std::string().swap(buffer);
    return done;
  }

  const Budget& budget_;
  Tools& tools_;
  ReportSink& sink_;
  std::size_t held_;
  std::uint64_t unpacked_ = 0;
  unsigned members_ = 0;
};

bool is_mail(std::string_view bytes) {
  return !is_gzip(bytes) && !is_zip(bytes) && looks_like_mail(bytes);
}

FileReader::FileReader(const Budget& budget) : budget_(budget), tools_(std::make_unique<Tools>()) {}
FileReader::~FileReader() = default;

Result<void> FileReader::read(std::string_view bytes, ReportSink& sink) {
  tools_->holds_mbox = false;
  return Pass(budget_, *tools_, sink, bytes.size()).read(bytes, "", "", 0);
}

bool FileReader::holds_mbox() const { return tools_->holds_mbox; }

}  // namespace mboxferry::dmarc
