// SPDX-License-Identifier: Apache-2.0
// Asks recursive name servers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/dmarc/txt_source.h"
#include "mboxferry/dns/record.h"
#include "mboxferry/dns/server.h"

namespace mboxferry::dns {

/// What is known of a name and type.
struct Lookup {
  enum class Status { found, no_data, no_name };

  Status status = Status::no_name;
  std::vector<RecordData> data;
  std::uint32_t ttl = 0;      ///< seconds; the least on the way
  std::vector<Name> aliases;  ///< the CNAMEs that were followed: their targets, in order
  bool proven = false;        ///< the resolver has checked DNSSEC
};

struct Reply;

/// A stub resolver over TCP, without a cache. It asks for twelve timeouts in all, and no server
/// that was silent three times in a row: what names lead to is up to strangers. One thread at a
/// time.
class Resolver final : public dmarc::TxtSource {
 public:
  struct Settings {
    std::vector<Server> servers;                ///< tried in turn; empty: the system's
    std::chrono::milliseconds timeout{10'000};  ///< of each server
    const Cancellation* interrupt = nullptr;    ///< may be null; outlives the resolver
  };
  explicit Resolver(Settings settings);

  /// Follows aliases. Error `unavailable` when no server answers, or when all fail: their answers
  /// are then neither yes nor no.
  Result<Lookup> look_up(const Name& name, RecordType type);
  /// The zone that a name is in: the owner of the SOA record that its answer brings.
  Result<Name> zone_of(const Name& name);
  /// True when the resolver fails to answer only because DNSSEC says that the answer is forged.
  Result<bool> is_bogus(const Name& name, RecordType type);
  /// Errors: `usage` for what is no name; those of look_up().
  Result<std::vector<std::string>> txt(const std::string& name) override;
  Result<bool> exists(const std::string& name) override;

 private:
  /// What was heard of a server.
  struct Standing {
    unsigned silent = 0;  ///< questions without an answer since the last answer
    Error last;           ///< why
  };
  /// The first server that says yes or no.
  Result<Reply> ask_in_turn(const Name& name, RecordType type, bool without_checking);

  Settings settings_;
  std::vector<Standing> standings_;  ///< one a server
  std::chrono::steady_clock::time_point end_;
};

}  // namespace mboxferry::dns
