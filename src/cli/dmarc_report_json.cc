// SPDX-License-Identifier: Apache-2.0
// `dmarc report --json`, written as reports come.
#include "cli/dmarc_report_output.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::cli {
namespace {

using dmarc::FileVerdict;
using dmarc::ReportKind;
using report::JsonStream;

class DmarcReportJson final : public DmarcReportOutput {
 public:
  explicit DmarcReportJson(report::TextOutput& out) : json_(out), files_json_(files_) {
    json_.begin_object().member("schema", "mboxferry.dmarc-report/1").key("reports").begin_array();
    files_json_.begin_array();
  }

  Result<void> aggregate(const ReportPlace& place, const dmarc::ReportHead& head) override {
    begin_report(place, ReportKind::aggregate);
    json_.member("standard", head.is_9990 ? "rfc9990" : "rfc7489")
        .member("version", head.version)
        .member("org_name", head.org_name)
        .member("email", head.email)
        .member("extra_contact_info", head.extra_contact)
        .member("report_id", head.report_id)
        .member("begin", static_cast<std::uint64_t>(head.begin))
        .member("end", static_cast<std::uint64_t>(head.end))
        .key("errors")
        .texts(head.errors)
        .member("generator", head.generator)
        .key("policy_published")
        .begin_object();
    json_.member("domain", head.domain)
        .member("adkim", head.adkim)
        .member("aspf", head.aspf)
        .member("p", head.p)
        .member("sp", head.sp)
        .member("np", head.np)
        .member("pct", head.pct)
        .member("fo", head.fo)
        .member("testing", head.testing)
        .member("discovery_method", head.discovery_method)
        .end_object()
        .key("records")
        .begin_array();
    in_records_ = true;
    return json_.result();
  }

  Result<void> record(const dmarc::ReportHead&, const dmarc::ReportRecord& record) override {
    json_.begin_object()
        .member("source_ip", record.source_ip)
        .member("count", record.count)
        .key("policy_evaluated")
        .begin_object()
        .member("disposition", record.disposition)
        .member("dkim", record.evaluated_dkim)
        .member("spf", record.evaluated_spf)
        .key("reasons")
        .begin_array();
    for (const dmarc::OverrideReason& reason : record.reasons)
      json_.begin_object()
          .member("type", reason.type)
          .member("comment", reason.comment)
          .end_object();
    json_.end_array()
        .end_object()
        .member("header_from", record.header_from)
        .member("envelope_from", record.envelope_from)
        .member("envelope_to", record.envelope_to);
    write_results(record);
    json_.member("dkim_aligned", record.aligned.dkim)
        .member("spf_aligned", record.aligned.spf)
        .member("dmarc_aligned", record.passes())
        .member("disagrees", record.disagrees)
        .key("alignment")
        .begin_object();
    for (const auto& [name, alignment] :
         {std::pair{"rfc7489", record.by_7489}, {"rfc9989", record.by_9989}})
      json_.key(name)
          .begin_object()
          .member("dkim", alignment.dkim)
          .member("spf", alignment.spf)
          .end_object();
    json_.end_object().end_object();
    return json_.result();
  }

  Result<void> failure(const ReportPlace& place, const dmarc::FailureReport& report) override {
    begin_report(place, ReportKind::failure);
    json_.member("reported_domain", report.reported_domain)
        .member("source_ip", report.source_ip)
        .member("auth_failure", report.auth_failure)
        .member("authentication_results", report.authentication_results)
        .member("delivery_result", report.delivery_result)
        .member("arrival_date", report.arrival_date)
        .member("original_mail_from", report.original_mail_from)
        .member("original_rcpt_to", report.original_rcpt_to)
        .member("dkim_domain", report.dkim_domain)
        .member("dkim_selector", report.dkim_selector)
        .member("message_id", report.message_id)
        .member("subject", report.subject)
        .member("user_agent", report.user_agent)
        .member("incidents", report.incidents);
    return json_.result();
  }

  Result<void> tls(const ReportPlace& place, const dmarc::TlsReport& report) override {
    begin_report(place, ReportKind::tls);
    json_.member("org_name", report.org_name)
        .member("contact_info", report.contact)
        .member("report_id", report.report_id)
        .member("begin", report.begin)
        .member("end", report.end)
        .key("policies")
        .begin_array();
    for (const dmarc::TlsPolicy& policy : report.policies) write_tls_policy(policy);
    json_.end_array();
    return json_.result();
  }

