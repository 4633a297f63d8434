// SPDX-License-Identifier: Apache-2.0
// `dmarc record` for people.
#include <fmt/format.h>

#include "cli/dmarc_record_output.h"
#include "cli/wrapped.h"
#include "mboxferry/base/words.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using dmarc::Standard;
using report::printable;

/// `text` in lines of a terminal's width, all but the first under what stands behind `indent`.
std::string hanging_under(std::string_view text, std::size_t indent) {
  std::string lines;
  for (const std::string& line : wrapped(text, kHelpColumns - indent))
    lines += (lines.empty() ? "" : std::string(indent, ' ')) + line + '\n';
  return lines;
}

/// The record around a place, with a mark below it; long ones are cut on both sides.
std::string marked_place(const std::string& record, std::size_t offset) {
  constexpr std::size_t kBefore = 30;
  constexpr std::size_t kShown = 70;
  const std::size_t begin = offset > kBefore ? offset - kBefore : 0;
  const std::string shown = printable_ascii(std::string_view(record).substr(begin), kShown);
  return fmt::format("    {}\n    {}^\n", shown, std::string(offset - begin, ' '));
}

std::string said_by(const dmarc::Remark& remark) {
  if (remark.in_7489 && remark.in_9989) return "";
  return fmt::format(" ({})",
                     standard_name(remark.in_7489 ? Standard::rfc7489 : Standard::rfc9989));
}

std::string remarks_text(const dmarc::Record& record) {
  std::string text;
  for (const dmarc::Remark& remark : record.remarks) {
    text +=
        hanging_under(fmt::format("{} at byte {}{}: {}",
                                  remark.level == dmarc::Remark::Level::error ? "error" : "warning",
                                  remark.offset, said_by(remark), printable(remark.text)),
                      2);
    text += marked_place(record.text, remark.offset);
  }
  return text;
}

std::string verdict_text(const dmarc::Record& record, Standard standard) {
  const dmarc::Reading& reading = record.by(standard);
  std::string text = fmt::format("{}: ", standard_name(standard));
  if (reading.applies) {
    text += fmt::format("policy {}", policy_name(reading.policy));
    if (reading.subdomain_policy)
      text += fmt::format(", for subdomains {}", policy_name(*reading.subdomain_policy));
    if (reading.nonexistent_policy)
      text +=
          fmt::format(", for names that do not exist {}", policy_name(*reading.nonexistent_policy));
    if (standard == Standard::rfc7489 && reading.percent < 100)
      text += fmt::format(", for {} % of the mail", reading.percent);
    if (reading.testing) text += ", one step weaker as long as t=y is there";
  } else {
    text +=
        record.is_authorization ? "no policy, but it allows reports to be sent here" : "no policy";
  }
  if (!reading.why.empty()) text += fmt::format(" ({})", printable(reading.why));
  return hanging_under(text, 2);
}

std::string finding_text(const dmarc::Finding& finding) {
  std::string text = fmt::format("{}: ", standard_name(finding.standard));
  if (finding.policy)
    text += fmt::format("{}, by {} of the record at _dmarc.{}", policy_name(*finding.policy),
                        finding.tag.empty() ? "default" : finding.tag, finding.policy_domain);
  else
    text += "no DMARC";
  if (!finding.why.empty()) text += fmt::format(" ({})", printable(finding.why));
  text = hanging_under(text, 2);
  text += hanging_under(fmt::format("  organizational domain {}{}", finding.organizational_domain,
                                    finding.exists ? "" : "; the domain does not exist"),
                        4);
  for (const dmarc::Step& step : finding.steps)
    text +=
        fmt::format("  asked {}: {}\n", step.query, report::counted(step.records, "DMARC record"));
  return text;
}

}  // namespace

Result<void> write_dmarc_record_text(report::TextOutput& out, const DmarcRecordResult& result) {
  std::string text;
  for (const dmarc::Finding& finding : result.findings) text += finding_text(finding);
  if (result.record) {
    if (!result.domain.empty())
      text += hanging_under("record: " + printable(result.record->text), 2);
    else
      for (const Standard standard : dmarc::kStandards)
        text += verdict_text(*result.record, standard);
    text += remarks_text(*result.record);
  }
  for (const dmarc::ExternalAddress& address : result.external)
    text += hanging_under(
        fmt::format("{} {}: {}", address.tag, printable(address.uri),
                    !address.unanswered.empty()
                        ? "whether its domain allows the reports is not known: " +
                              printable(address.unanswered)
                    : address.authorized
                        ? "its domain allows the reports"
                        : "nothing is sent there as long as there is no record v=DMARC1 at " +
                              printable(address.query)),
        2);
  return out.write(text);
}

}  // namespace mboxferry::cli
