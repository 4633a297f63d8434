// SPDX-License-Identifier: Apache-2.0
// `dmarc report --html`: tables with bars. The page has no script, and its policy allows none.
#include <fmt/format.h>

#include "cli/dmarc_report_output.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using dmarc::FileVerdict;
using dmarc::Grouping;
using dmarc::ReportKind;
using dmarc::Sums;

constexpr std::uint64_t kRowsOfTable = 100;
constexpr std::uint64_t kFilesOfPage = 200;
constexpr unsigned kBarWidth = 240;

constexpr std::string_view kPageHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>DMARC reports</title>
<style>
:root { color-scheme: light dark; --good: #2a7d4f; --bad: #c0392b; --line: #8884 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere }
svg { vertical-align: middle }
.good { fill: var(--good) } .bad { fill: var(--bad) }
.sum { font-size: 2rem; font-weight: 600; margin: 0 }
</style>
</head>
<body>
<h1>DMARC reports</h1>
)";

/// Text from outside, printable and without meaning to HTML.
std::string html(std::string_view text) {
  std::string safe;
  for (const char c : report::shortened(text, 300)) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// How much of `most` passed and failed, as a bar.
std::string bar(const Sums& sums, std::uint64_t most) {
  const auto width = [&](std::uint64_t messages) {
    return most == 0 ? 0.0 : kBarWidth * static_cast<double>(messages) / static_cast<double>(most);
  };
  return fmt::format(
      "<svg width=\"{0}\" height=\"12\" role=\"img\" aria-label=\"{1} passed, {2} failed\">"
      "<rect class=\"good\" width=\"{3:.1f}\" height=\"12\"/>"
      "<rect class=\"bad\" x=\"{3:.1f}\" width=\"{4:.1f}\" height=\"12\"/></svg>",
      kBarWidth, sums.passed, sums.failed(), width(sums.passed), width(sums.failed()));
}

std::string_view table_title(Grouping grouping) {
  switch (grouping) {
    case Grouping::reporter:
      return "Reporters";
    case Grouping::domain:
      return "Domains in From";
    case Grouping::reason:
      return "Reasons to override the policy";
    case Grouping::sender:
      return "Senders that authenticate as another domain";
    case Grouping::source:
      break;
  }
  return "Sources";
}

class DmarcReportHtml final : public DmarcReportOutput {
 public:
  explicit DmarcReportHtml(report::TextOutput& out) : out_(out) {}

  Result<void> looked(const ReportPlace& place, const dmarc::Looked& looked) override {
    if (looked.verdict == FileVerdict::read) return ok();
    if (looked.is_plain_mail) return ok();
    if (++odd_ > kFilesOfPage) return ok();
    std::string name = place.path;
    if (place.is_mail) name += fmt::format(" at {}", place.offset);
    if (!looked.part.empty()) name += " " + looked.part;
    return files_.write(fmt::format("<tr><td>{}<td>{}<td>{}\n", html(name),
                                    verdict_name(looked.verdict), html(looked.reason)));
  }

  Result<void> end(dmarc::Tally& tally, const ReportCounts& counts) override {
    const Sums& all = tally.all();
    MBOXFERRY_TRY(out_.write(kPageHead));
    MBOXFERRY_TRY(out_.write(
        fmt::format("<p class=\"sum\">{} passed</p>\n<p>{} of {}; {} DKIM-aligned, {} SPF-aligned, "
                    "{} quarantined, {} rejected.<br>{}, {}, {} of TLS. Written {}.</p>\n",
                    all.messages == 0 ? "nothing" : percentage(all.passed, all.messages),
                    all.passed, report::counted(all.messages, "message"), all.dkim_aligned,
                    all.spf_aligned, all.quarantined, all.rejected,
                    report::counted(counts.of(ReportKind::aggregate), "aggregate report"),
                    report::counted(counts.of(ReportKind::failure), "failure report"),
                    counts.of(ReportKind::tls), to_rfc3339({system_clock().unix_seconds(), 0}))));
    if (counts.damaged_records > 0)
      MBOXFERRY_TRY(
          out_.write(fmt::format("<p>{} could not be read; their messages are in no sum.</p>\n",
                                 report::counted(counts.damaged_records, "record"))));
    for (const Grouping grouping : dmarc::kGroupings) MBOXFERRY_TRY(write_table(tally, grouping));
    MBOXFERRY_TRY(write_files());
    return out_.write("</body>\n</html>\n");
  }

 private:
  Result<void> write_table(dmarc::Tally& tally, Grouping grouping) {
    MBOXFERRY_ASSIGN(const std::uint64_t names, tally.count(grouping));
    if (names == 0) return ok();
    MBOXFERRY_TRY(out_.write(
        fmt::format("<h2>{}</h2>\n<table id=\"{}\"><thead><tr><th>name<th>messages<th>passed"
                    "<th>DKIM<th>SPF<th>failed<th>chart</thead><tbody>\n",
                    table_title(grouping), grouping_name(grouping))));
    std::uint64_t most = 0;
    MBOXFERRY_TRY(tally.each(grouping, kRowsOfTable, [&](std::string_view name, const Sums& sums) {
      most = std::max(most, sums.messages);
      return out_.write(fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}\n",
                                    html(name.empty() ? "(none)" : name), sums.messages,
                                    percentage(sums.passed, sums.messages), sums.dkim_aligned,
                                    sums.spf_aligned, sums.failed(), bar(sums, most)));
    }));
    MBOXFERRY_TRY(out_.write("</tbody></table>\n"));
    if (names <= kRowsOfTable) return ok();
    return out_.write(fmt::format("<p>{} more; --json has all.</p>\n", names - kRowsOfTable));
  }

  Result<void> write_files() {
    if (odd_ == 0) return ok();
    MBOXFERRY_TRY(
        out_.write("<h2>Files that are not simply read</h2>\n<table id=\"files\"><thead>"
                   "<tr><th>file<th>verdict<th>reason</thead><tbody>\n"));
    MBOXFERRY_TRY(files_.copy_to(out_));
    MBOXFERRY_TRY(out_.write("</tbody></table>\n"));
    if (odd_ <= kFilesOfPage) return ok();
    return out_.write(fmt::format("<p>{} more; --json has all.</p>\n", odd_ - kFilesOfPage));
  }

  report::TextOutput& out_;
  report::Spool files_;
  std::uint64_t odd_ = 0;
};

}  // namespace

std::unique_ptr<DmarcReportOutput> make_dmarc_report_html(report::TextOutput& out) {
  return std::make_unique<DmarcReportHtml>(out);
}

}  // namespace mboxferry::cli
