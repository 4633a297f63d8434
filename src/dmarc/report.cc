// SPDX-License-Identifier: Apache-2.0
// Names, and the alignment of a record.
#include "mboxferry/dmarc/report.h"

#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/dmarc/discovery.h"

namespace mboxferry::dmarc {
namespace {

/// `name` is `domain` or below it.
bool is_within(std::string_view name, std::string_view domain) {
  if (name.size() < domain.size() || domain.empty()) return false;
  const std::size_t before = name.size() - domain.size();
  return equals_ignoring_case(name.substr(before), domain) &&
         (before == 0 || name[before - 1] == '.');
}

std::string_view without_dot(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return domain;
}

std::string small(std::string_view domain) {
  std::string text(domain);
  std::transform(text.begin(), text.end(), text.begin(), to_lower);
  return text;
}

/// Compares domains with the one in the From field.
class Aligner {
 public:
  Aligner(const ReportHead& head, const ReportRecord& record)
      : policy_(without_dot(head.domain)),
        from_(without_dot(record.header_from.empty() ? head.domain : record.header_from)) {}

  bool aligned(std::string_view domain, bool strict, bool walks) {
    domain = without_dot(domain);
    if (domain.empty()) return false;
    if (equals_ignoring_case(domain, from_)) return true;
    if (strict) return false;
    if (walks) return is_within(domain, policy_) && is_within(from_, policy_);
    if (organization_.empty()) organization_ = organizational_domain_7489(small(from_));
    return organizational_domain_7489(small(domain)) == organization_;
  }

 private:
  std::string_view policy_;
  std::string_view from_;
  std::string organization_;
};

bool is_strict(std::string_view mode) { return equals_ignoring_case(mode, "s"); }

}  // namespace

std::string_view kind_name(ReportKind kind) {
  switch (kind) {
    case ReportKind::failure:
      return "failure";
    case ReportKind::tls:
      return "tls";
    case ReportKind::aggregate:
      break;
  }
  return "aggregate";
}

std::string_view verdict_name(FileVerdict verdict) {
  switch (verdict) {
    case FileVerdict::partial:
      return "partial";
    case FileVerdict::duplicate:
      return "duplicate";
    case FileVerdict::not_a_report:
      return "not a report";
    case FileVerdict::unsupported:
      return "unsupported";
    case FileVerdict::corrupt:
      return "corrupt";
    case FileVerdict::read:
      break;
  }
  return "read";
}

void align(const ReportHead& head, ReportRecord& record) {
  const Alignment said{equals_ignoring_case(record.evaluated_dkim, "pass"),
                       equals_ignoring_case(record.evaluated_spf, "pass")};
  record.disagrees = false;
  if (record.dkim.empty() && record.spf.empty()) {
    record.by_7489 = record.by_9989 = record.aligned = said;
    return;
  }
  Aligner aligner(head, record);
  const auto compare = [&](bool walks) {
    Alignment found;
    for (const DkimResult& one : record.dkim)
      found.dkim = found.dkim || (one.result == "pass" &&
                                  aligner.aligned(one.domain, is_strict(head.adkim), walks));
    for (const SpfResult& one : record.spf)
      found.spf = found.spf || (one.result == "pass" &&
                                aligner.aligned(one.domain, is_strict(head.aspf), walks));
    return found;
  };
  record.by_7489 = compare(false);
  record.by_9989 = compare(true);
  const bool walks = equals_ignoring_case(head.discovery_method, "treewalk");
  record.aligned = walks ? record.by_9989 : record.by_7489;
  record.disagrees = record.aligned != said;
}

}  // namespace mboxferry::dmarc
