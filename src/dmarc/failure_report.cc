// SPDX-License-Identifier: Apache-2.0
// The fields of a failure report.
#include <charconv>

#include "dmarc/mail_parts.h"
#include "dmarc/other_reports.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::dmarc {

std::optional<FailureReport> read_failure_report(std::string_view fields) {
  while (fields.starts_with('\r') || fields.starts_with('\n')) fields.remove_prefix(1);
  const auto field = [&](std::string_view name) { return to_utf8(field_value(fields, name)); };
  if (field("Feedback-Type").empty()) return {};
  FailureReport report;
  report.user_agent = field("User-Agent");
  report.original_mail_from = field("Original-Mail-From");
  report.original_rcpt_to = field("Original-Rcpt-To");
  report.arrival_date = field("Arrival-Date");
  if (report.arrival_date.empty()) report.arrival_date = field("Received-Date");
  report.source_ip = field("Source-IP");
  report.reported_domain = field("Reported-Domain");
  report.auth_failure = field("Auth-Failure");
  report.delivery_result = field("Delivery-Result");
  report.authentication_results = field("Authentication-Results");
  report.dkim_domain = field("DKIM-Domain");
  report.dkim_selector = field("DKIM-Selector");
  report.message_id = field("Message-ID");
  const std::string incidents = field("Incidents");
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(incidents.data(), incidents.data() + incidents.size(), number);
  if (error == std::errc() && number > 0) report.incidents = number;
  return report;
}

bool is_failure_in_words(std::string_view text) {
  text = text.substr(0, 4096);
  return text.find("A message claiming to be from you has failed") != std::string_view::npos ||
         text.find("This is a spf/dkim authentication-failure report") != std::string_view::npos;
}

}  // namespace mboxferry::dmarc
