// SPDX-License-Identifier: Apache-2.0
// `dmarc report` for people.
#include <fmt/format.h>

#include "cli/dmarc_report_output.h"
#include "cli/wrapped.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using dmarc::FileVerdict;
using dmarc::Grouping;
using dmarc::ReportKind;
using dmarc::Sums;
using report::counted;

constexpr std::uint64_t kRowsShown = 10;
constexpr std::uint64_t kFilesNamed = 20;

std::string_view group_title(Grouping grouping) {
  switch (grouping) {
    case Grouping::reporter:
      return "reporter";
    case Grouping::domain:
      return "domain in From";
    case Grouping::reason:
      return "reason to override";
    case Grouping::sender:
      return "other sender's domain";
    case Grouping::source:
      break;
  }
  return "source";
}

class DmarcReportText final : public DmarcReportOutput {
 public:
  explicit DmarcReportText(report::TextOutput& out) : out_(out) {}

  Result<void> looked(const ReportPlace& place, const dmarc::Looked& looked) override {
    if (looked.verdict == FileVerdict::read) return ok();
    if (looked.is_plain_mail) return ok();
    if (++odd_ > kFilesNamed) return ok();
    std::string text = report::printable(place.path);
    if (place.is_mail) text += fmt::format(" at {}", place.offset);
    if (!looked.part.empty()) text += " " + report::printable(looked.part);
    text += fmt::format(": {}, {}", verdict_name(looked.verdict), report::printable(looked.reason));
    std::string lines;
    for (const std::string& line : wrapped(text, kHelpColumns - 4))
      lines += (lines.empty() ? "" : "    ") + line + '\n';
    return out_.write(lines);
  }

  Result<void> end(dmarc::Tally& tally, const ReportCounts& counts) override {
    if (odd_ > kFilesNamed)
      MBOXFERRY_TRY(out_.write(fmt::format("{} more, which --json names\n", odd_ - kFilesNamed)));
    if (odd_ > 0) MBOXFERRY_TRY(out_.write("\n"));
    MBOXFERRY_TRY(write_counts(counts));
    if (counts.of(ReportKind::aggregate) == 0) return ok();
    MBOXFERRY_TRY(write_totals(tally.all()));
    for (const Grouping grouping : dmarc::kGroupings) MBOXFERRY_TRY(write_group(tally, grouping));
    return ok();
  }

 private:
  Result<void> write_counts(const ReportCounts& counts) {
    std::string text = fmt::format(
        "{}, {}, {} of TLS", counted(counts.of(ReportKind::aggregate), "aggregate report"),
        counted(counts.of(ReportKind::failure), "failure report"), counts.of(ReportKind::tls));
    for (const FileVerdict verdict :
         {FileVerdict::partial, FileVerdict::duplicate, FileVerdict::not_a_report,
          FileVerdict::unsupported, FileVerdict::corrupt})
      if (counts.of(verdict) > 0)
        text += fmt::format("; {} {}", counts.of(verdict), verdict_name(verdict));
    text += "\n";
    if (counts.damaged_records > 0)
      text += fmt::format("{} could not be read; their messages are in no sum\n",
                          counted(counts.damaged_records, "record"));
    if (counts.of(ReportKind::tls) > 0)
      text += fmt::format("TLS: {} with, {} without\n", counted(counts.tls_successful, "session"),
                          counts.tls_failed);
    std::string lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      for (const std::string& line : wrapped(text.substr(at, end - at), kHelpColumns))
        lines += line + '\n';
      at = end + 1;
    }
    return out_.write(lines);
  }

  Result<void> write_totals(const Sums& all) {
    std::string text = fmt::format(
        "{}: {} passed ({}), {} failed\nDKIM aligned {}, SPF aligned {}\n"
        "{} quarantined, {} rejected\n",
        counted(all.messages, "message"), all.passed, percentage(all.passed, all.messages),
        all.failed(), all.dkim_aligned, all.spf_aligned, all.quarantined, all.rejected);
    if (all.disagreeing > 0)
      text += fmt::format("{}: the reporter's result is not what its details say\n",
                          counted(all.disagreeing, "message"));
    return out_.write(text);
  }

  Result<void> write_group(dmarc::Tally& tally, Grouping grouping) {
    MBOXFERRY_ASSIGN(const std::uint64_t names, tally.count(grouping));
    if (names == 0) return ok();
    std::string text =
        fmt::format("\n{:<32} {:>10} {:>7} {:>8} {:>8} {:>8}\n", group_title(grouping), "messages",
                    "passed", "DKIM", "SPF", "failed");
    MBOXFERRY_TRY(tally.each(grouping, kRowsShown, [&](std::string_view name, const Sums& sums) {
      text += fmt::format("{:<32} {:>10} {:>7} {:>8} {:>8} {:>8}\n",
                          report::shortened_in_middle(name.empty() ? "(none)" : name, 32),
                          sums.messages, percentage(sums.passed, sums.messages), sums.dkim_aligned,
                          sums.spf_aligned, sums.failed());
      return ok();
    }));
    if (names > kRowsShown) text += fmt::format("{} more\n", names - kRowsShown);
    return out_.write(text);
  }

  report::TextOutput& out_;
  std::uint64_t odd_ = 0;
};

}  // namespace

std::string percentage(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "";
  // What is not everything is never shown as 100 %.
  const double exact = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part < whole && exact >= 99.95) return "99.9 %";
  return fmt::format("{:.1f} %", exact);
}

std::unique_ptr<DmarcReportOutput> make_dmarc_report_text(report::TextOutput& out) {
  return std::make_unique<DmarcReportText>(out);
}

}  // namespace mboxferry::cli
