// SPDX-License-Identifier: Apache-2.0
// ldns's records to ours and back, by their text: it is checked by the same code as a user's.
#include <cstdlib>

#include "dns/ldns_handles.h"
#include "dns/presentation.h"

namespace mboxferry::dns {
namespace {

Error unreadable(RecordType type) {
  return {ErrorCode::protocol, "a damaged record of type " + std::string(type_name(type)), ""};
}

std::string field_text(const ldns_rdf& field) {
  const LdnsText text(ldns_rdf2str(&field));
  return text ? std::string(text.get()) : "";
}

std::string_view field_octets(const ldns_rdf& field) {
  return {reinterpret_cast<const char*>(ldns_rdf_data(&field)), ldns_rdf_size(&field)};
}

/// A string with its length in front, as it is in the message.
std::string_view counted_octets(const ldns_rdf& field) {
  const std::string_view octets = field_octets(field);
  return octets.empty() ? octets : octets.substr(1);
}

/// Text of the data. ldns writes texts raw, so these are taken from the message's octets.
std::string data_text_of(const ldns_rr& record, RecordType type) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf& field = *ldns_rr_rdf(&record, i);
    if (!text.empty()) text += ' ';
    if (type == RecordType::txt || (type == RecordType::caa && i == 1))
      text += in_double_quotes(counted_octets(field));
    else if (type == RecordType::caa && i == 2)
      text += in_double_quotes(field_octets(field));
    else
      text += field_text(field);
  }
  return text;
}

}  // namespace

LdnsName ldns_name_of(const Name& name) {
  return LdnsName(ldns_dname_new_frm_str(name.absolute().c_str()));
}

Handle<ldns_rr, ldns_rr_free> ldns_record_of(const Name& name, RecordType type, std::uint32_t ttl,
                                             const RecordData& data) {
  const std::string line = name.absolute() + " " + std::to_string(ttl) + " IN " +
                           std::string(type_name(type)) + " " + data_text(data);
  ldns_rr* made = nullptr;
  if (ldns_rr_new_frm_str(&made, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK)
    return nullptr;
  return Handle<ldns_rr, ldns_rr_free>(made);
}

Result<std::optional<Record>> record_of(const ldns_rr& record) {
  const auto type = type_of_code(static_cast<std::uint16_t>(ldns_rr_get_type(&record)));
  if (!type || ldns_rr_get_class(&record) != LDNS_RR_CLASS_IN) return std::optional<Record>();
  const ldns_rdf* owner = ldns_rr_owner(&record);
  if (owner == nullptr) return unreadable(*type);
  auto name = Name::parse(field_text(*owner));
  auto data = parse_data(*type, data_text_of(record, *type));
  if (!name || !data) return unreadable(*type);
  return std::optional<Record>(
      Record{*std::move(name), *type, ldns_rr_ttl(&record), *std::move(data)});
}

std::optional<std::string> wire_of(const ldns_pkt& packet) {
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&octets, &packet, &size) != LDNS_STATUS_OK) return std::nullopt;
  const LdnsOctets owner(octets);
  return std::string(reinterpret_cast<const char*>(octets), size);
}

LdnsPacket packet_of(std::string_view message) {
  ldns_pkt* packet = nullptr;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(message.data());
  if (ldns_wire2pkt(&packet, octets, message.size()) != LDNS_STATUS_OK) return nullptr;
  return LdnsPacket(packet);
}

}  // namespace mboxferry::dns
