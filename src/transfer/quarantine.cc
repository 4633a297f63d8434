// SPDX-License-Identifier: Apache-2.0
// Refused messages as mboxrd.
#include "transfer/quarantine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/base/file.h"
#include "transfer/folder_readers.h"

namespace mboxferry::transfer {
namespace {

/// Quotes `^>*From ` lines on their way into the file. Pieces may end anywhere.
class QuotingWriter {
 public:
  QuotingWriter(int fd, const std::string& path) : fd_(fd), path_(path) {}

  Result<void> write(std::string_view bytes) {
    for (const char byte : bytes) {
      if (at_line_start_ && matched_ < kFrom.size()) {
        if (byte == kFrom[matched_]) {
          held_ += byte;
          if (++matched_ == kFrom.size()) {
            buffer_ += '>';
            release();
          }
          continue;
        }
        if (byte == '>' && matched_ == 0) {
          // A line of quotation marks only is cheap to hold; a hostile one is let go.
          buffer_ += byte;
          continue;
        }
        release();
      }
      buffer_ += byte;
      at_line_start_ = byte == '\n';
      if (at_line_start_) matched_ = 0;
      if (buffer_.size() >= kFlush) MBOXFERRY_TRY(flush());
    }
    return ok();
  }

  Result<void> plain(std::string_view text) {
    buffer_ += text;
    at_line_start_ = true;
    matched_ = 0;
    return flush();
  }

  Result<void> flush() {
    auto written = write_all(fd_, buffer_, path_);
    buffer_.clear();
    return written;
  }

  void release() {
    buffer_ += held_;
    held_.clear();
    at_line_start_ = false;
    matched_ = 0;
  }

 private:
  static constexpr std::string_view kFrom = "From ";
  static constexpr std::size_t kFlush = 64 << 10;

  int fd_;
  const std::string& path_;
  std::string buffer_;
  std::string held_;  ///< the part of "From " matched so far
  std::size_t matched_ = 0;
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

}  // namespace

std::string quarantine_path(const std::string& journal_path) {
  return journal_path + ".refused.mbox";
}

Result<void> write_quarantine(const std::vector<SourceFolder>& sources, const JobSettings& settings,
                              const journal::Journal& journal) {
  const std::string path = quarantine_path(settings.journal_path);
  const std::string temporary = path + ".new";
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(0));
  if (counts.refused.messages == 0) {
    ::unlink(path.c_str());
    return ok();
  }
  const auto failed = [&](const char* step) {
    return Error{
        ErrorCode::cannot_create,
        fmt::format("cannot {} the file of refused messages {}: {}", step, path, errno_text(errno)),
        "free space or make the folder writable, then run the same command again"};
  };
  const FileDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return failed("create");
  QuotingWriter writer(file.get(), temporary);
  FolderReaders readers(sources, settings);
  MBOXFERRY_TRY(
      journal.each(journal::State::refused, 0, [&](const journal::MessageRow& row) -> Result<void> {
        MBOXFERRY_ASSIGN(MessageReader* const reader, readers.of(row.folder));
        MBOXFERRY_TRY(writer.plain(separator_line(row.date)));
        MBOXFERRY_TRY(reader->wire_form(
            row.offset, row.length, [&](std::string_view bytes) { return writer.write(bytes); }));
        writer.release();
        return writer.plain("\r\n");
      }));
  if (::fsync(file.get()) != 0) return failed("sync");
  if (!put_in_place(temporary, path)) return failed("rename");
  crash_point("message-quarantined");
  return ok();
}

}  // namespace mboxferry::transfer
