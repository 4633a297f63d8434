// SPDX-License-Identifier: Apache-2.0
// Finds the reports in a file or mail, by what it holds and not by its name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/dmarc/budget.h"
#include "mboxferry/dmarc/report.h"

namespace mboxferry::dmarc {

/// One thing that was looked at: a file, a part of a mail, a member of a packed file.
struct Looked {
  std::string part;  ///< names of the part and members on the way; empty: the file or mail itself
  FileVerdict verdict = FileVerdict::read;
  std::string reason;  ///< why it is not simply "read"
  std::optional<ReportKind> kind;
  std::uint64_t damaged_records = 0;  ///< of an aggregate report
  bool is_plain_mail = false;         ///< not a report, but mail as mailboxes are full of
};

/// What was read of a report before.
enum class Seen { never, in_part, whole };

/// True when the file is a mail itself, and no packed file with mail in it.
bool is_mail(std::string_view bytes);

/// Receives what is found, in order. A failing call ends the reading.
class ReportSink {
 public:
  ReportSink() = default;
  ReportSink(const ReportSink&) = delete;
  ReportSink& operator=(const ReportSink&) = delete;
  virtual ~ReportSink() = default;

  /// A report begins. The content of one that was read as a whole is passed over.
  virtual Result<Seen> aggregate(const ReportHead& head) = 0;
  /// False: it was counted before, out of a copy that was read in part.
  virtual Result<bool> record(const ReportHead& head, const ReportRecord& record) = 0;
  /// A report that was new could not be read as a whole: each of its records once more, null in
  /// front of them. Another copy may have the rest.
  virtual Result<void> was_in_part(const ReportHead& head, const ReportRecord* record) = 0;
  /// The rest of a report that was seen in part was read.
  virtual Result<void> completed(const ReportHead& head) = 0;
  /// False: it is known already.
  virtual Result<bool> failure(const FailureReport& report) = 0;
  virtual Result<bool> tls(const TlsReport& report) = 0;
  /// Behind everything of one thing.
  virtual Result<void> looked(const Looked& looked) = 0;
};

/// Reads aggregate, failure and TLS reports out of XML, JSON, mails, gzip and zip, inside each
/// other up to the budget's depth. Reusable, and allocates little for each file. One thread.
class FileReader {
 public:
  explicit FileReader(const Budget& budget);
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader();

  /// Every byte sequence has a verdict; fails only when `sink` does.
  Result<void> read(std::string_view bytes, ReportSink& sink);
  /// True when the file read last is, or has in it, a packed mbox. Nothing was said about that yet:
  /// it is for a caller that can read archives.
  [[nodiscard]] bool holds_mbox() const;

 private:
  class Pass;
  struct Tools;
  Budget budget_;
  std::unique_ptr<Tools> tools_;
};

}  // namespace mboxferry::dmarc
