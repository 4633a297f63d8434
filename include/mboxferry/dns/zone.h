// SPDX-License-Identifier: Apache-2.0
// A zone as its own servers have it.
#pragma once

#include <optional>
#include <vector>

#include "mboxferry/dns/record.h"
#include "mboxferry/dns/resolver.h"
#include "mboxferry/dns/server.h"

namespace mboxferry::dns {

/// What a zone's server has at a name and type.
struct ZoneEntry {
  std::optional<RecordSet> records;  ///< none: neither a set nor an alias; normalized
  std::optional<Name> alias;         ///< the name is an alias of this one (CNAME)
};

/// One authoritative server of a zone.
class ZoneServer {
 public:
  /// `patience` as Resolver::Settings has it.
  ZoneServer(Server server, std::chrono::milliseconds timeout, const Cancellation* interrupt);

  [[nodiscard]] const Server& server() const { return server_; }

  /// Records that a wildcard makes up for the name are not its own, and left out. Errors:
  /// `configuration` when the server is not one of the name's zone, `unavailable`, `protocol`.
  Result<ZoneEntry> entry(const Name& name, RecordType type);

  /// The zone that holds `domain`, with its SOA record. Errors as above.
  struct Apex {
    Name zone;
    Soa soa;
  };
  Result<Apex> apex(const Name& domain);

 private:
  struct Found;
  Result<Found> find(const Name& name, RecordType type);

  Server server_;
  std::chrono::milliseconds timeout_;
  const Cancellation* interrupt_;
};

/// The servers that the zone's NS records name, by address, the one that its SOA record names
/// first; found through the resolver. Errors: `configuration` when there are none.
Result<std::vector<Server>> servers_of_zone(Resolver& resolver, const Name& zone);

}  // namespace mboxferry::dns
