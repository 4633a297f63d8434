// SPDX-License-Identifier: Apache-2.0
// Asks recursive name servers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
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

/// TXT records as SPF, DKIM and DMARC ask for them.
struct TxtAnswer {
  bool name_exists = false;
  std::vector<std::string> texts;  ///< each record's strings, joined
};

/// Where TXT records come from; tests stand in.
class TxtSource {
 public:
  TxtSource() = default;
  TxtSource(const TxtSource&) = delete;
  TxtSource& operator=(const TxtSource&) = delete;
  virtual ~TxtSource() = default;

  /// Errors: `usage` for what is no name; `unavailable` and `protocol` for what servers do.
  virtual Result<TxtAnswer> txt(const std::string& name) = 0;
};

/// A stub resolver over TCP, without a cache. One thread at a time.
class Resolver final : public TxtSource {
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
  Result<TxtAnswer> txt(const std::string& name) override;

 private:
  Settings settings_;
};

}  // namespace mboxferry::dns
