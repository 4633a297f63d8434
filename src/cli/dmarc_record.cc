// SPDX-License-Identifier: Apache-2.0
// mboxferry dmarc record: a record judged, and the policy that holds for a domain.
#include "cli/dmarc.h"
#include "cli/dmarc_record_output.h"
#include "cli/exit_codes.h"
#include "mboxferry/policy/text_file.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLongestAnswers = 16 << 20;

Result<DmarcRecordResult> find_dmarc_record(const std::string& name, const Options& options) {
  DmarcRecordResult result;
  MBOXFERRY_ASSIGN(result.domain, dmarc::domain_named(name));
  const auto path = options.get<std::string>("answers");
  if (!path)
    return Error{ErrorCode::usage, "there is no way to ask about " + result.domain,
                 "give the answers with --answers FILE, or a record with --text RECORD"};
  MBOXFERRY_ASSIGN(const std::string text,
                   policy::read_text_file(*path, "file of answers", kLongestAnswers));
  const auto source = dmarc::make_text_answers(text);
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

/// True when a policy holds by both standards, and neither has an error in the record.
bool is_fine(const DmarcRecordResult& result) {
  if (!result.record) return false;
  for (const dmarc::Standard standard : dmarc::kStandards)
    if (!result.record->is_valid(standard) || !result.record->by(standard).applies) return false;
  for (const dmarc::Finding& finding : result.findings)
    if (!finding.policy) return false;
  for (const dmarc::ExternalAddress& address : result.external)
    if (!address.authorized) return false;
  return true;
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
    MBOXFERRY_ASSIGN(result, find_dmarc_record(operands.front(), options));
  }
  MBOXFERRY_TRY(options.has_flag("json") ? write_dmarc_record_json(context.out, result)
                                         : write_dmarc_record_text(context.out, result));
  return is_fine(result) ? kExitSuccess : kExitFailed;
}

}  // namespace mboxferry::cli
