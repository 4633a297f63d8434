// SPDX-License-Identifier: Apache-2.0
// What `dmarc report` shows, in its four forms.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/dmarc/file_reader.h"
#include "mboxferry/dmarc/tally.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// Where the reader is: a file, or a mail in one.
struct ReportPlace {
  std::string path;
  bool is_mail = false;      ///< one of many in `path`
  std::uint64_t offset = 0;  ///< of the mail in its folder
};

/// What was counted beside the records.
struct ReportCounts {
  std::array<std::uint64_t, 6> verdicts{};  ///< by dmarc::FileVerdict
  std::array<std::uint64_t, 3> reports{};   ///< by dmarc::ReportKind; duplicates left out
  std::uint64_t damaged_records = 0;
  std::uint64_t failures = 0;        ///< incidents in failure reports
  std::uint64_t tls_successful = 0;  ///< sessions
  std::uint64_t tls_failed = 0;

  [[nodiscard]] std::uint64_t of(dmarc::FileVerdict verdict) const {
    return verdicts[static_cast<std::size_t>(verdict)];
  }
  [[nodiscard]] std::uint64_t of(dmarc::ReportKind kind) const {
    return reports[static_cast<std::size_t>(kind)];
  }
};

/// Receives everything in order. Constant memory.
class DmarcReportOutput {
 public:
  DmarcReportOutput() = default;
  DmarcReportOutput(const DmarcReportOutput&) = delete;
  DmarcReportOutput& operator=(const DmarcReportOutput&) = delete;
  virtual ~DmarcReportOutput() = default;

  virtual Result<void> aggregate(const ReportPlace&, const dmarc::ReportHead&) { return ok(); }
  virtual Result<void> record(const dmarc::ReportHead&, const dmarc::ReportRecord&) { return ok(); }
  virtual Result<void> failure(const ReportPlace&, const dmarc::FailureReport&) { return ok(); }
  virtual Result<void> tls(const ReportPlace&, const dmarc::TlsReport&) { return ok(); }
  virtual Result<void> looked(const ReportPlace&, const dmarc::Looked&) { return ok(); }
  virtual Result<void> end(dmarc::Tally& tally, const ReportCounts& counts) = 0;
};

/// Text in 80 columns.
std::unique_ptr<DmarcReportOutput> make_dmarc_report_text(report::TextOutput& out);
/// Schema mboxferry.dmarc-report/1 (jobs/schema/dmarc-report.json).
std::unique_ptr<DmarcReportOutput> make_dmarc_report_json(report::TextOutput& out);
/// A row per record, with the columns of parsedmarc.
std::unique_ptr<DmarcReportOutput> make_dmarc_report_csv(report::TextOutput& out);
/// A page for a browser, without scripts; it needs no network.
std::unique_ptr<DmarcReportOutput> make_dmarc_report_html(report::TextOutput& out);

/// "98.5 %"; empty when there is nothing to divide.
std::string percentage(std::uint64_t part, std::uint64_t whole);

}  // namespace mboxferry::cli
