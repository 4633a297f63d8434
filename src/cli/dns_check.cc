// SPDX-License-Identifier: Apache-2.0
// mboxferry dns check: a verdict an item.
#include <fmt/format.h>

#include "cli/dns.h"
#include "cli/dns_earlier.h"
#include "cli/exit_codes.h"
#include "mboxferry/base/time.h"
#include "mboxferry/dns/check.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::cli {
namespace {

const char* readiness(dns::Verdict verdict) {
  if (verdict == dns::Verdict::problem) return "not ready";
  return verdict == dns::Verdict::unknown ? "unknown" : "ready";
}

Result<void> write_check_json(const std::string& domain, const std::vector<dns::CheckItem>& items,
                              report::TextOutput& out) {
  report::JsonStream json(out);
  json.begin_object()
      .member("schema", "mboxferry.dns-check/1")
      .member("domain", domain)
      .member("verdict", readiness(dns::overall(items)))
      .key("items")
      .begin_array();
  for (const dns::CheckItem& item : items)
    json.begin_object()
        .member("id", item.id)
        .member("verdict", dns::verdict_name(item.verdict))
        .member("text", item.text)
        .member("advice", item.advice)
        .end_object();
  return json.end_array().end_object().end_line().result();
}

std::string check_text(const std::string& domain, const std::vector<dns::CheckItem>& items) {
  std::string text;
  for (const dns::CheckItem& item : items) {
    text += paragraph(fmt::format("{:<9}", dns::verdict_name(item.verdict)),
                      fmt::format("{}: {}", item.id, item.text));
    if (!item.advice.empty()) text += paragraph(std::string(11, ' '), item.advice);
  }
  return text + paragraph("", fmt::format("{}: {}", domain, readiness(dns::overall(items))));
}

/// How far the plan has come.
Result<dns::CheckItem> plan_item(const std::string& path) {
  MBOXFERRY_ASSIGN(const dns::Plan plan, read_plan_file(path));
  MBOXFERRY_ASSIGN(const auto state, read_plan_state(path, plan));
  if (!state || state->stage != dns::ApplyStage::applied)
    return dns::CheckItem{"plan", dns::Verdict::problem, path + " is not applied",
                          "apply it with mboxferry dns apply"};
  const std::int64_t now = system_clock().unix_seconds();
  const std::int64_t end = dns::forgotten_at(plan, state->unix_seconds, plan);
  const auto earlier = earlier_plan(path, plan, now);
  if (!earlier || earlier->forgotten <= end) return dns::old_ttl_item(end, now);
  dns::CheckItem item = dns::old_ttl_item(earlier->forgotten, now);
  item.text += fmt::format(", as {} replaced records with that TTL", earlier->path);
  return item;
}

}  // namespace

Result<int> check_dns(const Options& options, const std::string& domain, Context& context) {
  MBOXFERRY_ASSIGN(const DnsAccess access, read_dns_access(options, context));
  MBOXFERRY_ASSIGN(const dns::Name name, mail_domain(domain));
  std::vector<dns::CheckItem> items;
  if (const std::string path = options.text("plan"); !path.empty()) {
    MBOXFERRY_ASSIGN(dns::CheckItem item, plan_item(path));
    items.push_back(std::move(item));
  }
  dns::Resolver resolver(access.resolver);
  MBOXFERRY_ASSIGN(const auto checked,
                   dns::check_domain(resolver, name, options.texts("dkim-selector")));
  items.insert(items.end(), checked.begin(), checked.end());
  MBOXFERRY_TRY(options.has_flag("json") ? write_check_json(name.text(), items, context.out)
                                         : context.out.write(check_text(name.text(), items)));
  switch (dns::overall(items)) {
    case dns::Verdict::problem:
      return kExitFailed;
    case dns::Verdict::unknown:
      return kExitTryLater;
    default:
      return kExitSuccess;
  }
}

}  // namespace mboxferry::cli
