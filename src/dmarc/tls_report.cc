// SPDX-License-Identifier: Apache-2.0
// TLS reports, with every field allowed to be absent or of another type.
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "dmarc/other_reports.h"
#include "mboxferry/dmarc/budget.h"

namespace mboxferry::dmarc {
namespace {

using Json = nlohmann::json;

/// A report nests six deep; each level of a tree takes many times its text.
constexpr int kDeepest = 16;
/// And has an object for each policy and failure.
constexpr int kMostObjects = 20'000;

bool is_too_large_a_tree(std::string_view json) {
  int depth = 0;
  int objects = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\') ++i;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    objects += c == '{' || c == '[' ? 1 : 0;
    if (depth > kDeepest || objects > kMostObjects) return true;
  }
  return false;
}

/// The member of an object, or null.
const Json& member(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

constexpr double kMostSessions = 1e12;

/// Reads the numbers of sessions of one report.
class SessionReader {
 public:
  /// A number that stands in quotes is one, an absent one is 0; all else is counted as damaged.
  std::uint64_t count_at(const Json& object, const char* name) {
    const Json& value = member(object, name);
    std::uint64_t count = 0;
    if (value.is_null() && !(object.is_object() && object.contains(name))) return 0;
    if (value.is_number()) {
      const auto number = value.get<double>();
      if (number >= 0 && number <= kMostSessions && number == std::floor(number))
        return static_cast<std::uint64_t>(number);
    } else if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
      if (error == std::errc() && end == text.data() + text.size() && !text.empty() &&
          static_cast<double>(count) <= kMostSessions)
        return count;
    }
    ++damaged_;
    return 0;
  }

  TlsPolicy read_policy(const Json& entry) {
    TlsPolicy policy;
    policy.type = text_at(member(entry, "policy"), "policy-type");
    policy.domain = text_at(member(entry, "policy"), "policy-domain");
    policy.successful = count_at(member(entry, "summary"), "total-successful-session-count");
    policy.failed = count_at(member(entry, "summary"), "total-failure-session-count");
    const Json& details = member(entry, "failure-details");
    if (details.is_array())
      for (const Json& detail : details) policy.failures.push_back(read_failure(detail));
    return policy;
  }

  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  TlsFailure read_failure(const Json& detail) {
    TlsFailure failure;
    failure.result_type = text_at(detail, "result-type");
    failure.sending_mta_ip = text_at(detail, "sending-mta-ip");
    failure.receiving_mx_hostname = text_at(detail, "receiving-mx-hostname");
    failure.receiving_ip = text_at(detail, "receiving-ip");
    failure.reason_code = text_at(detail, "failure-reason-code");
    failure.sessions = count_at(detail, "failed-session-count");
    return failure;
  }

  std::uint64_t damaged_ = 0;
};

}  // namespace

std::optional<TlsReport> read_tls_report(std::string_view json) {
  if (json.size() > kMostJsonBytes || is_too_large_a_tree(json)) return {};
  const Json document = Json::parse(json, nullptr, false);
  const Json& policies = member(document, "policies");
  if (!policies.is_array() || !member(document, "report-id").is_string()) return {};
  TlsReport report;
  report.org_name = text_at(document, "organization-name");
  report.contact = text_at(document, "contact-info");
  report.report_id = text_at(document, "report-id");
  report.begin = text_at(member(document, "date-range"), "start-datetime");
  report.end = text_at(member(document, "date-range"), "end-datetime");
  SessionReader reader;
  for (const Json& entry : policies) report.policies.push_back(reader.read_policy(entry));
  report.damaged = reader.damaged();
  return report;
}

}  // namespace mboxferry::dmarc
