// SPDX-License-Identifier: Apache-2.0
// mboxferry dns apply and rollback: a plan into the zone, and out of it.
#include <fmt/format.h>
#include <string.h>  // NOLINT: explicit_bzero is here

#include "cli/dns.h"
#include "cli/dns_earlier.h"
#include "cli/exit_codes.h"
#include "cli/small_file.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/time.h"
#include "mboxferry/dns/apply.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLargestKeyFile = std::size_t{16} << 10U;

Result<dns::TsigKey> read_tsig_key(const Options& options) {
  const std::string path = options.text("tsig-key-file");
  if (path.empty())
    return Error{ErrorCode::usage, "no TSIG key is given",
                 "name its file with --tsig-key-file; without a key, dns plan --output writes the "
                 "changes for a zone file and for nsupdate"};
  MBOXFERRY_ASSIGN(std::string text,
                   read_small_file(path, "TSIG key file", kLargestKeyFile, Trust::secret));
  auto key = dns::parse_tsig_key(text, path);
  ::explicit_bzero(text.data(), text.size());
  return key;
}

Result<int> run_direction(const Options& options, const std::string& path, dns::Direction direction,
                          Context& context) {
  const bool applies = direction == dns::Direction::apply;
  MBOXFERRY_ASSIGN(DnsAccess access, read_dns_access(options, context));
  MBOXFERRY_ASSIGN(const auto wait, read_dns_seconds(options, "wait", 0, 86'400));
  MBOXFERRY_ASSIGN(const dns::Plan plan, read_plan_file(path));
  MBOXFERRY_ASSIGN(const auto state, read_plan_state(path, plan));
  MBOXFERRY_ASSIGN(dns::TsigKey key, read_tsig_key(options));
  dns::ApplySettings settings;
  settings.timeout = access.resolver.timeout;
  settings.interrupt = &context.interrupt;
  settings.force = options.has_flag("force");
  settings.earlier = state;
  if (wait) settings.wait = std::chrono::seconds(*wait);
  settings.servers = std::move(access.servers);
  if (settings.servers.empty()) {
    dns::Resolver resolver(access.resolver);
    MBOXFERRY_ASSIGN(settings.servers, dns::servers_of_zone(resolver, plan.zone));
  }
  std::optional<dns::ApplyStage> kept;
  if (state) kept = state->stage;
  const auto keep = [&](dns::ApplyStage stage) -> Result<void> {
    // What is found done keeps the time of its first success; what is tried again may still
    // arrive late, counted from now.
    const bool is_done = stage == dns::ApplyStage::applied || stage == dns::ApplyStage::rolled_back;
    if (is_done && kept == stage) return ok();
    const dns::ApplyState now{plan.digest(), stage, system_clock().unix_seconds()};
    MBOXFERRY_TRY(replace_file(dns::state_path_of(path), dns::state_text(now)));
    kept = stage;
    return ok();
  };
  if (applies) {
    if (const auto earlier = earlier_plan(path, plan, system_clock().unix_seconds()))
      say(
          fmt::format("note: caches may have the records that {} replaced until {}; leave the old "
                      "servers running until then",
                      earlier->path, to_rfc3339(local_time(earlier->forgotten))));
  }
  const auto editor = dns::make_update_editor(settings.servers.front(), std::move(key),
                                              settings.timeout, settings.interrupt);
  MBOXFERRY_ASSIGN(const dns::ApplyResult result,
                   dns::apply_plan(plan, direction, *editor, settings, keep));
  for (const std::string& note : result.notes) say(note);
  const std::string changes = report::counted(plan.changes.size(), "change");
  const std::string done = applies ? "applied" : "rolled back";
  const std::string servers = report::counted(settings.servers.size(), "name server");
  MBOXFERRY_TRY(context.out.write(paragraph(
      "", result.changed
              ? fmt::format("{}: {} {}, and read back from {}", plan.zone.text(), changes, done,
                            servers)
              : fmt::format("{}: no change: {} {} already, as {} answer{}", plan.zone.text(),
                            changes, done, servers, settings.servers.size() == 1 ? "s" : ""))));
  return kExitSuccess;
}

}  // namespace

Result<int> apply_dns(const Options& options, const std::string& plan, Context& context) {
  return run_direction(options, plan, dns::Direction::apply, context);
}

Result<int> roll_back_dns(const Options& options, const std::string& plan, Context& context) {
  return run_direction(options, plan, dns::Direction::roll_back, context);
}

}  // namespace mboxferry::cli
