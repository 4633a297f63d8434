// SPDX-License-Identifier: Apache-2.0
// Sums in memory as long as there are few names, which is nearly always.
#include "mboxferry/dmarc/tally.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "dmarc/scratch.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/dmarc/discovery.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::size_t kNamesInMemory = 10'000;
constexpr std::size_t kKeysInMemory = 50'000;
constexpr std::size_t kDomainsInMemory = 1'000;
/// Longer names are cut: they come from strangers.
constexpr std::size_t kLongestName = 300;
/// Of a SHA-256: enough that no one finds two reports with one key.
constexpr std::size_t kKeyBytes = 16;

Sums sums_of(const ReportRecord& record) {
  Sums sums;
  sums.records = 1;
  sums.messages = record.count;
  if (record.aligned.dkim) sums.dkim_aligned = record.count;
  if (record.aligned.spf) sums.spf_aligned = record.count;
  if (record.passes()) sums.passed = record.count;
  if (record.disposition == "quarantine") sums.quarantined = record.count;
  if (record.disposition == "reject") sums.rejected = record.count;
  if (!record.reasons.empty()) sums.overridden = record.count;
  if (record.disagrees) sums.disagreeing = record.count;
  return sums;
}

constexpr const char* kInPart = "in part";
constexpr const char* kCompleted = "completed";
constexpr const char* kRecord = "record";

std::string key_of(const ReportHead& head) {
  std::string key = "aggregate";
  for (const std::string* one : {&head.org_name, &head.email, &head.report_id, &head.domain})
    (key += *one) += '\0';
  key += std::to_string(head.begin) + " " + std::to_string(head.end) + '\0';
  return key;
}

/// All that the record itself says.
std::string key_of(const ReportRecord& record) {
  std::string key;
  const auto add = [&](const std::string& text) { (key += text) += '\0'; };
  for (const std::string* one :
       {&record.source_ip, &record.disposition, &record.evaluated_dkim, &record.evaluated_spf,
        &record.envelope_to, &record.envelope_from, &record.header_from})
    add(*one);
  for (const OverrideReason& one : record.reasons) add(one.type + '\0' + one.comment);
  for (const DkimResult& one : record.dkim)
    add(one.domain + '\0' + one.selector + '\0' + one.result);
  for (const SpfResult& one : record.spf) add(one.domain + '\0' + one.scope + '\0' + one.result);
  return key + std::to_string(record.count) + '\0';
}

}  // namespace

Sums& Sums::operator+=(const Sums& other) {
  records += other.records;
  messages += other.messages;
  dkim_aligned += other.dkim_aligned;
  spf_aligned += other.spf_aligned;
  passed += other.passed;
  quarantined += other.quarantined;
  rejected += other.rejected;
  overridden += other.overridden;
  disagreeing += other.disagreeing;
  return *this;
}

std::string_view grouping_name(Grouping grouping) {
  switch (grouping) {
    case Grouping::reporter:
      return "reporters";
    case Grouping::domain:
      return "domains";
    case Grouping::reason:
      return "reasons";
    case Grouping::sender:
      return "senders";
    case Grouping::source:
      break;
  }
  return "sources";
}

struct Tally::State {
  Sums all;
  std::array<std::unordered_map<std::string, Sums>, kGroupings.size()> groups;
  std::size_t names = 0;
  std::unordered_set<std::string> keys;
  bool has_keys_on_disk = false;
  message::Digest digest;
  Scratch scratch;
  std::string name;
  std::vector<std::string> senders;
  std::unordered_map<std::string, std::string> organizations;
  std::string report_key;  ///< of the report that is being read
  /// How many of its records, by what they say, came behind the first; up to a bound.
  std::unordered_map<std::string, unsigned> alike;

  void add(Grouping grouping, std::string_view text, const Sums& sums) {
    name = text.substr(0, kLongestName);
    const auto [place, is_new] = groups[static_cast<std::size_t>(grouping)].try_emplace(name);
    place->second += sums;
    names += is_new ? 1 : 0;
  }

  /// The same few domains come again and again. Valid until the next call.
  const std::string& organization_of(const std::string& domain) {
    if (organizations.size() >= kDomainsInMemory && !organizations.contains(domain))
      organizations.clear();
    const auto [place, is_new] = organizations.try_emplace(domain);
    if (is_new) place->second = organizational_domain_7489(domain);
    return place->second;
  }

  void add_senders(const ReportRecord& record, const Sums& sums) {
    senders.clear();
    const auto add_sender = [&](const std::string& domain, const std::string& result) {
      if (result != "pass" || domain.empty()) return;
      const std::string organization = organization_of(domain);
      if (organization == organization_of(record.header_from)) return;
      if (std::find(senders.begin(), senders.end(), organization) == senders.end())
        senders.push_back(organization);
    };
    for (const DkimResult& one : record.dkim) add_sender(one.domain, one.result);
    for (const SpfResult& one : record.spf) add_sender(one.domain, one.result);
    for (const std::string& sender : senders) add(Grouping::sender, sender, sums);
  }

  Result<void> spill_names() {
    MBOXFERRY_TRY(scratch.begin());
    for (const Grouping grouping : kGroupings) {
      auto& group = groups[static_cast<std::size_t>(grouping)];
      for (const auto& [one, sums] : group) MBOXFERRY_TRY(scratch.add(grouping, one, sums));
      group.clear();
    }
    names = 0;
    return scratch.commit();
  }

