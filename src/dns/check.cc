// SPDX-License-Identifier: Apache-2.0
// A domain's records, one item after the other.
#include "mboxferry/dns/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <span>

#include "dns/spf.h"
#include "dns/text_records.h"
#include "mboxferry/base/time.h"
#include "mboxferry/dmarc/record.h"

namespace mboxferry::dns {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts{"ok", "note", "problem", "unknown"};

/// Of one set. Each costs two questions, and each question time.
constexpr std::size_t kMostHosts = 20;

struct CheckedService {
  std::string_view labels;
  bool expected;  ///< mail programs look for it first
};
constexpr std::array<CheckedService, 9> kCheckedServices{{
    {"_imaps._tcp", true},
    {"_submissions._tcp", true},
    {"_imap._tcp", false},
    {"_pop3s._tcp", false},
    {"_pop3._tcp", false},
    {"_submission._tcp", false},
    {"_sieve._tcp", false},
    {"_autodiscover._tcp", false},
    {"_jmap._tcp", false},
}};

class DomainCheck {
 public:
  DomainCheck(Resolver& resolver, const Name& domain) : resolver_(resolver), domain_(domain) {}

  Result<std::vector<CheckItem>> run(const std::vector<std::string>& selectors) {
    MBOXFERRY_TRY(add("dnssec", [&](CheckItem& item) { return dnssec(item); }));
    MBOXFERRY_TRY(add("mx", [&](CheckItem& item) { return mx(item); }));
    MBOXFERRY_TRY(add("spf", [&](CheckItem& item) { return spf(item); }));
    for (const std::string& selector : selectors)
      MBOXFERRY_TRY(add("dkim " + selector, [&](CheckItem& item) { return dkim(item, selector); }));
    if (selectors.empty())
      items_.push_back({"dkim", Verdict::note, "no selector is known, so no key was looked for",
                        "name the new host's with --dkim-selector"});
    MBOXFERRY_TRY(add("dmarc", [&](CheckItem& item) { return dmarc(item); }));
    MBOXFERRY_TRY(add("mta-sts", [&](CheckItem& item) { return mta_sts(item); }));
    MBOXFERRY_TRY(add("tls-rpt", [&](CheckItem& item) { return tls_rpt(item); }));
    for (const CheckedService& service : kCheckedServices)
      MBOXFERRY_TRY(add("srv " + std::string(service.labels),
                        [&](CheckItem& item) { return srv(item, service); }));
    MBOXFERRY_TRY(add("caa", [&](CheckItem& item) { return caa(item); }));
    return std::move(items_);
  }

 private:
  /// What no server answers is unknown; only the user's own stop ends the check.
  Result<void> add(std::string id, const std::function<Result<void>(CheckItem&)>& look) {
    CheckItem item{std::move(id), Verdict::ok, "", ""};
    if (const auto looked = look(item); !looked) {
      const Error& error = looked.error();
      if (error.code == ErrorCode::interrupted) return error;
      item.verdict = error.code == ErrorCode::usage ? Verdict::problem : Verdict::unknown;
      item.text = error.what;
      item.advice = error.hint;
    }
    // A service that is neither there nor expected is not worth a line.
    if (!item.text.empty()) items_.push_back(std::move(item));
    return ok();
  }

  static void problem(CheckItem& item, std::string text, std::string advice) {
    item.verdict = Verdict::problem;
    item.text += (item.text.empty() ? "" : "; ") + std::move(text);
    if (item.advice.empty()) item.advice = std::move(advice);
  }

  /// Those whose hosts are looked at; the rest is told.
  static std::span<const RecordData> first_of(CheckItem& item,
                                              const std::vector<RecordData>& data) {
    if (data.size() <= kMostHosts) return data;
    problem(
        item,
        fmt::format("{} records, of which the first {} were looked at", data.size(), kMostHosts),
        "leave those that are needed");
    return std::span(data).first(kMostHosts);
  }

  /// A host that mail or mail programs are sent to.
  Result<void> host(CheckItem& item, const Name& name) {
    MBOXFERRY_ASSIGN(const Lookup four, resolver_.look_up(name, RecordType::a));
    MBOXFERRY_ASSIGN(const Lookup six, resolver_.look_up(name, RecordType::aaaa));
    if (!four.aliases.empty() || !six.aliases.empty())
      problem(item, fmt::format("{} is an alias (CNAME)", name.text()),
              "name the host itself (RFC 2181 section 10.3)");
    if (four.data.empty() && six.data.empty())
      problem(item, fmt::format("{} has no address", name.text()),
              "add its A or AAAA record, or name another host");
    else if (six.data.empty())
      item.text += " (IPv4 only)";
    else if (four.data.empty())
      item.text += " (IPv6 only)";
    return ok();
  }

