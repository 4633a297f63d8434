// SPDX-License-Identifier: Apache-2.0
// Updates through ldns, which gives them no ID, keeps the zone's name for itself, and calls a reply
// with a TSIG error a success.
#include "dns/update_message.h"

#include <fmt/format.h>
#include <string.h>  // NOLINT: explicit_bzero is here

#include "dns/ldns_handles.h"
#include "dns/message.h"

namespace mboxferry::dns {
namespace {

/// Seconds that clocks may differ (RFC 8945 section 10).
constexpr std::uint16_t kFudge = 300;
/// A message has 65,535 octets; the rest is for its head, the zone and the signature.
constexpr std::size_t kMostRecordOctets = 64'000;
constexpr std::size_t kTsigMac = 3;
constexpr std::size_t kTsigError = 5;

Error cannot_encode(const char* what) {
  return {ErrorCode::internal, fmt::format("cannot encode {}", what), ""};
}

/// A key's secret for functions that want a C string; wiped at the end.
class SecretText {
 public:
  explicit SecretText(const TsigKey& key) : text_(key.secret.reveal()) {}
  ~SecretText() { ::explicit_bzero(text_.data(), text_.size()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  [[nodiscard]] const char* c_str() const { return text_.c_str(); }

 private:
  std::string text_;
};

/// Without data: a condition, or the removal of a set.
void push_bare(ldns_rr_list& list, const Name& name, RecordType type, ldns_rr_class in_class) {
  ldns_rr* record = ldns_rr_new();
  ldns_rr_set_owner(record, ldns_name_of(name).release());
  ldns_rr_set_type(record, static_cast<ldns_rr_type>(type_code(type)));
  ldns_rr_set_class(record, in_class);
  ldns_rr_set_ttl(record, 0);
  ldns_rr_list_push_rr(&list, record);
}

Result<void> push_set(ldns_rr_list& list, const RecordSet& set, std::uint32_t ttl) {
  for (const RecordData& data : set.data) {
    auto record = ldns_record_of(set.name, set.type, ttl, data);
    if (!record) return cannot_encode("a record");
    ldns_rr_list_push_rr(&list, record.release());
  }
  return ok();
}

std::size_t octets_of(const ldns_rr_list& list) {
  std::size_t octets = 0;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(&list); ++i)
    octets += ldns_rr_uncompressed_size(ldns_rr_list_rr(&list, i));
  return octets;
}

Result<SignedMessage> sign(ldns_pkt& packet, const TsigKey& key) {
  SignedMessage made;
  made.id = new_message_id();
  ldns_pkt_set_id(&packet, made.id);
  const SecretText secret(key);
  const std::string name = key.name.absolute();
  if (ldns_pkt_tsig_sign(&packet, name.c_str(), secret.c_str(), kFudge, key.algorithm.c_str(),
                         nullptr) != LDNS_STATUS_OK)
    return Error{ErrorCode::configuration, "the TSIG key cannot sign: its secret is not usable",
                 "make a new one with tsig-keygen"};
  const ldns_rdf* mac = ldns_rr_rdf(ldns_pkt_tsig(&packet), kTsigMac);
  made.mac.assign(reinterpret_cast<const char*>(ldns_rdf_data(mac)), ldns_rdf_size(mac));
  auto wire = wire_of(packet);
  if (!wire) return cannot_encode("a message");
  made.message = *std::move(wire);
  return made;
}

}  // namespace

Result<SignedMessage> update_message(const Name& zone, std::span<const Change> changes,
                                     const TsigKey& key) {
  const LdnsRecords conditions(ldns_rr_list_new());
  const LdnsRecords updates(ldns_rr_list_new());
  const LdnsRecords nothing(ldns_rr_list_new());
  for (const Change& change : changes) {
    // BIND drops a record beside an alias, and says that all went well.
    if (change.after) push_bare(*conditions, change.name, RecordType::cname, LDNS_RR_CLASS_NONE);
    if (change.before)
      MBOXFERRY_TRY(push_set(*conditions, *change.before, 0));
    else
      push_bare(*conditions, change.name, change.type, LDNS_RR_CLASS_NONE);
    push_bare(*updates, change.name, change.type, LDNS_RR_CLASS_ANY);
    if (change.after) MBOXFERRY_TRY(push_set(*updates, *change.after, change.after->ttl));
  }
  // ldns ends the process over what is longer than a message can be.
  if (octets_of(*conditions) + octets_of(*updates) > kMostRecordOctets)
    return Error{ErrorCode::usage, "the change is too large for one DNS message",
                 "make two plans of it"};
  const LdnsPacket packet(ldns_update_pkt_new(ldns_name_of(zone).release(), LDNS_RR_CLASS_IN,
                                              conditions.get(), updates.get(), nothing.get()));
  if (!packet) return cannot_encode("an update");
  return sign(*packet, key);
}

Result<SignedMessage> listing_message(const Name& zone, const TsigKey& key) {
  const LdnsPacket packet(
      ldns_pkt_query_new(ldns_name_of(zone).release(), LDNS_RR_TYPE_AXFR, LDNS_RR_CLASS_IN, 0));
  if (!packet) return cannot_encode("a question");
  return sign(*packet, key);
}

Result<UpdateReply> parse_update_reply(std::string_view reply, const SignedMessage& message,
                                       const TsigKey& key, const std::string& place) {
  const LdnsPacket packet = packet_of(reply);
  if (!packet || !ldns_pkt_qr(packet.get()) || ldns_pkt_id(packet.get()) != message.id)
    return Error{ErrorCode::protocol,
                 fmt::format("the name server {} sent something that is no reply", place), ""};
  UpdateReply found;
  found.rcode = ldns_pkt_get_rcode(packet.get());
  const ldns_rr* tsig = ldns_pkt_tsig(packet.get());
  if (tsig == nullptr || ldns_rr_rd_count(tsig) <= kTsigError) return found;
  const ldns_rdf* error = ldns_rr_rdf(tsig, kTsigError);
  if (ldns_rdf_size(error) == 2) found.tsig_error = ldns_rdf2native_int16(error);
  const SecretText secret(key);
  const LdnsName mac(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, message.mac.size(), message.mac.data()));
  found.proven = mac && ldns_pkt_tsig_verify(
                            packet.get(), reinterpret_cast<const std::uint8_t*>(reply.data()),
                            reply.size(), key.name.absolute().c_str(), secret.c_str(), mac.get());
  return found;
}

}  // namespace mboxferry::dns
