// SPDX-License-Identifier: Apache-2.0
// `dmarc record --json`.
#include "cli/dmarc_record_output.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::cli {
namespace {

using dmarc::Standard;
using report::JsonStream;

void write_policy(JsonStream& json, std::string_view key, std::optional<dmarc::Policy> policy) {
  json.key(key);
  policy ? json.text(policy_name(*policy)) : json.null();
}

void write_reading(JsonStream& json, const dmarc::Record& record, Standard standard) {
  const dmarc::Reading& reading = record.by(standard);
  json.key(standard == Standard::rfc7489 ? "rfc7489" : "rfc9989").begin_object();
  json.member("valid", record.is_valid(standard)).member("applies", reading.applies);
  write_policy(json, "policy", reading.applies ? std::optional(reading.policy) : std::nullopt);
  write_policy(json, "subdomain_policy", reading.subdomain_policy);
  write_policy(json, "nonexistent_policy", reading.nonexistent_policy);
  json.member("adkim", reading.strict_dkim ? "s" : "r")
      .member("aspf", reading.strict_spf ? "s" : "r")
      .member("testing", reading.testing)
      .member("percent", reading.percent)
      .member("psd", std::string(1, reading.public_suffix))
      .member("why", reading.why)
      .end_object();
}

void write_addresses(JsonStream& json, std::string_view key,
                     const std::vector<dmarc::ReportAddress>& addresses) {
  json.key(key).begin_array();
  for (const dmarc::ReportAddress& address : addresses)
    json.begin_object()
        .member("uri", address.uri)
        .member("address", address.address)
        .member("limit", address.limit)
        .end_object();
  json.end_array();
}

void write_record(JsonStream& json, const dmarc::Record& record) {
  json.begin_object().member("text", record.text).member("is_dmarc", record.is_dmarc);
  json.member("is_authorization", record.is_authorization).key("tags").begin_array();
  for (const dmarc::Tag& tag : record.tags)
    json.begin_object()
        .member("name", tag.name)
        .member("value", tag.value)
        .member("offset", tag.offset)
        .end_object();
  json.end_array();
  write_addresses(json, "rua", record.rua);
  write_addresses(json, "ruf", record.ruf);
  for (const Standard standard : dmarc::kStandards) write_reading(json, record, standard);
  json.key("remarks").begin_array();
  for (const dmarc::Remark& remark : record.remarks)
    json.begin_object()
        .member("level", remark.level == dmarc::Remark::Level::error ? "error" : "warning")
        .member("offset", remark.offset)
        .member("tag", remark.tag)
        .member("text", remark.text)
        .member("rfc7489", remark.in_7489)
        .member("rfc9989", remark.in_9989)
        .end_object();
  json.end_array().end_object();
}

void write_finding(JsonStream& json, const dmarc::Finding& finding) {
  json.key(finding.standard == Standard::rfc7489 ? "rfc7489" : "rfc9989").begin_object();
  json.key("queries").begin_array();
  for (const dmarc::Step& step : finding.steps)
    json.begin_object()
        .member("name", step.query)
        .member("records", step.records)
        .member("others", step.others)
        .end_object();
  json.end_array()
      .member("organizational_domain", finding.organizational_domain)
      .member("exists", finding.exists)
      .key("policy_domain");
  finding.policy_domain.empty() ? json.null() : json.text(finding.policy_domain);
  write_policy(json, "policy", finding.policy);
  json.member("tag", finding.tag).member("tested", finding.tested).member("why", finding.why);
  json.end_object();
}

}  // namespace

Result<void> write_dmarc_record_json(report::TextOutput& out, const DmarcRecordResult& result) {
  JsonStream json(out);
  json.begin_object().member("schema", "mboxferry.dmarc-record/1").key("domain");
  result.domain.empty() ? json.null() : json.text(result.domain);
  json.key("record");
  if (result.record)
    write_record(json, *result.record);
  else
    json.null();
  json.key("findings");
  if (result.findings.empty()) {
    json.null();
  } else {
    json.begin_object();
    for (const dmarc::Finding& finding : result.findings) write_finding(json, finding);
    json.end_object();
  }
  json.key("external").begin_array();
  for (const dmarc::ExternalAddress& address : result.external) {
    json.begin_object()
        .member("tag", address.tag)
        .member("uri", address.uri)
        .member("query", address.query)
        .key("authorized");
    address.unanswered.empty() ? json.boolean(address.authorized) : json.null();
    json.end_object();
  }
  return json.end_array().end_object().end_line().result();
}

}  // namespace mboxferry::cli
