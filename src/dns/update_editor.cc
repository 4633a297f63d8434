// SPDX-License-Identifier: Apache-2.0
// Dynamic update: sends a plan's changes, and reads what became of them.
#include <fmt/format.h>

#include <set>

#include "dns/connection.h"
#include "dns/ldns_handles.h"
#include "dns/message.h"
#include "dns/update_message.h"
#include "mboxferry/base/crash_point.h"
#include "mboxferry/dns/apply.h"

namespace mboxferry::dns {
namespace {

class UpdateEditor final : public ZoneEditor {
 public:
  UpdateEditor(Server server, TsigKey key, const Patience& patience)
      : server_(std::move(server)),
        place_(server_.text()),
        key_(std::move(key)),
        patience_(patience) {}

  Result<Answer> edit(const Name& zone, std::span<const Change> changes) override {
    MBOXFERRY_ASSIGN(const SignedMessage message, update_message(zone, changes, key_));
    MBOXFERRY_ASSIGN(Connection connection, Connection::open(server_, patience_));
    // Too large is known before a byte is sent; all else may have arrived.
    if (const auto sent = connection.send(message.message); !sent) {
      if (sent.error().code == ErrorCode::usage) return sent.error();
      return Answer();
    }
    crash_point("dns-sent");
    const auto reply = connection.receive();
    if (!reply) return Answer();
    const auto read = parse_update_reply(*reply, message, key_, place_);
    if (!read) return Answer();
    auto outcome = outcome_of(*read, zone);
    // Anybody on the way can say yes or no. Only the key's owner signs, and a server that does not
    // take the key cannot.
    if (!read->proven)
      return Answer{Outcome::unknown, outcome ? std::nullopt : std::optional(outcome.error())};
    if (!outcome) return outcome.error();
    return Answer{*outcome};
  }

  Result<Size> size_of(const Name& zone, std::size_t count) override {
    MBOXFERRY_ASSIGN(const SignedMessage message, listing_message(zone, key_));
    MBOXFERRY_ASSIGN(Connection connection, Connection::open(server_, patience_));
    MBOXFERRY_TRY(connection.send(message.message));
    // Never more than `count` names are kept, however large the zone.
    std::set<std::string> names;
    const auto deadline = std::chrono::steady_clock::now() + patience_.timeout;
    for (int apex_records = 0; apex_records < 2;) {
      if (patience_.interrupt != nullptr && patience_.interrupt->requested())
        return interrupted("interrupted while " + place_ + " lists the zone");
      // One that lists for ever tells nothing.
      if (std::chrono::steady_clock::now() >= deadline) return Size::unlisted;
      const auto reply = connection.receive();
      if (!reply) return Size::unlisted;
      const LdnsPacket packet = packet_of(*reply);
      if (!packet || ldns_pkt_id(packet.get()) != message.id ||
          ldns_pkt_get_rcode(packet.get()) != LDNS_RCODE_NOERROR)
        return Size::unlisted;
      const ldns_rr_list* records = ldns_pkt_answer(packet.get());
      if (records == nullptr || ldns_rr_list_rr_count(records) == 0) return Size::unlisted;
      for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
        const ldns_rr* record = ldns_rr_list_rr(records, i);
        if (ldns_rr_get_type(record) == LDNS_RR_TYPE_SOA) ++apex_records;
        const ldns_rdf* owner = ldns_rr_owner(record);
        const LdnsText text(owner == nullptr ? nullptr : ldns_rdf2str(owner));
        if (!text) continue;
        const auto name = Name::parse(text.get());
        if (name) names.insert(name->text());
        if (names.size() >= count) return Size::reached;
      }
    }
    return Size::smaller;
  }

 private:
  Result<Outcome> outcome_of(const UpdateReply& reply, const Name& zone) const {
    if (reply.rcode == kNotAuth && reply.tsig_error != 0) return key_refused(reply.tsig_error);
    switch (reply.rcode) {
      case kNoError:
        return Outcome::done;
      case kNxDomain:
      case kYxDomain:
      case kYxRrset:
      case kNxRrset:
        return Outcome::conflict;
      case kRefused:
        return Error{ErrorCode::login_refused,
                     fmt::format("the name server {} refuses the change with the key {}", place_,
                                 key_.name.text()),
                     "let the key change these names and types on the server; its log tells "
                     "whether it is the records that it refuses, such as an MX host of the zone "
                     "without an address"};
      case kNotAuth:
      case kNotZone:
      case kNotImp:
        return Error{ErrorCode::configuration,
                     fmt::format("the name server {} takes no changes of {}: {}", place_,
                                 zone.text(), rcode_name(reply.rcode)),
                     "name the zone's primary server with --server"};
      case kServFail:
        return Error{ErrorCode::try_later,
                     fmt::format("the name server {} failed to make the change (SERVFAIL)", place_),
                     "look into its log: it may have a limit that the change is above, such as "
                     "BIND's 100 records of a name and type; else run the same command again"};
      default:
        return Error{ErrorCode::protocol,
                     fmt::format("the name server {} answers {}", place_, rcode_name(reply.rcode)),
                     "look into its log"};
    }
  }

  [[nodiscard]] Error key_refused(int tsig_error) const {
    const std::string name = key_.name.text();
    if (tsig_error == kBadTime)
      return {ErrorCode::login_refused,
              fmt::format("the name server {} refuses the key {}: its clock and this one's differ "
                          "by more than 5 minutes (BADTIME)",
                          place_, name),
              "set the clock, then run the same command again"};
    if (tsig_error == kBadKey)
      return {ErrorCode::login_refused,
              fmt::format("the name server {} does not know the key {} with the algorithm {} "
                          "(BADKEY)",
                          place_, name, key_.algorithm.substr(0, key_.algorithm.size() - 1)),
              "check the key file's name and algorithm"};
    return {ErrorCode::login_refused,
            fmt::format("the name server {} refuses the key {}: {}", place_, name,
                        tsig_error == kBadSig ? "its secret is another one (BADSIG)"
                                              : fmt::format("TSIG error {}", tsig_error)),
            "check the key file"};
  }

  Server server_;
  std::string place_;
  TsigKey key_;
  Patience patience_;
};

}  // namespace

std::unique_ptr<ZoneEditor> make_update_editor(Server server, TsigKey key,
                                               std::chrono::milliseconds timeout,
                                               const Cancellation* interrupt) {
  return std::make_unique<UpdateEditor>(std::move(server), std::move(key),
                                        Patience{timeout, interrupt});
}

}  // namespace mboxferry::dns