  Result<void> spill_keys() {
    MBOXFERRY_TRY(scratch.begin());
    for (const std::string& key : keys) MBOXFERRY_TRY(scratch.add_key(key));
    keys.clear();
    has_keys_on_disk = true;
    return scratch.commit();
  }

  void begin_parts(const std::string& key) {
    report_key = key;
    alike.clear();
  }

  std::string hash_of(std::string_view text) {
    digest.update(text);
    const auto hash = digest.finish();
    return {reinterpret_cast<const char*>(hash.data()), kKeyBytes};
  }

  Result<bool> has_hash(const std::string& hash) {
    if (keys.contains(hash)) return true;
    return has_keys_on_disk ? scratch.has_key(hash) : false;
  }
  Result<bool> has_key(std::string_view text) { return has_hash(hash_of(text)); }

  Result<bool> is_new_key(std::string_view text) {
    std::string key = hash_of(text);
    MBOXFERRY_ASSIGN(const bool known, has_hash(key));
    if (known) return false;
    keys.insert(std::move(key));
    if (keys.size() >= kKeysInMemory) MBOXFERRY_TRY(spill_keys());
    return true;
  }
};

Tally::Tally(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tally::~Tally() = default;

Result<std::unique_ptr<Tally>> Tally::create() {
  auto state = std::make_unique<State>();
  MBOXFERRY_TRY(state->scratch.open());
  return std::unique_ptr<Tally>(new Tally(std::move(state)));
}

Result<Seen> Tally::see(const ReportHead& head) {
  // Without an id it may be any of its sender's.
  const std::string key = head.report_id.empty() ? std::string() : key_of(head);
  state_->begin_parts(key);
  if (key.empty()) return Seen::never;
  MBOXFERRY_ASSIGN(const bool is_new, state_->is_new_key(key));
  if (is_new) return Seen::never;
  MBOXFERRY_ASSIGN(const bool in_part, state_->has_key(key + kInPart));
  if (!in_part) return Seen::whole;
  MBOXFERRY_ASSIGN(const bool completed, state_->has_key(key + kCompleted));
  return completed ? Seen::whole : Seen::in_part;
}

Result<void> Tally::was_in_part(const ReportHead& head) {
  const std::string key = head.report_id.empty() ? std::string() : key_of(head);
  state_->begin_parts(key);
  if (key.empty()) return ok();
  MBOXFERRY_TRY(state_->is_new_key(key + kInPart));
  return ok();
}

Result<bool> Tally::is_new(const ReportRecord& record) {
  if (state_->report_key.empty()) return true;
  const std::string hash = state_->hash_of(key_of(record));
  unsigned before = 0;
  if (const auto known = state_->alike.find(hash); known != state_->alike.end())
    before = ++known->second;
  else if (state_->alike.size() < kKeysInMemory)
    state_->alike.emplace(hash, 0);
  return state_->is_new_key(state_->report_key + kRecord + hash + std::to_string(before));
}

Result<void> Tally::completed(const ReportHead& head) {
  MBOXFERRY_TRY(state_->is_new_key(key_of(head) + kCompleted));
  return ok();
}

Result<bool> Tally::is_new(const FailureReport& report) {
  // Without either it may be about any mail.
  if (report.message_id.empty() && report.arrival_date.empty()) return true;
  std::string key = "failure";
  for (const std::string* one :
       {&report.user_agent, &report.original_mail_from, &report.original_rcpt_to,
        &report.arrival_date, &report.source_ip, &report.reported_domain, &report.auth_failure,
        &report.delivery_result, &report.authentication_results, &report.dkim_domain,
        &report.dkim_selector, &report.message_id, &report.subject})
    (key += *one) += '\0';
  return state_->is_new_key(key + std::to_string(report.incidents));
}

Result<bool> Tally::is_new(const TlsReport& report) {
  if (report.report_id.empty()) return true;
  std::string key = "tls";
  for (const std::string* one : {&report.org_name, &report.report_id, &report.begin, &report.end})
    (key += *one) += '\0';
  return state_->is_new_key(key);
}

Result<void> Tally::add(const ReportHead& head, const ReportRecord& record) {
  State& state = *state_;
  const Sums sums = sums_of(record);
  state.all += sums;
  state.add(Grouping::source, record.source_ip, sums);
  state.add(Grouping::reporter, head.org_name.empty() ? head.email : head.org_name, sums);
  state.add(Grouping::domain, record.header_from.empty() ? head.domain : record.header_from, sums);
  for (const OverrideReason& reason : record.reasons)
    state.add(Grouping::reason, reason.type, sums);
  state.add_senders(record, sums);
  return state.names >= kNamesInMemory ? state.spill_names() : ok();
}

const Sums& Tally::all() const { return state_->all; }

Result<std::uint64_t> Tally::count(Grouping grouping) {
  MBOXFERRY_TRY(state_->spill_names());
  return state_->scratch.count(grouping);
}

Result<void> Tally::each(
    Grouping grouping, std::uint64_t most,
    const std::function<Result<void>(std::string_view name, const Sums& sums)>& take) {
  MBOXFERRY_TRY(state_->spill_names());
  return state_->scratch.each(grouping, most, take);
}

}  // namespace mboxferry::dmarc