  Result<void> dnssec(CheckItem& item) {
    MBOXFERRY_ASSIGN(const bool bogus, resolver_.is_bogus(domain_, RecordType::soa));
    if (bogus) {
      problem(item, "bogus: the signatures do not fit, and many resolvers give no answer",
              "mend the signatures, or remove the DS record at the registrar");
      return ok();
    }
    MBOXFERRY_ASSIGN(const Name zone, resolver_.zone_of(domain_));
    MBOXFERRY_ASSIGN(const Lookup soa, resolver_.look_up(zone, RecordType::soa));
    MBOXFERRY_ASSIGN(const Lookup ds, resolver_.look_up(zone, RecordType::ds));
    if (soa.proven) {
      item.text = "secure";
    } else if (!ds.data.empty()) {
      item.verdict = Verdict::note;
      item.text = "signed, but this resolver does not check signatures";
      item.advice = "name one that does with --resolver";
    } else {
      item.verdict = Verdict::note;
      item.text = "unsigned";
    }
    return ok();
  }

  Result<void> mx(CheckItem& item) {
    MBOXFERRY_ASSIGN(const Lookup found, resolver_.look_up(domain_, RecordType::mx));
    if (found.data.empty()) {
      problem(
          item,
          found.status == Lookup::Status::no_name ? "the domain does not exist" : "no MX record",
          "add one that names the host for the domain's mail");
      return ok();
    }
    item.text = fmt::format("TTL {}:", found.ttl);
    for (const RecordData& data : first_of(item, found.data)) {
      const Mx& one = std::get<Mx>(data);
      if (one.exchange.is_root()) {
        if (found.data.size() > 1)
          problem(item, "'.' stands beside other hosts", "remove it, or all others (RFC 7505)");
        else
          item = {item.id, Verdict::note, "the domain takes no mail (RFC 7505)", ""};
        continue;
      }
      item.text += fmt::format(" {} {}", one.preference, one.exchange.text());
      MBOXFERRY_TRY(host(item, one.exchange));
    }
    return ok();
  }

  Result<void> spf(CheckItem& item) {
    MBOXFERRY_ASSIGN(const auto texts, resolver_.txt(domain_.text()));
    std::vector<std::string> records;
    std::copy_if(texts.begin(), texts.end(), std::back_inserter(records), is_spf);
    if (records.size() != 1) {
      problem(item,
              records.empty() ? "no SPF record"
                              : fmt::format("{} SPF records, which count as none", records.size()),
              records.empty() ? "add one with dns plan --spf" : "make one of them");
      return ok();
    }
    MBOXFERRY_ASSIGN(const SpfCost cost, spf_cost(resolver_, domain_, records.front()));
    if (!cost.mistake.empty())
      problem(item, cost.mistake, "receivers treat the whole record as broken: mend it");
    else if (cost.lookups > kMostSpfLookups)
      problem(item, "it takes more than 10 look-ups", "drop includes, or name addresses instead");
    else if (cost.void_lookups > kMostVoidLookups)
      problem(item, fmt::format("{} of its names have no records, 2 at most", cost.void_lookups),
              "remove the names that are gone");
    else
      item.text = fmt::format("{} ({} of 10 look-ups)", records.front(), cost.lookups);
    return ok();
  }

  Result<void> dkim(CheckItem& item, const std::string& selector) {
    MBOXFERRY_ASSIGN(const Name name, below(selector + "._domainkey", domain_));
    MBOXFERRY_ASSIGN(const auto texts, resolver_.txt(name.text()));
    if (texts.size() != 1) {
      problem(item,
              texts.empty() ? name.text() + " has no key"
                            : fmt::format("{} has {} texts", name.text(), texts.size()),
              "publish the one key that the new host signs with");
      return ok();
    }
    const auto key = tag_value(texts.front(), "p");
    if (const std::string mistake = dkim_mistake(texts.front()); !mistake.empty())
      problem(item, fmt::format("{}: {}", name.text(), mistake), "publish the whole key record");
    else if (key->empty())
      problem(item, name.text() + " is revoked: its p= is empty", "publish the key again");
    else
      item.text = fmt::format("a key of {} characters", key->size());
    return ok();
  }

  /// The records of a version at a name; their number is the verdict when it is not one.
  Result<std::optional<std::string>> single_text(CheckItem& item, const char* labels,
                                                 std::string_view version) {
    MBOXFERRY_ASSIGN(const Name name, below(labels, domain_));
    MBOXFERRY_ASSIGN(const auto texts, resolver_.txt(name.text()));
    std::vector<std::string> records;
    for (const std::string& text : texts)
      if (is_of_version(text, version)) records.push_back(text);
    if (records.size() > 1)
      problem(item, fmt::format("{} records, which count as none", records.size()),
              "leave one of them");
    if (records.size() != 1) return std::optional<std::string>();
    return std::optional<std::string>(records.front());
  }

