// SPDX-License-Identifier: Apache-2.0
// Owners of what ldns allocates, and its records as ours.
#pragma once

#include <stdbool.h>  // NOLINT: without it ldns makes numbers of true and false
// After it.
#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/handle.h"
#include "mboxferry/dns/record.h"

namespace mboxferry::dns {

inline void free_allocated(void* memory) noexcept { std::free(memory); }

using LdnsPacket = Handle<ldns_pkt, ldns_pkt_free>;
using LdnsName = Handle<ldns_rdf, ldns_rdf_deep_free>;
using LdnsRecords = Handle<ldns_rr_list, ldns_rr_list_deep_free>;
using LdnsOctets = Handle<std::uint8_t, free_allocated>;
using LdnsText = Handle<char, free_allocated>;

LdnsName ldns_name_of(const Name& name);

/// A record of ours that ldns can put into a message; null where it cannot.
Handle<ldns_rr, ldns_rr_free> ldns_record_of(const Name& name, RecordType type, std::uint32_t ttl,
                                             const RecordData& data);

/// Nothing for other classes and types; error `protocol` for what is none of its type.
Result<std::optional<Record>> record_of(const ldns_rr& record);

/// The wire form; nothing where ldns refuses.
std::optional<std::string> wire_of(const ldns_pkt& packet);

/// A message; null where it is none.
LdnsPacket packet_of(std::string_view message);

}  // namespace mboxferry::dns
