// SPDX-License-Identifier: Apache-2.0
// What a zone shall hold for a mail domain, and the plan that gets it there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/zone.h"

namespace mboxferry::dns {

/// How a set of records shall be.
struct Goal {
  Name name;
  RecordType type = RecordType::a;
  std::vector<RecordData> data;  ///< empty: there shall be none
  /// Not empty: texts that begin so are replaced, and all others at the name stay.
  std::string text_prefix = {};
};

/// Limits that registries and providers share.
inline constexpr std::uint32_t kLeastTtl = 60;
inline constexpr std::uint32_t kMostTtl = 86'400;
inline constexpr std::uint32_t kUsualTtl = 3'600;

/// What the user asks for, as text of the command line. All optional.
struct Wishes {
  std::string target;              ///< host of the mail services (SRV)
  std::vector<std::string> offer;  ///< services besides the usual: pop3s, sieve, caldavs ...
  std::vector<std::string> srv;    ///< SERVICE=PRIO,WEIGHT,PORT,TARGET, =none or =remove
  std::vector<std::string> mx;     ///< PRIO,HOST, or none
  std::string autodiscover;        ///< host
  std::string spf;                 ///< the whole text
  std::string dmarc;               ///< likewise
  std::string tls_rpt;             ///< address for reports
  std::string mta_sts_id;          ///< id of the policy
  std::vector<std::string> tlsa;   ///< [PORT,]HOST=USAGE,SELECTOR,TYPE,HEX
};

/// Checks the wishes before anything is asked of a server. Errors `usage`.
Result<std::vector<Goal>> goals_of(const Wishes& wishes, const Name& domain);

struct PlanOptions {
  std::optional<std::uint32_t> ttl;        ///< of what is new or changed; none: what it was
  std::optional<std::uint32_t> lower_ttl;  ///< only lower the TTL of what would change
};

/// What a name and type of the zone hold now.
using AskZone = std::function<Result<ZoneEntry>(const Name&, RecordType)>;

/// Errors of `ask`, and `configuration` when a name is an alias.
Result<Plan> make_plan(const Name& domain, const ZoneServer::Apex& apex,
                       const std::vector<Goal>& goals, const PlanOptions& options,
                       const AskZone& ask);

}  // namespace mboxferry::dns
