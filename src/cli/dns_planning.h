// SPDX-License-Identifier: Apache-2.0
// What all commands share that plan changes of a zone.
#pragma once

#include <string>
#include <vector>

#include "cli/dns.h"
#include "mboxferry/dns/goals.h"

namespace mboxferry::cli {

/// An authoritative server, and the zone that it has the domain in.
struct AskedZone {
  dns::ZoneServer server;
  dns::ZoneServer::Apex apex;
};

/// --server, or the first of the zone's servers that answers.
Result<AskedZone> ask_zone(const DnsAccess& access, const dns::Name& domain);

/// --ttl and --output, which every plan has.
void add_plan_options(OptionGroup& group);

/// --ttl. Error `usage`.
Result<std::optional<std::uint32_t>> read_plan_ttl(const Options& options);

/// The plan that leads to `goals`: written where --output says, and shown as text or by --json.
/// `notes` come before its own.
Result<int> plan_goals(const dns::Name& domain, AskedZone& zone,
                       const std::vector<dns::Goal>& goals, const dns::PlanOptions& settings,
                       const std::vector<std::string>& notes, const Options& options,
                       Context& context);

}  // namespace mboxferry::cli
