// SPDX-License-Identifier: Apache-2.0
// Questions to authoritative servers.
#include "mboxferry/dns/zone.h"

#include <fmt/format.h>

#include <algorithm>

#include "dns/ask.h"

namespace mboxferry::dns {
namespace {

constexpr std::size_t kMostServers = 16;

/// A label that no zone has: below a name that exists it is answered with "no such name", and below
/// one that a wildcard makes up with the same as that (RFC 4592 section 4.2).
constexpr const char* kProbeLabel = "mboxferry-probe-5fd1c0";

Error not_its_server(const Server& server, const Name& name, const std::string& why) {
  return {
      ErrorCode::configuration,
      fmt::format("the name server {} has no zone with {}: {}", server.text(), name.text(), why),
      "name an authoritative server of the zone with --server"};
}

}  // namespace

struct ZoneServer::Found {
  std::optional<RecordSet> records;
  std::optional<Name> alias;
  friend bool same_content(const Found& a, const Found& b) {
    if (a.alias || b.alias) return a.alias == b.alias;
    return a.records && b.records && a.records->data == b.records->data;
  }
};

ZoneServer::ZoneServer(Server server, std::chrono::milliseconds timeout,
                       const Cancellation* interrupt)
    : server_(std::move(server)), timeout_(timeout), interrupt_(interrupt) {}

Result<ZoneServer::Found> ZoneServer::find(const Name& name, RecordType type) {
  MBOXFERRY_ASSIGN(const Reply reply, ask(server_, {timeout_, interrupt_}, name, type));
  if (reply.rcode != kNoError && reply.rcode != kNxDomain)
    return not_its_server(server_, name, "it answers " + rcode_name(reply.rcode));
  if (!reply.authoritative)
    return not_its_server(server_, name, "it does not answer for that zone itself");
  Found found;
  RecordSet set{name, type, 0, {}};
  for (const Record& one : reply.answers) {
    if (one.name != name) continue;
    if (one.type == RecordType::cname && type != RecordType::cname)
      found.alias = std::get<Pointer>(one.data).target;
    if (one.type != type) continue;
    set.ttl = one.ttl;
    set.data.push_back(one.data);
  }
  set.normalize();
  if (!set.data.empty()) found.records = std::move(set);
  return found;
}

Result<ZoneEntry> ZoneServer::entry(const Name& name, RecordType type) {
  MBOXFERRY_ASSIGN(Found found, find(name, type));
  if (!found.records && !found.alias) return ZoneEntry();
  if (const auto probe = below(kProbeLabel, name)) {
    MBOXFERRY_ASSIGN(const Found made_up, find(*probe, type));
    if (same_content(found, made_up)) return ZoneEntry();
  }
  return ZoneEntry{std::move(found.records), std::move(found.alias)};
}

Result<ZoneServer::Apex> ZoneServer::apex(const Name& domain) {
  MBOXFERRY_ASSIGN(const Reply reply,
                   ask(server_, {timeout_, interrupt_}, domain, RecordType::soa));
  if (reply.rcode == kNoError || reply.rcode == kNxDomain) {
    for (const auto* section : {&reply.answers, &reply.authorities})
      for (const Record& one : *section)
        if (reply.authoritative && one.type == RecordType::soa && domain.is_in(one.name))
          return Apex{one.name, std::get<Soa>(one.data)};
    return not_its_server(server_, domain, "it does not answer for that zone itself");
  }
  return not_its_server(server_, domain, "it answers " + rcode_name(reply.rcode));
}

Result<std::vector<Server>> servers_of_zone(Resolver& resolver, const Name& zone) {
  MBOXFERRY_ASSIGN(const Lookup soa, resolver.look_up(zone, RecordType::soa));
  MBOXFERRY_ASSIGN(const Lookup ns, resolver.look_up(zone, RecordType::ns));
  std::vector<Name> names;
  for (const RecordData& data : ns.data) names.push_back(std::get<Pointer>(data).target);
  std::sort(names.begin(), names.end());
  if (!soa.data.empty()) {
    // It takes the changes, and may be hidden from the zone's own records.
    const Name primary = std::get<Soa>(soa.data.front()).primary;
    names.erase(std::remove(names.begin(), names.end(), primary), names.end());
    names.insert(names.begin(), primary);
  }
  std::vector<Server> servers;
  for (const Name& name : names) {
    if (servers.size() >= kMostServers) break;
    for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
      const auto found = resolver.look_up(name, type);
      if (!found || found->data.empty()) continue;
      servers.push_back({std::get<Address>(found->data.front()).text, kDnsPort});
      break;
    }
  }
  if (servers.empty())
    return Error{ErrorCode::configuration,
                 fmt::format("no name server of {} has an address", zone.text()),
                 "check the zone's name, or name its servers with --server"};
  return servers;
}

}  // namespace mboxferry::dns
