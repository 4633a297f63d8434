// SPDX-License-Identifier: Apache-2.0
// mboxferry dns plan: from options to what the zone shall hold.
#include "cli/dns_planning.h"

namespace mboxferry::cli {
namespace {

dns::Wishes read_wishes(const Options& options) {
  dns::Wishes wishes;
  wishes.target = options.text("target");
  wishes.offer = options.texts("offer");
  wishes.srv = options.texts("srv");
  wishes.mx = options.texts("mx");
  wishes.autodiscover = options.text("autodiscover");
  wishes.spf = options.text("spf");
  wishes.dmarc = options.text("dmarc");
  wishes.tls_rpt = options.text("tls-rpt");
  wishes.mta_sts_id = options.text("mta-sts-id");
  wishes.tlsa = options.texts("tlsa");
  return wishes;
}

Result<dns::PlanOptions> read_plan_options(const Options& options) {
  dns::PlanOptions found;
  MBOXFERRY_ASSIGN(found.ttl, read_plan_ttl(options));
  MBOXFERRY_ASSIGN(found.lower_ttl,
                   read_dns_seconds(options, "lower-ttl", dns::kLeastTtl, dns::kMostTtl));
  if (found.ttl && found.lower_ttl)
    return Error{ErrorCode::usage, "--ttl and --lower-ttl exclude each other",
                 "lower the TTL first, and plan the changes with --ttl afterwards"};
  return found;
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
  MBOXFERRY_ASSIGN(AskedZone zone, ask_zone(access, name));
  return plan_goals(name, zone, goals, settings, {}, options, context);
}

}  // namespace mboxferry::cli