  Result<void> looked(const ReportPlace& place, const dmarc::Looked& looked) override {
    if (in_records_) json_.end_array().member("damaged_records", looked.damaged_records);
    if (in_report_) json_.member("part", looked.part).end_object();
    in_records_ = in_report_ = false;
    write_place(files_json_.begin_object(), place);
    files_json_.member("part", looked.part)
        .member("verdict", verdict_name(looked.verdict))
        .member("reason", looked.reason)
        .key("kind");
    looked.kind ? files_json_.text(kind_name(*looked.kind)) : files_json_.null();
    files_json_.member("damaged_records", looked.damaged_records).end_object();
    MBOXFERRY_TRY(files_json_.result());
    return json_.result();
  }

  Result<void> end(dmarc::Tally& tally, const ReportCounts& counts) override {
    files_json_.end_array();
    json_.end_array().key("files").spooled(files_).key("totals").begin_object();
    json_.member("reports", counts.of(ReportKind::aggregate))
        .member("failure_reports", counts.of(ReportKind::failure))
        .member("tls_reports", counts.of(ReportKind::tls))
        .member("damaged_records", counts.damaged_records)
        .member("failures", counts.failures)
        .member("tls_successful_sessions", counts.tls_successful)
        .member("tls_failed_sessions", counts.tls_failed);
    write_sums(tally.all());
    json_.key("files").begin_object();
    for (const FileVerdict verdict :
         {FileVerdict::read, FileVerdict::partial, FileVerdict::duplicate,
          FileVerdict::not_a_report, FileVerdict::unsupported, FileVerdict::corrupt})
      json_.member(verdict_name(verdict), counts.of(verdict));
    json_.end_object().end_object();
    for (const dmarc::Grouping grouping : dmarc::kGroupings) {
      json_.key(grouping_name(grouping)).begin_array();
      MBOXFERRY_TRY(tally.each(grouping, ~std::uint64_t{0},
                               [&](std::string_view name, const dmarc::Sums& sums) {
                                 json_.begin_object().member("name", name);
                                 write_sums(sums);
                                 return json_.end_object().result();
                               }));
      json_.end_array();
    }
    return json_.end_object().end_line().result();
  }

 private:
  static void write_place(JsonStream& json, const ReportPlace& place) {
    json.member("path", place.path).key("offset");
    place.is_mail ? json.number(place.offset) : json.null();
  }

  void begin_report(const ReportPlace& place, ReportKind kind) {
    write_place(json_.begin_object().member("kind", kind_name(kind)), place);
    in_report_ = true;
  }

  void write_results(const dmarc::ReportRecord& record) {
    json_.key("dkim").begin_array();
    for (const dmarc::DkimResult& one : record.dkim)
      json_.begin_object()
          .member("domain", one.domain)
          .member("selector", one.selector)
          .member("result", one.result)
          .member("human_result", one.human_result)
          .end_object();
    json_.end_array().key("spf").begin_array();
    for (const dmarc::SpfResult& one : record.spf)
      json_.begin_object()
          .member("domain", one.domain)
          .member("scope", one.scope)
          .member("result", one.result)
          .member("human_result", one.human_result)
          .end_object();
    json_.end_array();
  }

  void write_tls_policy(const dmarc::TlsPolicy& policy) {
    json_.begin_object()
        .member("type", policy.type)
        .member("domain", policy.domain)
        .member("successful_sessions", policy.successful)
        .member("failed_sessions", policy.failed)
        .key("failures")
        .begin_array();
    for (const dmarc::TlsFailure& failure : policy.failures)
      json_.begin_object()
          .member("result_type", failure.result_type)
          .member("sending_mta_ip", failure.sending_mta_ip)
          .member("receiving_mx_hostname", failure.receiving_mx_hostname)
          .member("receiving_ip", failure.receiving_ip)
          .member("reason_code", failure.reason_code)
          .member("sessions", failure.sessions)
          .end_object();
    json_.end_array().end_object();
  }

  void write_sums(const dmarc::Sums& sums) {
    json_.member("records", sums.records)
        .member("messages", sums.messages)
        .member("passed", sums.passed)
        .member("failed", sums.failed())
        .member("dkim_aligned", sums.dkim_aligned)
        .member("spf_aligned", sums.spf_aligned)
        .member("quarantined", sums.quarantined)
        .member("rejected", sums.rejected)
        .member("overridden", sums.overridden)
        .member("disagreeing", sums.disagreeing)
        .key("pass_percent");
    if (sums.messages == 0)
      json_.null();
    else
      json_.decimal(100.0 * static_cast<double>(sums.passed) / static_cast<double>(sums.messages));
  }

  report::Spool files_;
  JsonStream json_;
  JsonStream files_json_;
  bool in_report_ = false;
  bool in_records_ = false;
};

}  // namespace

std::unique_ptr<DmarcReportOutput> make_dmarc_report_json(report::TextOutput& out) {
  return std::make_unique<DmarcReportJson>(out);
}

}  // namespace mboxferry::cli
