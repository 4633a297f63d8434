// SPDX-License-Identifier: Apache-2.0
// A plan made, written and shown.
#include "cli/dns_planning.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/exit_codes.h"
#include "cli/small_file.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

void add_set(std::string& text, std::string_view sign, const std::optional<dns::RecordSet>& set) {
  if (!set) return;
  for (const dns::RecordData& data : set->data)
    text += paragraph(sign, fmt::format("{} {}", set->ttl, dns::data_text(data)));
}

std::string plan_text(const dns::Plan& plan) {
  std::string text =
      paragraph("", plan.changes.empty()
                        ? fmt::format("{}: nothing to change in the zone {} (serial {})",
                                      plan.domain.text(), plan.zone.text(), plan.serial)
                        : fmt::format("{}: {} in the zone {} (serial {})", plan.domain.text(),
                                      report::counted(plan.changes.size(), "change"),
                                      plan.zone.text(), plan.serial));
  for (const dns::Change& change : plan.changes) {
    text +=
        "\n" + paragraph("", fmt::format("{} {}", change.name.text(), dns::type_name(change.type)));
    add_set(text, "  - ", change.before);
    add_set(text, "  + ", change.after);
  }
  if (!plan.unchanged.empty()) {
    text += "\nunchanged:\n";
    for (const std::string& one : plan.unchanged) text += paragraph("  ", one);
  }
  if (!plan.notes.empty()) text += "\n";
  for (const std::string& note : plan.notes) text += paragraph("note: ", note);
  return text;
}

/// A plan that was applied is what a rollback needs.
Result<void> refuse_applied_plan(const std::string& path) {
  if (beginning_of(dns::state_path_of(path), 1).empty()) return ok();
  MBOXFERRY_ASSIGN(const dns::Plan old, read_plan_file(path));
  MBOXFERRY_ASSIGN(const auto state, read_plan_state(path, old));
  if (!state || state->stage == dns::ApplyStage::rolled_back) return ok();
  return Error{ErrorCode::cannot_create,
               fmt::format("{} is a plan that is {}, and dns rollback needs it", path,
                           dns::stage_name(state->stage)),
               "write the new plan to another file with --output"};
}

Result<void> write_plan(const dns::Plan& plan, const std::string& path) {
  const std::string text = dns::plan_json(plan);
  if (text.size() > dns::kLargestPlan)
    return Error{ErrorCode::usage,
                 fmt::format("the plan would have more than {} MiB", dns::kLargestPlan >> 20U),
                 "make several plans"};
  MBOXFERRY_TRY(refuse_applied_plan(path));
  // Of a plan that was here before, and is rolled back.
  const std::string state = dns::state_path_of(path);
  if (::unlink(state.c_str()) != 0 && errno != ENOENT)
    return Error{ErrorCode::cannot_create,
                 fmt::format("cannot remove {}: {}", state, errno_text(errno)),
                 "remove it, or write the plan to another file"};
  MBOXFERRY_TRY(replace_own_file(path, text, dns::kPlanBeginning));
  MBOXFERRY_TRY(replace_own_file(path + ".zone", dns::zone_snippet(plan), dns::kSnippetBeginning));
  MBOXFERRY_TRY(
      replace_own_file(path + ".nsupdate", dns::nsupdate_script(plan), dns::kSnippetBeginning));
  return ok();
}

}  // namespace

Result<AskedZone> ask_zone(const DnsAccess& access, const dns::Name& domain) {
  std::vector<dns::Server> servers = access.servers;
  if (servers.empty()) {
    dns::Resolver resolver(access.resolver);
    MBOXFERRY_ASSIGN(const dns::Name zone, resolver.zone_of(domain));
    MBOXFERRY_ASSIGN(servers, dns::servers_of_zone(resolver, zone));
  }
  Error last;
  for (const dns::Server& server : servers) {
    dns::ZoneServer one(server, access.resolver.timeout, access.resolver.interrupt);
    auto apex = one.apex(domain);
    if (apex) return AskedZone{std::move(one), *std::move(apex)};
    last = std::move(apex).error();
    if (last.code == ErrorCode::interrupted) break;
  }
  return last;
}

void add_plan_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("ttl", po::value<std::string>()->value_name("SECONDS"),
       "TTL of new and changed records, 60 to 86400 (default: as it was, or 3600)")  //
      ("output", po::value<std::string>()->value_name("FILE"),
       "write the plan there, and beside it the same as FILE.zone for a zone file and "
       "FILE.nsupdate "
       "for nsupdate(1)");
}

Result<std::optional<std::uint32_t>> read_plan_ttl(const Options& options) {
  return read_dns_seconds(options, "ttl", dns::kLeastTtl, dns::kMostTtl);
}

Result<int> plan_goals(const dns::Name& domain, AskedZone& zone,
                       const std::vector<dns::Goal>& goals, const dns::PlanOptions& settings,
                       const std::vector<std::string>& notes, const Options& options,
                       Context& context) {
  MBOXFERRY_ASSIGN(dns::Plan plan, dns::make_plan(domain, zone.apex, goals, settings,
                                                  [&](const dns::Name& one, dns::RecordType type) {
                                                    return zone.server.entry(one, type);
                                                  }));
  plan.notes.insert(plan.notes.begin(), notes.begin(), notes.end());
  if (const std::string path = options.text("output"); !path.empty())
    MBOXFERRY_TRY(write_plan(plan, path));
  MBOXFERRY_TRY(
      context.out.write(options.has_flag("json") ? dns::plan_json(plan) : plan_text(plan)));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
