// SPDX-License-Identifier: Apache-2.0
// Questions and replies. ldns compares neither ID nor question, so both are compared here.
#include "dns/message.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>

#include "dns/ldns_handles.h"

namespace mboxferry::dns {
namespace {

Error not_the_reply(const std::string& place, const char* why) {
  return {ErrorCode::protocol, fmt::format("the name server {} {}", place, why),
          "check that host and port are a name server's"};
}

bool is_the_question(const ldns_pkt& packet, const Question& question) {
  const ldns_rr_list* asked = ldns_pkt_question(&packet);
  if (asked == nullptr || ldns_rr_list_rr_count(asked) != 1) return false;
  const ldns_rr* one = ldns_rr_list_rr(asked, 0);
  const LdnsName name = ldns_name_of(question.name);
  return name && ldns_rr_owner(one) != nullptr &&
         ldns_dname_compare(ldns_rr_owner(one), name.get()) == 0 &&
         ldns_rr_get_type(one) == type_code(question.type) &&
         ldns_rr_get_class(one) == LDNS_RR_CLASS_IN;
}

Result<std::vector<Record>> records_in(const ldns_rr_list* section, const Question& question,
                                       const std::string& place) {
  std::vector<Record> records;
  if (section == nullptr) return records;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    auto record = record_of(*ldns_rr_list_rr(section, i));
    if (!record)
      return Error{ErrorCode::protocol,
                   fmt::format("the name server {} answered the question for {} {} with {}", place,
                               question.name.text(), type_name(question.type), record.error().what),
                   "mend the record where its zone is kept, or ask another server with --server or "
                   "--resolver"};
    if (*record) records.push_back(**std::move(record));
  }
  return records;
}

}  // namespace

std::string rcode_name(int rcode) {
  static constexpr std::array<const char*, 11> kNames{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                      "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                      "NXRRSET", "NOTAUTH", "NOTZONE"};
  const auto index = static_cast<std::size_t>(rcode);
  return index < kNames.size() ? kNames.at(index) : fmt::format("response code {}", rcode);
}

std::uint16_t new_message_id() {
  std::uint16_t id = 0;
  while (::getrandom(&id, sizeof id, 0) != static_cast<ssize_t>(sizeof id)) {
  }
  return id;
}

std::string question_message(const Question& question) {
  const auto type = static_cast<ldns_rr_type>(type_code(question.type));
  const LdnsPacket packet(ldns_pkt_query_new(ldns_name_of(question.name).release(), type,
                                             LDNS_RR_CLASS_IN, question.recursive ? LDNS_RD : 0));
  ldns_pkt_set_id(packet.get(), question.id);
  ldns_pkt_set_cd(packet.get(), question.without_checking);
  if (question.wants_proof) {
    ldns_pkt_set_ad(packet.get(), true);
    ldns_pkt_set_edns_udp_size(packet.get(), 1232);
    ldns_pkt_set_edns_do(packet.get(), true);
  }
  return wire_of(*packet).value_or("");
}

Result<Reply> parse_reply(std::string_view message, const Question& question,
                          const std::string& place) {
  const LdnsPacket packet = packet_of(message);
  if (!packet) return not_the_reply(place, "sent something that is no DNS message");
  if (!ldns_pkt_qr(packet.get()) || ldns_pkt_id(packet.get()) != question.id)
    return not_the_reply(place, "sent a message that is no reply to the question");
  Reply reply;
  reply.rcode = ldns_pkt_get_rcode(packet.get());
  // A server that understands nothing of the question may leave it out.
  const bool may_lack_question = reply.rcode == kFormErr || reply.rcode == kNotImp;
  if (!may_lack_question && !is_the_question(*packet, question))
    return not_the_reply(place, "sent the reply to another question");
  if (ldns_pkt_tc(packet.get())) return not_the_reply(place, "cut its reply off");
  reply.authoritative = ldns_pkt_aa(packet.get());
  reply.authenticated = ldns_pkt_ad(packet.get());
  MBOXFERRY_ASSIGN(reply.answers, records_in(ldns_pkt_answer(packet.get()), question, place));
  MBOXFERRY_ASSIGN(reply.authorities,
                   records_in(ldns_pkt_authority(packet.get()), question, place));
  return reply;
}

}  // namespace mboxferry::dns
