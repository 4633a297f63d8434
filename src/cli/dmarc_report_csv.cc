// SPDX-License-Identifier: Apache-2.0
// `dmarc report --csv`: parsedmarc's columns, in its order, for who reads that already.
#include <fmt/format.h>

#include "cli/dmarc_report_output.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/csv_ledger.h"

namespace mboxferry::cli {
namespace {

constexpr std::string_view kColumnNames =
    "xml_schema,org_name,org_email,org_extra_contact_info,report_id,begin_date,end_date,"
    "normalized_timespan,errors,domain,adkim,aspf,p,sp,np,pct,fo,testing,discovery_method,"
    "source_ip_address,source_country,source_reverse_dns,source_base_domain,source_name,"
    "source_type,source_asn,source_as_name,source_as_domain,count,spf_aligned,dkim_aligned,"
    "dmarc_aligned,disposition,policy_override_reasons,policy_override_comments,envelope_from,"
    "header_from,envelope_to,dkim_domains,dkim_selectors,dkim_results,spf_domains,spf_scopes,"
    "spf_results\r\n";
/// source_country to source_as_domain: nothing is looked up.
constexpr int kUnknownColumns = 8;

std::string_view truth(bool value) { return value ? "True" : "False"; }

/// "2018-10-01 13:20:27", UTC.
std::string date_text(std::int64_t seconds) {
  const CivilTime time = to_civil({seconds, 0});
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.year, time.month, time.day,
                     time.hour, time.minute, time.second);
}

template <typename Rows, typename Member>
std::string joined(const Rows& rows, Member member) {
  std::string text;
  for (const auto& row : rows) {
    if (&row != &rows.front()) text += ',';
    text += row.*member;
  }
  return text;
}

class DmarcReportCsv final : public DmarcReportOutput {
 public:
  explicit DmarcReportCsv(report::TextOutput& out) : out_(out) {}

  Result<void> aggregate(const ReportPlace&, const dmarc::ReportHead& head) override {
    MBOXFERRY_TRY(write_names());
    head_.clear();
    std::string errors;
    for (const std::string& error : head.errors) errors += (errors.empty() ? "" : "|") + error;
    // parsedmarc calls the shape of RFC 7489 "draft" where a report has no version.
    const std::string& schema = head.version.empty() ? kNoVersion : head.version;
    constexpr std::int64_t kLongTimespan = 2 * kSecondsOfDay;
    const bool is_long = head.end - head.begin > kLongTimespan;
    for (const std::string& field :
         {schema, head.org_name, head.email, head.extra_contact, head.report_id,
          date_text(head.begin), date_text(head.end), std::string(truth(is_long)), errors,
          head.domain, head.adkim, head.aspf, head.p, head.sp, head.np, head.pct, head.fo,
          head.testing, head.discovery_method})
      add(head_, field);
    return ok();
  }

  Result<void> record(const dmarc::ReportHead&, const dmarc::ReportRecord& record) override {
    using dmarc::DkimResult;
    using dmarc::OverrideReason;
    using dmarc::SpfResult;
    row_ = head_;
    add(row_, record.source_ip);
    row_.append(kUnknownColumns, ',');
    row_ += fmt::format("{},{},{},{},", record.count, truth(record.aligned.spf),
                        truth(record.aligned.dkim), truth(record.passes()));
    for (const std::string& field :
         {record.disposition, joined(record.reasons, &OverrideReason::type),
          joined(record.reasons, &OverrideReason::comment), record.envelope_from,
          record.header_from, record.envelope_to, joined(record.dkim, &DkimResult::domain),
          joined(record.dkim, &DkimResult::selector), joined(record.dkim, &DkimResult::result),
          joined(record.spf, &SpfResult::domain), joined(record.spf, &SpfResult::scope),
          joined(record.spf, &SpfResult::result)})
      add(row_, field);
    row_.back() = '\r';
    row_ += '\n';
    return out_.write(row_);
  }

  Result<void> end(dmarc::Tally&, const ReportCounts&) override { return write_names(); }

 private:
  static inline const std::string kNoVersion = "draft";

  static void add(std::string& row, const std::string& field) {
    row += report::csv_field(field);
    row += ',';
  }

  Result<void> write_names() {
    if (std::exchange(named_, true)) return ok();
    return out_.write(kColumnNames);
  }

  report::TextOutput& out_;
  bool named_ = false;
  std::string head_;
  std::string row_;
};

}  // namespace

std::unique_ptr<DmarcReportOutput> make_dmarc_report_csv(report::TextOutput& out) {
  return std::make_unique<DmarcReportCsv>(out);
}

}  // namespace mboxferry::cli
