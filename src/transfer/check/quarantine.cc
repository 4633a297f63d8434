// SPDX-License-Identifier: Apache-2.0
// Refused messages as mboxrd.
#include "transfer/check/quarantine.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/base/output_file.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {
namespace {

/// The note of what the file held when it was put in place, and what the file was then.
constexpr const char* kWrittenNote = "quarantine";

/// Quotes `^>*From ` lines on their way into the file. Pieces may end anywhere. Constant memory.
class QuotingWriter {
 public:
  explicit QuotingWriter(OutputFile& file) : file_(file) {}

  Result<void> write(std::string_view bytes) {
    for (const char byte : bytes) {
      if (at_line_start_ && byte == kFrom[matched_]) {
        if (++matched_ == kFrom.size()) {
          buffer_ += '>';
          release();
        }
        continue;
      }
      // Where the additional mark stands among others makes no difference, so that these need not
      // wait for the end of a line that may be of any length.
      const bool quotation_mark = at_line_start_ && matched_ == 0 && byte == '>';
      if (!quotation_mark) release();
      buffer_ += byte;
      if (byte == '\n') at_line_start_ = true;
      if (buffer_.size() >= kFlush) MBOXFERRY_TRY(flush());
    }
    return ok();
  }

  /// A line that is not quoted; an unfinished one before it is written as it is.
  Result<void> plain(std::string_view text) {
    release();
    buffer_ += text;
    at_line_start_ = true;
    return flush();
  }

 private:
  static constexpr std::string_view kFrom = "From ";
  static constexpr std::size_t kFlush = 64 << 10;

  void release() {
    buffer_ += kFrom.substr(0, matched_);
    matched_ = 0;
    at_line_start_ = false;
  }

  Result<void> flush() {
    auto written = file_.write(buffer_);
    buffer_.clear();
    return written;
  }

  OutputFile& file_;
  std::string buffer_;
  std::size_t matched_ = 0;  ///< bytes of "From ", not written yet
  bool at_line_start_ = true;
};

std::string separator_line(const Timestamp& date) {
  static constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime civil = to_civil({date.unix_seconds, 0});
  const std::int64_t days = date.unix_seconds / 86400;
  return fmt::format("From mboxferry-refused {} {} {:2} {:02}:{:02}:{:02} {}\r\n",
                     kDays[((days % 7) + 7) % 7], kMonths[civil.month - 1], civil.day, civil.hour,
                     civil.minute, civil.second, civil.year);
}

/// Which messages are refused; another set has another text.
Result<std::string> set_of_refused(const journal::Journal& journal) {
  std::uint64_t count = 0;
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a of the ids
  MBOXFERRY_TRY(
      journal.each(journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        ++count;
        for (int shift = 0; shift < 64; shift += 8)
          hash = (hash ^ (static_cast<std::uint64_t>(row.id) >> shift & 0xff)) * 1099511628211u;
        return ok();
      }));
  return fmt::format("{} {:016x}", count, hash);
}

/// What tells an untouched file from one that was damaged or replaced; empty when there is none.
std::string state_of_file(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  return fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Result<void> write_messages(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                            const journal::Journal& journal, QuotingWriter writer) {
  FolderReaders readers(sources, settings);
  return journal.each(
      journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        MBOXFERRY_ASSIGN(MessageReader* const reader, readers.of(row.folder));
        MBOXFERRY_TRY(writer.plain(separator_line(row.date)));
        MBOXFERRY_TRY(reader->wire_form(
            row.offset, row.length, [&](std::string_view bytes) { return writer.write(bytes); }));
        return writer.plain("\r\n");
      });
}

Result<void> write_file(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                        const journal::Journal& journal, const std::string& path) {
  MBOXFERRY_ASSIGN(OutputFile file, OutputFile::create(path));
  MBOXFERRY_TRY(write_messages(sources, settings, journal, QuotingWriter(file)));
  MBOXFERRY_TRY(file.commit());
  crash_point("message-quarantined");
  return ok();
}

/// The note while a file is written for the first time.
constexpr const char* kBegun = "begun";

}  // namespace

Result<bool> wrote_quarantine(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto noted, journal.note(kWrittenNote));
  return noted && !noted->empty();
}

Result<void> check_quarantine_place(const std::string& journal_path,
                                    const journal::Journal* journal) {
  const std::string path = quarantine_path(journal_path);
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return ok();
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(const bool own, wrote_quarantine(*journal));
    if (own) return ok();
  }
  return Error{ErrorCode::cannot_create,
               path + " is there, and this job has not written it: refused messages would go there",
               "move it elsewhere, it may be the only copy of mail; or use another --journal "
               "(a batch: --state-dir)"};
}

std::string quarantine_path(const std::string& journal_path) {
  return journal_path + ".refused.mbox";
}

Result<void> write_quarantine(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                              journal::Journal& journal) {
  const std::string path = quarantine_path(settings.journal_path);
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(0));
  MBOXFERRY_TRY(check_quarantine_place(settings.journal_path, &journal));
  if (counts.refused.messages == 0) {
    MBOXFERRY_ASSIGN(const bool own, wrote_quarantine(journal));
    if (!own) return ok();
    ::unlink(path.c_str());
    return journal.set_note(kWrittenNote, "");
  }
  MBOXFERRY_ASSIGN(const std::string refused, set_of_refused(journal));
  MBOXFERRY_ASSIGN(const auto noted, journal.note(kWrittenNote));
  if (noted == refused + " " + state_of_file(path)) return ok();
  // A run that ends before the next note knows its own file, also after a power cut.
  if (!noted || noted->empty()) MBOXFERRY_TRY(journal.set_note_now(kWrittenNote, kBegun));
  MBOXFERRY_TRY(write_file(sources, settings, journal, path));
  return journal.set_note(kWrittenNote, refused + " " + state_of_file(path));
}

}  // namespace mboxferry::transfer
