// SPDX-License-Identifier: Apache-2.0
// mboxferry dmarc report: reads reports wherever they are.
#include <sys/stat.h>

#include "cli/dmarc.h"
#include "cli/dmarc_files.h"
#include "cli/dmarc_report_output.h"
#include "cli/exit_codes.h"
#include "cli/limit_options.h"
#include "cli/sandbox_options.h"

namespace mboxferry::cli {
namespace {

/// Counts, adds up, and passes on what is new.
class CountingSink final : public PlacedSink {
 public:
  CountingSink(dmarc::Tally& tally, DmarcReportOutput& output) : tally_(tally), output_(output) {}

  Result<dmarc::Seen> aggregate(const dmarc::ReportHead& head) override {
    MBOXFERRY_ASSIGN(seen_, tally_.see(head));
    is_shown_ = false;
    if (seen_ == dmarc::Seen::never) {
      count(dmarc::ReportKind::aggregate);
      MBOXFERRY_TRY(show(head));
    }
    return seen_;
  }
  Result<bool> record(const dmarc::ReportHead& head, const dmarc::ReportRecord& record) override {
    if (seen_ == dmarc::Seen::in_part) {
      MBOXFERRY_ASSIGN(const bool is_new, tally_.is_new(record));
      if (!is_new) return false;
      MBOXFERRY_TRY(show(head));
    }
    MBOXFERRY_TRY(tally_.add(head, record));
    MBOXFERRY_TRY(output_.record(head, record));
    return true;
  }
  Result<void> was_in_part(const dmarc::ReportHead& head,
                           const dmarc::ReportRecord* record) override {
    if (record == nullptr) return tally_.was_in_part(head);
    MBOXFERRY_TRY(tally_.is_new(*record));
    return ok();
  }
  Result<void> completed(const dmarc::ReportHead& head) override { return tally_.completed(head); }
  Result<bool> failure(const dmarc::FailureReport& report) override {
    MBOXFERRY_ASSIGN(const bool is_new, tally_.is_new(report));
    if (!is_new) return false;
    count(dmarc::ReportKind::failure);
    counts_.failures += report.incidents;
    MBOXFERRY_TRY(output_.failure(place(), report));
    return true;
  }
  Result<bool> tls(const dmarc::TlsReport& report) override {
    MBOXFERRY_ASSIGN(const bool is_new, tally_.is_new(report));
    if (!is_new) return false;
    count(dmarc::ReportKind::tls);
    for (const dmarc::TlsPolicy& policy : report.policies) {
      counts_.tls_successful += policy.successful;
      counts_.tls_failed += policy.failed;
    }
    MBOXFERRY_TRY(output_.tls(place(), report));
    return true;
  }
  Result<void> looked(const dmarc::Looked& looked) override {
    ++counts_.verdicts[static_cast<std::size_t>(looked.verdict)];
    counts_.damaged_records += looked.damaged_records;
    return output_.looked(place(), looked);
  }

  [[nodiscard]] const ReportCounts& counts() const { return counts_; }

 private:
  /// The rest of a report that was read in part is shown with its first new record.
  Result<void> show(const dmarc::ReportHead& head) {
    if (is_shown_) return ok();
    is_shown_ = true;
    return output_.aggregate(place(), head);
  }
  void count(dmarc::ReportKind kind) { ++counts_.reports[static_cast<std::size_t>(kind)]; }

  dmarc::Tally& tally_;
  DmarcReportOutput& output_;
  ReportCounts counts_;
  dmarc::Seen seen_ = dmarc::Seen::never;
  bool is_shown_ = false;  ///< the report that is being read
};

Result<std::unique_ptr<DmarcReportOutput>> make_report_output(const Options& options,
                                                              report::TextOutput& out) {
  const bool json = options.has_flag("json");
  const bool csv = options.has_flag("csv");
  const bool html = options.has_flag("html");
  if (int{json} + int{csv} + int{html} > 1)
    return Error{ErrorCode::usage, "--json, --csv and --html exclude each other", "choose one"};
  return json   ? make_dmarc_report_json(out)
         : csv  ? make_dmarc_report_csv(out)
         : html ? make_dmarc_report_html(out)
                : make_dmarc_report_text(out);
}

Result<dmarc::Budget> read_budget(const Options& options) {
  dmarc::Budget budget;
  MBOXFERRY_ASSIGN(const std::uint64_t size, read_amount(options, "max-report-size"));
  if (size == 0 && options.text("max-report-size").empty()) return budget;
  if (size == 0) return bad_value("max-report-size", "a size above 0");
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  if (size > kLargest)
    return Error{ErrorCode::usage, "--max-report-size is more than 1G", "give a smaller one"};
  budget.report_bytes = static_cast<std::size_t>(size);
  budget.unpacked_bytes = std::max<std::uint64_t>(budget.unpacked_bytes, 4 * size);
  budget.held_bytes = std::max<std::size_t>(budget.held_bytes, 2 * budget.report_bytes);
  return budget;
}

int report_status(const ReportCounts& counts) {
  using dmarc::FileVerdict;
  return counts.of(FileVerdict::partial) + counts.of(FileVerdict::unsupported) +
                     counts.of(FileVerdict::corrupt) >
                 0
             ? kExitRefused
             : kExitSuccess;
}

}  // namespace

Result<int> read_dmarc_reports(const Options& options, const DmarcOperands& operands,
                               Context& context) {
  if (operands.empty())
    return Error{ErrorCode::usage, "dmarc report needs a file or folder",
                 "see mboxferry dmarc --help"};
  for (const std::string& path : operands) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
      return Error{ErrorCode::no_such_archive, path + ": " + errno_text(errno), "check the name"};
  }
  MBOXFERRY_ASSIGN(const dmarc::Budget budget, read_budget(options));
  MBOXFERRY_ASSIGN(const auto output, make_report_output(options, context.out));
  SandboxRights rights = rights_of(options);
  rights.uses_network = false;
  add_archives(rights, operands, false);
  confine(options, rights);
  MBOXFERRY_ASSIGN(const auto tally, dmarc::Tally::create());
  CountingSink sink(*tally, *output);
  for (const std::string& path : operands)
    MBOXFERRY_TRY(read_report_files(path, budget, sink, context.interrupt));
  MBOXFERRY_TRY(output->end(*tally, sink.counts()));
  if (context.interrupt.requested())
    return Error{ErrorCode::interrupted, "interrupted: not everything was read",
                 "run the same command again"};
  const ReportCounts& counts = sink.counts();
  if (counts.reports == decltype(counts.reports){} &&
      counts.of(dmarc::FileVerdict::duplicate) == 0 && report_status(counts) == kExitSuccess)
    return Error{ErrorCode::not_mail, operands.front() + " holds no report",
                 "name report files, mail with reports in it, or folders of them"};
  return report_status(counts);
}

}  // namespace mboxferry::cli