  Result<void> dmarc(CheckItem& item) {
    MBOXFERRY_ASSIGN(const auto record, single_text(item, "_dmarc", "v=DMARC1"));
    if (item.verdict == Verdict::problem) return ok();
    if (!record) {
      problem(item, "no DMARC record", "add one with dns plan --dmarc");
      return ok();
    }
    item.text = *record;
    if (const std::string mistake = dmarc_mistake(*record); !mistake.empty())
      problem(item, mistake,
              fmt::format("mboxferry dmarc record {} shows the place", domain_.text()));
    else if (dmarc::parse_record(*record).by_9989.policy == dmarc::Policy::none)
      item.verdict = Verdict::note;
    return ok();
  }

  Result<void> mta_sts(CheckItem& item) {
    MBOXFERRY_ASSIGN(const auto record, single_text(item, "_mta-sts", "v=STSv1"));
    if (item.verdict == Verdict::problem) return ok();
    if (!record) {
      item.text = "not used";
    } else if (const std::string mistake = mta_sts_mistake(*record); !mistake.empty()) {
      problem(item, mistake, "replace it with dns plan --mta-sts-id");
    } else {
      item.verdict = Verdict::note;
      item.text = fmt::format("id {}; the policy itself was not fetched",
                              tag_value(*record, "id").value_or(""));
      item.advice = "look that its mx lines name the new hosts";
    }
    return ok();
  }

  Result<void> tls_rpt(CheckItem& item) {
    MBOXFERRY_ASSIGN(const auto record, single_text(item, "_smtp._tls", "v=TLSRPTv1"));
    if (item.verdict == Verdict::problem) return ok();
    if (!record)
      item.text = "not used";
    else if (const std::string mistake = tls_rpt_mistake(*record); !mistake.empty())
      problem(item, mistake, "replace it with dns plan --tls-rpt");
    else
      item.text = *record;
    return ok();
  }

  Result<void> srv(CheckItem& item, const CheckedService& service) {
    MBOXFERRY_ASSIGN(const Name name, below(service.labels, domain_));
    MBOXFERRY_ASSIGN(const Lookup found, resolver_.look_up(name, RecordType::srv));
    if (found.data.empty()) {
      if (!service.expected) return ok();
      item.verdict = Verdict::note;
      item.text = "none: mail programs have to be told the host";
      item.advice = "add it with dns plan --target";
      return ok();
    }
    item.text = fmt::format("TTL {}:", found.ttl);
    for (const RecordData& data : first_of(item, found.data)) {
      const Srv& one = std::get<Srv>(data);
      if (one.target.is_root()) {
        item.text += " not offered";
        continue;
      }
      item.text += fmt::format(" {}:{}", one.target.text(), one.port);
      if (one.port == 0)
        problem(item, "port 0 is none", "name the port, or say that it is not offered with '.'");
      MBOXFERRY_TRY(host(item, one.target));
    }
    return ok();
  }

  Result<void> caa(CheckItem& item) {
    // The nearest name upwards that has any (RFC 8659 section 3).
    for (Name name = domain_; !name.is_root(); name = name.parent()) {
      MBOXFERRY_ASSIGN(const Lookup found, resolver_.look_up(name, RecordType::caa));
      if (found.data.empty()) continue;
      for (const RecordData& data : found.data)
        item.text += (item.text.empty() ? "" : ", ") + data_text(data);
      item.verdict = Verdict::note;
      item.advice = "the new host's certificates have to come from one of these";
      return ok();
    }
    item.text = "none: any authority may issue certificates";
    return ok();
  }

  Resolver& resolver_;
  const Name& domain_;
  std::vector<CheckItem> items_;
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

Verdict overall(const std::vector<CheckItem>& items) {
  const auto has = [&](Verdict verdict) {
    return std::any_of(items.begin(), items.end(),
                       [&](const CheckItem& item) { return item.verdict == verdict; });
  };
  if (has(Verdict::problem)) return Verdict::problem;
  return has(Verdict::unknown) ? Verdict::unknown : Verdict::ok;
}

Result<std::vector<CheckItem>> check_domain(Resolver& resolver, const Name& domain,
                                            const std::vector<std::string>& dkim_selectors) {
  return DomainCheck(resolver, domain).run(dkim_selectors);
}

std::int64_t forgotten_at(const Plan& plan, std::int64_t applied, const Plan& what) {
  std::uint32_t longest = 0;
  for (const Change& change : plan.changes) {
    const bool counts =
        std::any_of(what.changes.begin(), what.changes.end(), [&](const Change& other) {
          return other.before && other.name == change.name && other.type == change.type;
        });
    if (counts && change.before) longest = std::max(longest, change.before->ttl);
  }
  return applied + longest;
}

CheckItem old_ttl_item(std::int64_t end, std::int64_t now) {
  const std::string when = to_rfc3339(local_time(end));
  if (end <= now)
    return {"old ttl", Verdict::ok, fmt::format("the old records are forgotten since {}", when),
            ""};
  return {"old ttl", Verdict::note, fmt::format("caches may have the old records until {}", when),
          "leave the old servers running until then"};
}

}  // namespace mboxferry::dns
