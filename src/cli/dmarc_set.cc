// SPDX-License-Identifier: Apache-2.0
// mboxferry dmarc set: a plan that changes some tags of a domain's record, or takes it away.
#include <fmt/format.h>

#include "cli/dmarc.h"
#include "cli/dns_planning.h"
#include "cli/sandbox_options.h"
#include "mboxferry/dmarc/edit.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::string_view kVersion = "v=DMARC1";

Result<std::optional<dmarc::Policy>> read_policy(const Options& options, const char* name) {
  const auto text = options.get<std::string>(name);
  if (!text) return std::optional<dmarc::Policy>();
  if (const auto policy = dmarc::policy_named(*text)) return policy;
  return bad_value(name, "none, quarantine or reject");
}

/// --NAME ADDRESS as often as there are addresses, or --no-NAME.
Result<std::optional<std::vector<std::string>>> read_addresses(const Options& options,
                                                               const std::string& name) {
  auto addresses = options.get<std::vector<std::string>>(name.c_str());
  if (!options.has_flag(("no-" + name).c_str())) return addresses;
  if (addresses)
    return Error{ErrorCode::usage, fmt::format("--{0} and --no-{0} exclude each other", name),
                 "choose one"};
  return std::optional<std::vector<std::string>>(std::vector<std::string>());
}

Result<dmarc::Edit> read_edit(const Options& options) {
  dmarc::Edit edit;
  MBOXFERRY_ASSIGN(edit.policy, read_policy(options, "policy"));
  MBOXFERRY_ASSIGN(edit.subdomain_policy, read_policy(options, "subdomain-policy"));
  MBOXFERRY_ASSIGN(edit.rua, read_addresses(options, "rua"));
  MBOXFERRY_ASSIGN(edit.ruf, read_addresses(options, "ruf"));
  const bool edits = edit.policy || edit.subdomain_policy || edit.rua || edit.ruf;
  if (edits == options.has_flag("delete"))
    return Error{ErrorCode::usage,
                 edits ? "--delete takes the record away, so nothing can be set in it"
                       : "nothing is asked for",
                 edits ? "leave --delete out, or the other options"
                       : "name what shall change: --policy, --rua, --ruf, or --delete"};
  return edit;
}

/// Texts of the DMARC records at the name.
Result<std::vector<std::string>> records_at(AskedZone& zone, const dns::Name& name) {
  MBOXFERRY_ASSIGN(const dns::ZoneEntry entry, zone.server.entry(name, dns::RecordType::txt));
  std::vector<std::string> texts;
  if (!entry.records) return texts;
  for (const dns::RecordData& data : entry.records->data)
    if (const auto* txt = std::get_if<dns::Txt>(&data))
      if (std::string text = txt->joined(); dns::is_of_version(text, kVersion))
        texts.push_back(std::move(text));
  return texts;
}

/// What follows from the new record that its owner may not expect.
std::vector<std::string> notes_on(const dmarc::Record& before, const dmarc::Record& after,
                                  const dns::Name& domain) {
  std::vector<std::string> notes;
  if (before.by_9989.policy == dmarc::Policy::none && after.by_9989.policy == dmarc::Policy::reject)
    notes.emplace_back(
        "from none to reject in one step: with quarantine in between, mail that fails can still "
        "be found");
  for (const dmarc::Remark& remark : after.remarks) notes.push_back(remark.text);
  for (const auto* addresses : {&after.rua, &after.ruf})
    for (const dmarc::ReportAddress& one : *addresses) {
      const auto host = dns::Name::parse(one.domain);
      if (!host || host->is_in(domain) || domain.is_in(*host)) continue;
      notes.push_back(fmt::format(
          "reports to {} come only where {}._report._dmarc.{} allows them, which mboxferry dmarc "
          "record asks",
          one.domain, domain.text(), one.domain));
    }
  return notes;
}

}  // namespace

Result<int> set_dmarc(const Options& options, const DmarcOperands& operands, Context& context) {
  if (operands.size() != 1)
    return Error{ErrorCode::usage, "dmarc set needs one DOMAIN", "see mboxferry dmarc --help"};
  MBOXFERRY_ASSIGN(const DnsAccess access, read_dns_access(options, context));
  MBOXFERRY_ASSIGN(const dns::Name domain, mail_domain(operands.front()));
  MBOXFERRY_ASSIGN(const dmarc::Edit edit, read_edit(options));
  dns::PlanOptions settings;
  MBOXFERRY_ASSIGN(settings.ttl, read_plan_ttl(options));
  MBOXFERRY_ASSIGN(const dns::Name name, dns::below("_dmarc", domain));
  SandboxRights rights = rights_of(options);
  if (const std::string path = options.text("output"); !path.empty()) add_output(rights, path);
  confine(options, rights);

  MBOXFERRY_ASSIGN(AskedZone zone, ask_zone(access, domain));
  dns::Goal goal{name, dns::RecordType::txt, {}, std::string(kVersion)};
  std::vector<std::string> notes;
  if (!options.has_flag("delete")) {
    MBOXFERRY_ASSIGN(const auto texts, records_at(zone, name));
    if (texts.size() > 1)
      return Error{
          ErrorCode::configuration,
          fmt::format("{} has {} DMARC records, which count as none", name.text(), texts.size()),
          fmt::format("replace them by one: mboxferry dns plan {} --dmarc TEXT", domain.text())};
    const std::string before = texts.empty() ? "" : texts.front();
    MBOXFERRY_ASSIGN(const std::string after, dmarc::edited_record(before, edit));
    notes = notes_on(dmarc::parse_record(before), dmarc::parse_record(after), domain);
    goal.data.emplace_back(dns::txt_of_text(after));
  }
  return plan_goals(domain, zone, {goal}, settings, notes, options, context);
}

}  // namespace mboxferry::cli
