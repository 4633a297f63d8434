// SPDX-License-Identifier: Apache-2.0
// Options to records.
#include "mboxferry/dns/goals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "dns/spf.h"
#include "dns/text_records.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {
namespace {

/// When a service is announced.
enum class Announce {
  always,    ///< with a target
  denied,    ///< as not offered, unless asked for (RFC 6186 section 3.4)
  on_demand  ///< only when asked for
};

struct ServiceRow {
  std::string_view name;
  std::string_view labels;
  std::uint16_t port;
  Announce announce;
};
constexpr std::array<ServiceRow, 10> kServices{{
    {"imaps", "_imaps._tcp", 993, Announce::always},              // RFC 6186, RFC 8314
    {"submissions", "_submissions._tcp", 465, Announce::always},  // RFC 8314
    {"imap", "_imap._tcp", 143, Announce::denied},                // RFC 6186
    {"pop3", "_pop3._tcp", 110, Announce::denied},
    {"pop3s", "_pop3s._tcp", 995, Announce::denied},
    {"submission", "_submission._tcp", 587, Announce::denied},
    {"sieve", "_sieve._tcp", 4190, Announce::on_demand},       // RFC 5804
    {"caldavs", "_caldavs._tcp", 443, Announce::on_demand},    // RFC 6764
    {"carddavs", "_carddavs._tcp", 443, Announce::on_demand},  // RFC 6764
    {"jmap", "_jmap._tcp", 443, Announce::on_demand},          // RFC 8620
}};

std::string service_names() {
  std::string names;
  for (const ServiceRow& row : kServices) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

Error bad_wish(std::string_view option, std::string_view value, std::string_view why,
               std::string_view hint) {
  return {ErrorCode::usage, fmt::format("--{} '{}': {}", option, value.substr(0, 80), why),
          std::string(hint)};
}

/// A host that mail clients or servers are sent to.
Result<Name> host_of(std::string_view option, std::string_view text) {
  auto name = Name::parse(text);
  if (!name) return bad_wish(option, text, "that is not a host name", name.error().hint);
  if (name->is_host()) return name;
  return bad_wish(option, text, "an address or another kind of name cannot be a target",
                  "name a host that has A or AAAA records");
}

template <typename T>
bool take_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// Collects goals; what was wished for first stays.
class GoalBuilder {
 public:
  GoalBuilder(const Wishes& wishes, const Name& domain) : wishes_(wishes), domain_(domain) {}

  Result<std::vector<Goal>> build() {
    MBOXFERRY_TRY(add_srv());
    MBOXFERRY_TRY(add_services());
    MBOXFERRY_TRY(add_mx());
    MBOXFERRY_TRY(add_texts());
    MBOXFERRY_TRY(add_tlsa());
    return std::move(goals_);
  }

 private:
  Goal* goal_at(const Name& name, RecordType type) {
    const auto found = std::find_if(goals_.begin(), goals_.end(), [&](const Goal& goal) {
      return goal.name == name && goal.type == type;
    });
    return found == goals_.end() ? nullptr : &*found;
  }

  Result<void> add_srv() {
    constexpr std::string_view kForm = "write SERVICE=PRIO,WEIGHT,PORT,TARGET, =none or =remove";
    std::vector<Name> closed;  // named as none or remove
    for (const std::string& wish : wishes_.srv) {
      const std::size_t equals = wish.find('=');
      if (equals == std::string::npos || equals == 0)
        return bad_wish("srv", wish, "it names no service and value", kForm);
      MBOXFERRY_ASSIGN(const Name name, service_name(wish, wish.substr(0, equals)));
      const std::string value = wish.substr(equals + 1);
      Goal* goal = goal_at(name, RecordType::srv);
      const bool alone = value == "none" || value == "remove";
      const bool was_closed = std::find(closed.begin(), closed.end(), name) != closed.end();
      if (goal != nullptr && (alone || was_closed))
        return bad_wish("srv", wish, "the service is named twice", "say one thing of each service");
      if (goal == nullptr) {
        goals_.push_back({name, RecordType::srv, {}});
        goal = &goals_.back();
      }
      if (alone) closed.push_back(name);
      if (value == "remove") continue;
      if (value == "none") {
        goal->data.emplace_back(Srv{});
        continue;
      }
      const auto fields = parts_of(value, ',');
      Srv srv;
      if (fields.size() != 4 || !take_number(fields[0], srv.priority) ||
          !take_number(fields[1], srv.weight) || !take_number(fields[2], srv.port))
        return bad_wish("srv", wish, "it is not three numbers from 0 to 65535 and a host", kForm);
      if (fields[3] == "." || srv.port == 0)
        return bad_wish("srv", wish, "a service without a host or port is one that is not offered",
                        "say so with SERVICE=none");
      MBOXFERRY_ASSIGN(srv.target, host_of("srv", fields[3]));
      goal->data.emplace_back(srv);
    }
    return ok();
  }

  Result<Name> service_name(const std::string& wish, std::string_view service) const {
    for (const ServiceRow& row : kServices)
      if (row.name == service) return below(row.labels, domain_);
    const auto labels = parts_of(service, '.');
    const bool fits =
        labels.size() >= 2 && std::all_of(labels.begin(), labels.begin() + 2, [](auto label) {
          return label.size() > 1 && label.front() == '_';
        });
    if (!fits)
      return bad_wish("srv", wish, "the service is not written as in _sip._tls",
                      "write _SERVICE._PROTOCOL, or one of " + service_names());
    return below(service, domain_);
  }

  Result<void> add_services() {
    std::vector<std::string_view> asked;
    for (const std::string& list : wishes_.offer)
      for (const std::string_view name : parts_of(list, ',')) asked.push_back(name);
    for (const std::string_view name : asked) {
      const bool known = std::any_of(kServices.begin(), kServices.end(),
                                     [&](const ServiceRow& row) { return row.name == name; });
      if (!known)
        return bad_wish("offer", name, "there is no such service",
                        "name some of " + service_names() + "; others with --srv");
    }
    if (wishes_.target.empty() && !asked.empty())
      return Error{ErrorCode::usage, "--offer names services, and no host offers them",
                   "name it with --target HOST"};
    if (!wishes_.target.empty()) {
      MBOXFERRY_ASSIGN(const Name target, host_of("target", wishes_.target));
      for (const ServiceRow& row : kServices) {
        const bool wanted = std::find(asked.begin(), asked.end(), row.name) != asked.end();
        if (row.announce == Announce::on_demand && !wanted) continue;
        MBOXFERRY_ASSIGN(const Name name, below(row.labels, domain_));
        if (goal_at(name, RecordType::srv) != nullptr) continue;
        const bool offered = wanted || row.announce == Announce::always;
        goals_.push_back({name, RecordType::srv, {offered ? Srv{0, 1, row.port, target} : Srv{}}});
      }
    }
    if (wishes_.autodiscover.empty()) return ok();
    MBOXFERRY_ASSIGN(const Name host, host_of("autodiscover", wishes_.autodiscover));
    MBOXFERRY_ASSIGN(const Name name, below("_autodiscover._tcp", domain_));
    if (goal_at(name, RecordType::srv) == nullptr)
      goals_.push_back({name, RecordType::srv, {Srv{0, 0, 443, host}}});
    return ok();
  }

  Result<void> add_mx() {
    Goal goal{domain_, RecordType::mx, {}};
    for (const std::string& wish : wishes_.mx) {
      Mx mx;
      const auto fields = parts_of(wish, ',');
      if (wish == "none" && wishes_.mx.size() == 1) {
        goal.data.emplace_back(mx);
        continue;
      }
      if (fields.size() != 2 || !take_number(fields[0], mx.preference))
        return bad_wish("mx", wish, "it is not a number from 0 to 65535 and a host",
                        "write PRIO,HOST; --mx none alone says that the domain takes no mail");
      MBOXFERRY_ASSIGN(mx.exchange, host_of("mx", fields[1]));
      goal.data.emplace_back(mx);
    }
    if (!goal.data.empty()) goals_.push_back(std::move(goal));
    return ok();
  }

  Result<void> add_text(const char* option, std::string_view labels, const std::string& text,
                        std::string_view version, const std::string& mistake) {
    if (text.empty()) return ok();
    const bool begins =
        text.starts_with(version) && (text.size() == version.size() ||
                                      text[version.size()] == ' ' || text[version.size()] == ';');
    if (!all_printable_ascii(text) || !begins)
      return bad_wish(option, text, fmt::format("the text does not begin with {}", version),
                      "write the whole record in ASCII");
    if (!mistake.empty())
      return bad_wish(option, text, mistake, "receivers would pass the record over: mend it");
    constexpr std::size_t kLongestText = 4000;
    if (text.size() > kLongestText)
      return bad_wish(option, text, "the text is longer than 4000 characters", "shorten it");
    Goal goal{domain_, RecordType::txt, {txt_of_text(text)}, std::string(version)};
    if (!labels.empty()) {
      MBOXFERRY_ASSIGN(goal.name, below(labels, domain_));
    }
    goals_.push_back(std::move(goal));
    return ok();
  }

  Result<void> add_texts() {
    MBOXFERRY_TRY(add_text("spf", "", wishes_.spf, "v=spf1", spf_mistake(wishes_.spf)));
    MBOXFERRY_TRY(
        add_text("dmarc", "_dmarc", wishes_.dmarc, "v=DMARC1", dmarc_mistake(wishes_.dmarc)));
    if (const std::string& id = wishes_.mta_sts_id; !id.empty()) {
      const std::string record = fmt::format("v=STSv1; id={};", id);
      if (const std::string mistake = mta_sts_mistake(record); !mistake.empty())
        return bad_wish("mta-sts-id", id, mistake, "take the date and a number, as in 2026113001");
      MBOXFERRY_TRY(add_text("mta-sts-id", "_mta-sts", record, "v=STSv1", ""));
    }
    const std::string& reports = wishes_.tls_rpt;
    if (reports.empty()) return ok();
    const bool uri = reports.starts_with("mailto:") || reports.starts_with("https:");
    const std::string record = fmt::format("v=TLSRPTv1; rua={}{}", uri ? "" : "mailto:", reports);
    if (reports.find_first_of(" ;!") != std::string::npos || !tls_rpt_mistake(record).empty())
      return bad_wish("tls-rpt", reports, "it is not an address for reports",
                      "write an address, or a mailto: or https: URI");
    return add_text("tls-rpt", "_smtp._tls", record, "v=TLSRPTv1", "");
  }

  Result<void> add_tlsa() {
    for (const std::string& wish : wishes_.tlsa) {
      constexpr std::string_view kForm = "write [PORT,]HOST=USAGE,SELECTOR,TYPE,HEX";
      const std::size_t equals = wish.find('=');
      if (equals == std::string::npos) return bad_wish("tlsa", wish, "it has no value", kForm);
      std::uint16_t port = 25;
      std::string_view host = std::string_view(wish).substr(0, equals);
      if (const std::size_t comma = host.find(','); comma != std::string_view::npos) {
        if (!take_number(host.substr(0, comma), port) || port == 0)
          return bad_wish("tlsa", wish, "the port is not a number from 1 to 65535", kForm);
        host.remove_prefix(comma + 1);
      }
      MBOXFERRY_ASSIGN(const Name base, host_of("tlsa", host));
      MBOXFERRY_ASSIGN(const Name name, below(fmt::format("_{}._tcp", port), base));
      std::string text = wish.substr(equals + 1);
      std::replace(text.begin(), text.end(), ',', ' ');
      auto data = parse_data(RecordType::tlsa, text);
      if (!data) return bad_wish("tlsa", wish, data.error().what, kForm);
      if (Goal* goal = goal_at(name, RecordType::tlsa))
        goal->data.push_back(*std::move(data));
      else
        goals_.push_back({name, RecordType::tlsa, {*std::move(data)}});
    }
    return ok();
  }

  const Wishes& wishes_;
  const Name& domain_;
  std::vector<Goal> goals_;
};

}  // namespace

Result<std::vector<Goal>> goals_of(const Wishes& wishes, const Name& domain) {
  return GoalBuilder(wishes, domain).build();
}

}  // namespace mboxferry::dns
