// SPDX-License-Identifier: Apache-2.0
// mboxferry dmarc record: a record judged, and the policy that holds for a domain.
#include <algorithm>

#include "cli/dmarc.h"
#include "cli/dmarc_record_output.h"
#include "cli/dns.h"
#include "cli/exit_codes.h"
#include "cli/sandbox_options.h"
#include "mboxferry/policy/text_file.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLongestAnswers = 16 << 20;

/// The answers of the file that is named, or of the network.
Result<std::unique_ptr<dmarc::TxtSource>> read_source(const Options& options,
                                                      const Context& context) {
  SandboxRights rights = rights_of(options);
  const auto path = options.get<std::string>("answers");
  if (!path) {
    MBOXFERRY_ASSIGN(dns::Resolver::Settings settings, read_resolver(options, context));
    confine(options, rights);
    return std::unique_ptr<dmarc::TxtSource>(std::make_unique<dns::Resolver>(std::move(settings)));
  }
  if (!options.texts("resolver").empty())
    return Error{ErrorCode::usage, "--answers and --resolver exclude each other", "choose one"};
  rights.uses_network = false;
  add_input(rights, *path);
  confine(options, rights);
  MBOXFERRY_ASSIGN(const std::string text,
                   policy::read_text_file(*path, "file of answers", kLongestAnswers));
  return dmarc::make_text_answers(text, *path);
}

Result<DmarcRecordResult> find_dmarc_record(const std::string& name, const Options& options,
                                            const Context& context) {
  DmarcRecordResult result;
  MBOXFERRY_ASSIGN(result.domain, dmarc::domain_named(name));
  MBOXFERRY_ASSIGN(const auto asked, read_source(options, context));
  const auto source = dmarc::remember_answers(*asked);
  for (const auto find : {dmarc::find_policy_7489, dmarc::find_policy_9989}) {
    MBOXFERRY_ASSIGN(dmarc::Finding finding, find(result.domain, *source));
    if (finding.record) {
      MBOXFERRY_ASSIGN(result.external, dmarc::check_external_addresses(finding.policy_domain,
                                                                        *finding.record, *source));
      result.record = finding.record;
    }
    result.findings.push_back(std::move(finding));
  }
  return result;
}

/// True when a policy holds by both standards, and neither has an error in the record, as far as is
/// known.
bool is_fine(const DmarcRecordResult& result) {
  if (!result.record) return false;
  for (const dmarc::Standard standard : dmarc::kStandards)
    if (!result.record->is_valid(standard) || !result.record->by(standard).applies) return false;
  for (const dmarc::Finding& finding : result.findings)
    if (!finding.policy) return false;
  return std::all_of(result.external.begin(), result.external.end(), [](const auto& address) {
    return address.authorized || !address.unanswered.empty();
  });
}

bool is_fully_answered(const DmarcRecordResult& result) {
  return std::all_of(result.external.begin(), result.external.end(),
                     [](const auto& address) { return address.unanswered.empty(); });
}

}  // namespace

Result<int> check_dmarc_record(const Options& options, const DmarcOperands& operands,
                               Context& context) {
  const auto text = options.get<std::string>("text");
  if (operands.size() > 1 || operands.empty() == !text)
    return Error{ErrorCode::usage, "dmarc record needs one DOMAIN, or a record with --text",
                 "see mboxferry dmarc --help"};
  DmarcRecordResult result;
  if (text) {
    result.record = dmarc::parse_record(*text);
  } else {
    MBOXFERRY_ASSIGN(result, find_dmarc_record(operands.front(), options, context));
  }
  MBOXFERRY_TRY(options.has_flag("json") ? write_dmarc_record_json(context.out, result)
                                         : write_dmarc_record_text(context.out, result));
  if (!is_fine(result)) return kExitFailed;
  return is_fully_answered(result) ? kExitSuccess : kExitTryLater;
}

}  // namespace mboxferry::cli
