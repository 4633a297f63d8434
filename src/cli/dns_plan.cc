// SPDX-License-Identifier: Apache-2.0
// mboxferry dns plan: what would be changed, on the terminal and in files.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/dns.h"
#include "cli/exit_codes.h"
#include "cli/small_file.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/dns/goals.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

dns::Wishes read_wishes(const Options& options) {
  dns::Wishes wishes;
  wishes.target = options.text("target");
  wishes.offer = all_of(options, "offer");
  wishes.srv = all_of(options, "srv");
  wishes.mx = all_of(options, "mx");
  wishes.autodiscover = options.text("autodiscover");
  wishes.spf = options.text("spf");
  wishes.dmarc = options.text("dmarc");
  wishes.tls_rpt = options.text("tls-rpt");
  wishes.mta_sts_id = options.text("mta-sts-id");
  wishes.tlsa = all_of(options, "tlsa");
  return wishes;
}

Result<dns::PlanOptions> read_plan_options(const Options& options) {
  dns::PlanOptions found;
  MBOXFERRY_ASSIGN(found.ttl, read_dns_seconds(options, "ttl", dns::kLeastTtl, dns::kMostTtl));
  MBOXFERRY_ASSIGN(found.lower_ttl,
                   read_dns_seconds(options, "lower-ttl", dns::kLeastTtl, dns::kMostTtl));
  if (found.ttl && found.lower_ttl)
    return Error{ErrorCode::usage, "--ttl and --lower-ttl exclude each other",
                 "lower the TTL first, and plan the changes with --ttl afterwards"};
  return found;
}

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

/// An authoritative server: one that is named, or the first of the zone's that answers.
Result<dns::ZoneServer> zone_server(const DnsAccess& access, const dns::Name& domain,
                                    dns::ZoneServer::Apex& apex) {
  std::vector<dns::Server> servers = access.servers;
  if (servers.empty()) {
    dns::Resolver resolver(access.resolver);
    MBOXFERRY_ASSIGN(const dns::Name zone, resolver.zone_of(domain));
    MBOXFERRY_ASSIGN(servers, dns::servers_of_zone(resolver, zone));
  }
  Error last;
  for (const dns::Server& server : servers) {
    dns::ZoneServer one(server, access.resolver.timeout, access.resolver.interrupt);
    auto found = one.apex(domain);
    if (found) {
      apex = *std::move(found);
      return one;
    }
    last = std::move(found).error();
    if (last.code == ErrorCode::interrupted) break;
  }
  return last;
}

}  // namespace

Result<int> plan_dns(const Options& options, const std::string& domain, Context& context) {
  MBOXFERRY_ASSIGN(const DnsAccess access, read_dns_access(options, context));
  MBOXFERRY_ASSIGN(const dns::Name name, mail_domain(domain));
  MBOXFERRY_ASSIGN(const dns::PlanOptions settings, read_plan_options(options));
  MBOXFERRY_ASSIGN(const auto goals, dns::goals_of(read_wishes(options), name));
  if (goals.empty())
    return Error{ErrorCode::usage, "nothing is asked for",
                 "name the new host with --target HOST, --mx PRIO,HOST or --srv SERVICE=VALUE"};
  dns::ZoneServer::Apex apex;
  MBOXFERRY_ASSIGN(dns::ZoneServer server, zone_server(access, name, apex));
  MBOXFERRY_ASSIGN(
      const dns::Plan plan,
      dns::make_plan(name, apex, goals, settings, [&](const dns::Name& one, dns::RecordType type) {
        return server.entry(one, type);
      }));
  if (const std::string path = options.text("output"); !path.empty())
    MBOXFERRY_TRY(write_plan(plan, path));
  MBOXFERRY_TRY(
      context.out.write(options.has_flag("json") ? dns::plan_json(plan) : plan_text(plan)));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
