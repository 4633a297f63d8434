// SPDX-License-Identifier: Apache-2.0
// Policy discovery by the public suffix list, and by the tree walk.
#include "mboxferry/dmarc/discovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::dmarc {
namespace {

/// A name with more labels than this is cut to one label less (RFC 9989 section 4.10).
constexpr std::size_t kMostLabels = 8;

std::size_t labels_of(std::string_view domain) {
  return domain.empty()
             ? 0
             : static_cast<std::size_t>(std::count(domain.begin(), domain.end(), '.')) + 1;
}

/// The domain without its leftmost labels, so that `labels` of them remain.
std::string_view last_labels(std::string_view domain, std::size_t labels) {
  for (std::size_t more = labels_of(domain); more > labels; --more)
    domain.remove_prefix(domain.find('.') + 1);
  return domain;
}

Result<Step> ask(std::string_view domain, TxtSource& source) {
  Step step;
  step.domain = domain;
  step.query = fmt::format("_dmarc.{}", domain);
  MBOXFERRY_ASSIGN(const auto texts, source.txt(step.query));
  for (const std::string& text : texts) {
    Record record = parse_record(text);
    if (!record.is_dmarc) {
      ++step.others;
    } else if (++step.records == 1) {
      step.used = std::move(record);
    }
  }
  // Several at one name are all dropped.
  if (step.records > 1) step.used.reset();
  return step;
}

/// The step at `domain` that has a record, or null.
const Step* step_with_record(const std::vector<Step>& steps, std::string_view domain) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return step.domain == domain && step.used;
  });
  return found == steps.end() ? nullptr : &*found;
}

Policy weaker(Policy policy) {
  return policy == Policy::reject ? Policy::quarantine : Policy::none;
}

/// Why no name gave a record.
std::string why_nothing(const std::vector<Step>& steps) {
  for (const Step& step : steps)
    if (step.records > 1)
      return fmt::format("{} has {} records, and several at one name count as none", step.query,
                         step.records);
  return "no record was found";
}

/// What the record of `step` says about `domain`.
void apply(Finding& finding, const Step& step, std::string_view domain) {
  const Record& record = *step.used;
  const Reading& reading = record.by(finding.standard);
  finding.policy_domain = step.domain;
  finding.record = record;
  finding.why = reading.why;
  if (!reading.applies) return;
  finding.asked = reading.policy;
  finding.tag = "p";
  if (step.domain != domain) {
    if (!finding.exists && reading.nonexistent_policy) {
      finding.asked = *reading.nonexistent_policy;
      finding.tag = "np";
    } else if (reading.subdomain_policy) {
      finding.asked = *reading.subdomain_policy;
      finding.tag = "sp";
    }
  }
  finding.tested = reading.testing && finding.asked != Policy::none;
  finding.policy = finding.tested ? weaker(finding.asked) : finding.asked;
  if (finding.tested)
    finding.why = fmt::format("t=y weakens {} by one step", policy_name(finding.asked));
}

/// RFC 9989 section 4.10.2. `steps` are those of a walk from the first one's domain.
std::string organizational_domain_9989(const std::vector<Step>& steps) {
  const std::string& start = steps.front().domain;
  const Step* shortest = nullptr;
  for (const Step& step : steps) {
    if (!step.used) continue;
    if (step.used->by_9989.public_suffix == 'n') return step.domain;
    if (step.used->by_9989.public_suffix == 'y' && step.domain != start)
      return std::string(last_labels(start, labels_of(step.domain) + 1));
    shortest = &step;
  }
  return shortest != nullptr ? shortest->domain : start;
}

}  // namespace

std::string organizational_domain_7489(std::string_view domain) {
  std::string found = policy::registrable_domain(domain);
  return found.empty() ? std::string(domain) : found;
}

Result<Finding> find_policy_7489(const std::string& domain, TxtSource& source) {
  Finding finding;
  finding.organizational_domain = organizational_domain_7489(domain);
  MBOXFERRY_ASSIGN(finding.exists, source.exists(domain));
  std::vector<std::string> names{domain};
  if (finding.organizational_domain != domain) names.push_back(finding.organizational_domain);
  for (const std::string& name : names) {
    MBOXFERRY_ASSIGN(Step step, ask(name, source));
    finding.steps.push_back(std::move(step));
    if (!finding.steps.back().used) continue;
    apply(finding, finding.steps.back(), domain);
    return finding;
  }
  finding.why = why_nothing(finding.steps);
  return finding;
}

Result<Finding> find_policy_9989(const std::string& domain, TxtSource& source) {
  Finding finding;
  finding.standard = Standard::rfc9989;
  MBOXFERRY_ASSIGN(finding.exists, source.exists(domain));
  std::string_view name = domain;
  for (;;) {
    MBOXFERRY_ASSIGN(Step step, ask(name, source));
    finding.steps.push_back(std::move(step));
    const auto& used = finding.steps.back().used;
    if (used && used->by_9989.public_suffix != 'u') break;
    const std::size_t labels = labels_of(name);
    if (labels <= 1) break;
    name = last_labels(name, std::min(labels, kMostLabels) - 1);
  }
  finding.organizational_domain = organizational_domain_9989(finding.steps);
  const Step* public_suffix = nullptr;
  for (const Step& step : finding.steps)
    if (step.used && step.used->by_9989.public_suffix == 'y') public_suffix = &step;
  for (const Step* step :
       {step_with_record(finding.steps, domain),
        step_with_record(finding.steps, finding.organizational_domain), public_suffix}) {
    if (step == nullptr) continue;
    apply(finding, *step, domain);
    return finding;
  }
  finding.why = why_nothing(finding.steps);
  return finding;
}

Result<std::vector<ExternalAddress>> check_external_addresses(const std::string& domain,
                                                              const Record& record,
                                                              TxtSource& source) {
  std::vector<ExternalAddress> found;
  const std::string own = organizational_domain_7489(domain);
  for (const auto& [tag, addresses] : {std::pair{"rua", &record.rua}, {"ruf", &record.ruf}}) {
    for (const ReportAddress& address : *addresses) {
      if (address.domain.empty() || organizational_domain_7489(address.domain) == own) continue;
      ExternalAddress external{tag, address.uri,
                               fmt::format("{}._report._dmarc.{}", domain, address.domain)};
      const auto texts = source.txt(external.query);
      if (texts)
        external.authorized =
            std::any_of(texts->begin(), texts->end(),
                        [](const std::string& text) { return parse_record(text).is_dmarc; });
      else if (texts.error().code == ErrorCode::interrupted)
        return texts.error();
      else
        external.unanswered = texts.error().what;
      found.push_back(std::move(external));
    }
  }
  return found;
}

Result<std::string> domain_named(std::string_view text) {
  std::string domain;
  const bool converted = policy::append_compared_domain(domain, text);
  const auto bad = [&](std::string_view why) {
    return Error{ErrorCode::usage,
                 fmt::format("'{}' is no domain name: {}", text.substr(0, 80), why),
                 "name a domain such as example.com"};
  };
  if (domain.empty()) return bad("it is empty");
  if (!converted) return bad("it has characters that no name may have");
  if (domain.size() > 253) return bad("it is longer than 253 characters");
  std::string_view rest = domain;
  while (!rest.empty()) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view label = rest.substr(0, dot);
    if (label.empty() || (dot + 1 == rest.size())) return bad("there is nothing between two dots");
    if (label.size() > 63) return bad("a label is longer than 63 characters");
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }))
      return bad("only letters, digits, hyphens and dots are allowed");
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return domain;
}

}  // namespace mboxferry::dmarc
