// SPDX-License-Identifier: Apache-2.0
// The three kinds of reports as values: aggregate (RFC 7489 appendix C, RFC 9990), failure
// (RFC 6591, RFC 9991) and SMTP TLS (RFC 8460).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::dmarc {

enum class ReportKind { aggregate, failure, tls };
/// "aggregate", "failure", "tls".
std::string_view kind_name(ReportKind kind);

/// What became of a file, message or member that was looked at.
enum class FileVerdict { read, partial, duplicate, not_a_report, unsupported, corrupt };
/// "read", "partial", "duplicate", "not a report", "unsupported", "corrupt".
std::string_view verdict_name(FileVerdict verdict);

struct DkimResult {
  std::string domain;
  std::string selector;
  std::string result;  ///< in small letters
  std::string human_result;
};

struct SpfResult {
  std::string domain;
  std::string scope;
  std::string result;  ///< in small letters
  std::string human_result;
};

struct OverrideReason {
  std::string type;
  std::string comment;
};

/// Whether a record's results are aligned with its header_from domain.
struct Alignment {
  bool dkim = false;
  bool spf = false;

  friend bool operator==(const Alignment&, const Alignment&) = default;
};

/// A row of an aggregate report. All texts are UTF-8 and come from strangers.
struct ReportRecord {
  std::string source_ip;
  std::uint64_t count = 0;
  std::string disposition;     ///< what the reporter did: none, quarantine, reject, pass
  std::string evaluated_dkim;  ///< what the reporter says of alignment: pass, fail
  std::string evaluated_spf;
  std::vector<OverrideReason> reasons;
  std::string envelope_to;
  std::string envelope_from;
  std::string header_from;
  std::vector<DkimResult> dkim;
  std::vector<SpfResult> spf;

  // From these, by align():
  Alignment by_7489;
  Alignment by_9989;
  Alignment aligned;       ///< by the standard that the reporter used
  bool disagrees = false;  ///< the reporter says something else than its own results

  [[nodiscard]] bool passes() const { return aligned.dkim || aligned.spf; }
};

/// What an aggregate report says once.
struct ReportHead {
  bool is_9990 = false;  ///< by its namespace, or by a field that only RFC 9990 has
  std::string version;
  std::string org_name;
  std::string email;
  std::string extra_contact;
  std::string report_id;   ///< as it is written, `<` and `@` included
  std::int64_t begin = 0;  ///< Unix seconds
  std::int64_t end = 0;
  std::vector<std::string> errors;
  std::string generator;
  // The policy published.
  std::string domain;
  std::string adkim;
  std::string aspf;
  std::string p;
  std::string sp;
  std::string np;
  std::string pct;
  std::string fo;
  std::string testing;
  std::string discovery_method;
};

/// A failure report.
struct FailureReport {
  std::string user_agent;
  std::string original_mail_from;
  std::string original_rcpt_to;
  std::string arrival_date;
  std::string source_ip;
  std::string reported_domain;
  std::string auth_failure;
  std::string delivery_result;
  std::string authentication_results;
  std::string dkim_domain;
  std::string dkim_selector;
  std::string message_id;
  std::string subject;  ///< of the mail reported about
  std::uint64_t incidents = 1;
};

struct TlsFailure {
  std::string result_type;
  std::string sending_mta_ip;
  std::string receiving_mx_hostname;
  std::string receiving_ip;
  std::string reason_code;
  std::uint64_t sessions = 0;
};

struct TlsPolicy {
  std::string type;
  std::string domain;
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  std::vector<TlsFailure> failures;
};

/// A report about SMTP sessions and TLS.
struct TlsReport {
  std::string org_name;
  std::string contact;
  std::string report_id;
  std::string begin;  ///< as written (RFC 3339)
  std::string end;
  std::vector<TlsPolicy> policies;
  std::uint64_t damaged = 0;  ///< numbers of sessions that are none, and count as 0
};

/// Fills in the alignment of a record from its results (RFC 7489 section 3.1, RFC 9989 section
/// 4.4). Where a record has no results, what the reporter says stands. For the tree walk, names at
/// or below the policy's domain are taken to be of its organization: the DNS is not asked.
void align(const ReportHead& head, ReportRecord& record);

}  // namespace mboxferry::dmarc
