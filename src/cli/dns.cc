// SPDX-License-Identifier: Apache-2.0
// mboxferry dns: its table of options, and which action they go to.
#include "cli/dns.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "cli/dns_planning.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/sandbox_options.h"
#include "cli/small_file.h"
#include "cli/suggestion.h"
#include "cli/wrapped.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

struct DnsAction {
  std::string_view name;
  const char* argument;  ///< what stands behind it
  Result<int> (*run)(const Options& options, const std::string& argument, Context& context);
};
constexpr std::array<DnsAction, 4> kDnsActions{{
    {"plan", "DOMAIN", plan_dns},
    {"apply", "PLAN", apply_dns},
    {"rollback", "PLAN", roll_back_dns},
    {"check", "DOMAIN", check_dns},
}};

constexpr std::size_t kLargestState = std::size_t{16} << 10U;

Result<const DnsAction*> dns_action_of(const std::vector<std::string>& arguments) {
  if (arguments.empty())
    return Error{ErrorCode::usage, "dns needs an action", "see mboxferry dns --help"};
  std::vector<std::string> names;
  for (const DnsAction& action : kDnsActions) {
    if (action.name != arguments.front()) {
      names.emplace_back(action.name);
      continue;
    }
    if (arguments.size() == 2) return &action;
    return Error{ErrorCode::usage, fmt::format("dns {} needs one {}", action.name, action.argument),
                 fmt::format("write: mboxferry dns {} {}", action.name, action.argument)};
  }
  return Error{ErrorCode::usage, "dns has no action '" + arguments.front().substr(0, 40) + "'",
               did_you_mean(arguments.front(), names, "see mboxferry dns --help")};
}

po::typed_value<std::vector<std::string>>* several(const char* parameter) {
  return po::value<std::vector<std::string>>()->composing()->value_name(parameter);
}

void add_wish_options(OptionGroup& group) {
  group.add_options()  //
      ("target", po::value<std::string>()->value_name("HOST"),
       "announce this host's IMAP (993) and submission (465) to mail programs, and say of POP and "
       "STARTTLS services that they are not offered")  //
      ("offer", several("LIST"),
       "further services of that host: imap, pop3, pop3s, submission, sieve, caldavs, carddavs, "
       "jmap")  //
      ("srv", several("SERVICE=VALUE"),
       "SRV records of a service, such as _sip._tls=100,1,443,sip.example.org "
       "(priority,weight,port,host; once for each record); =none says that it is not offered, "
       "=remove deletes them")  //
      ("mx", several("PRIO,HOST"),
       "where mail for the domain goes, once for each record; none: the domain takes no mail")  //
      ("autodiscover", po::value<std::string>()->value_name("HOST"),
       "announce where Outlook finds its settings")                                     //
      ("spf", po::value<std::string>()->value_name("TEXT"), "the domain's SPF record")  //
      ("dmarc", po::value<std::string>()->value_name("TEXT"), "its DMARC record")       //
      ("mta-sts-id", po::value<std::string>()->value_name("ID"),
       "the id of its MTA-STS policy; a new one each time that the policy changes")  //
      ("tls-rpt", po::value<std::string>()->value_name("ADDRESS"),
       "where reports on TLS go (TLS-RPT)")  //
      ("tlsa", several("[PORT,]HOST=VALUE"),
       "TLSA record of a host (port 25): usage,selector,type,hex")  //
      ("lower-ttl", po::value<std::string>()->value_name("SECONDS"),
       "plan only to lower the TTL of what the other options would change: to be applied before, "
       "by the old TTL at least");
  add_plan_options(group);
}

void add_apply_options(OptionGroup& group) {
  group.add_options()  //
      ("tsig-key-file", po::value<std::string>()->value_name("FILE"),
       "the key that changes are signed with, as tsig-keygen writes it")  //
      ("wait", po::value<std::string>()->value_name("SECONDS"),
       "how long the other servers may take to have the changes (60)")  //
      ("force", flag(), "apply a plan that changes more than 30 % of the zone's names");
}

void add_check_options(OptionGroup& group) {
  group.add_options()                                                              //
      ("dkim-selector", several("NAME"), "a selector that the domain signs with")  //
      ("plan", po::value<std::string>()->value_name("FILE"),
       "an applied plan: says when the old TTLs have run out");
}

}  // namespace

OptionTable dns_table() {
  OptionTable table;
  table.usage =
      "dns plan [OPTION]... DOMAIN\n"
      "       mboxferry dns apply --tsig-key-file FILE [OPTION]... PLAN\n"
      "       mboxferry dns rollback --tsig-key-file FILE [OPTION]... PLAN\n"
      "       mboxferry dns check [OPTION]... DOMAIN";
  table.about =
      "Plans what the DNS zone of a mail domain needs when its mail moves: SRV, MX and text "
      "records.\n"
      "'plan' asks what is there and changes nothing; 'apply' makes the changes if nobody else has "
      "made\n"
      "any since, and looks afterwards whether the servers have them; 'rollback' takes them back; "
      "'check'\n"
      "says what is wrong with a domain's records. docs/dns.md has the rules.\n";
  table.examples =
      "  mboxferry dns plan example.org --target imap.example.org \\\n"
      "      --mx 10,mx.example.org --output plan.json\n"
      "  mboxferry dns apply plan.json --tsig-key-file update.key\n"
      "  mboxferry dns check example.org --plan plan.json\n"
      "  mboxferry dns rollback plan.json --tsig-key-file update.key\n";
  table.positional = "argument";
  auto wishes = option_group("dns plan");
  add_wish_options(wishes);
  auto apply = option_group("dns apply and rollback");
  add_apply_options(apply);
  auto check = option_group("dns check");
  add_check_options(check);
  auto servers = option_group("which name servers are asked");
  add_resolver_options(servers);
  add_server_option(servers);
  auto output = option_group("what is shown, on standard output");
  output.add_options()("json", flag(),
                       "plan and check: one JSON document (jobs/schema/dns-plan.json, "
                       "dns-check.json)");
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  for (const OptionGroup& group : {wishes, apply, check, servers, output})
    table.groups.push_back(group);
  return table;
}

Result<int> run_dns(const Arguments& arguments, Context& context) {
  const OptionTable table = dns_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  const auto all = options.texts("argument");
  MBOXFERRY_ASSIGN(const DnsAction* action, dns_action_of(all));
  SandboxRights rights = rights_of(options);
  for (const char* name : {"tsig-key-file", "plan"})
    if (const std::string path = options.text(name); !path.empty()) add_input(rights, path);
  if (const std::string path = options.text("output"); !path.empty()) add_output(rights, path);
  if (std::string_view(action->argument) == "PLAN") add_output(rights, all[1]);
  confine(options, rights);
  return action->run(options, all[1], context);
}

Result<std::optional<std::uint32_t>> read_dns_seconds(const Options& options, const char* name,
                                                      std::uint32_t least, std::uint32_t most) {
  const std::string text = options.text(name);
  if (text.empty()) return std::optional<std::uint32_t>();
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most)
    return std::optional<std::uint32_t>(value);
  return bad_value(name, fmt::format("seconds, {} to {}", least, most).c_str());
}

Result<dns::Name> mail_domain(const std::string& text) {
  MBOXFERRY_ASSIGN(dns::Name name, dns::Name::parse(text));
  if (name.is_host()) return name;
  return Error{ErrorCode::usage,
               fmt::format("'{}' is no domain name that mail addresses have", text.substr(0, 80)),
               "write what stands behind the @ of an address"};
}

void add_resolver_options(OptionGroup& group) {
  group.add_options()  //
      ("resolver", several("HOST[:PORT]"),
       "recursive name server to ask, over TCP (default: the system's)")  //
      ("timeout", po::value<std::string>()->value_name("SECONDS"),
       "give up a server that does not answer (10)");
}

void add_server_option(OptionGroup& group) {
  group.add_options()  //
      ("server", several("HOST[:PORT]"),
       "authoritative server of the zone; the first takes the changes, all are asked afterwards "
       "(default: those of its SOA and NS records)");
}

Result<dns::Resolver::Settings> read_resolver(const Options& options, const Context& context) {
  dns::Resolver::Settings settings;
  MBOXFERRY_ASSIGN(const auto timeout, read_dns_seconds(options, "timeout", 1, 600));
  if (timeout) settings.timeout = std::chrono::seconds(*timeout);
  settings.interrupt = &context.interrupt;
  for (const std::string& text : options.texts("resolver")) {
    MBOXFERRY_ASSIGN(auto server, dns::parse_server(text));
    settings.servers.push_back(std::move(server));
  }
  return settings;
}

Result<DnsAccess> read_dns_access(const Options& options, Context& context) {
  DnsAccess access;
  MBOXFERRY_ASSIGN(access.resolver, read_resolver(options, context));
  for (const std::string& text : options.texts("server")) {
    MBOXFERRY_ASSIGN(auto server, dns::parse_server(text));
    access.servers.push_back(std::move(server));
  }
  return access;
}

Result<dns::Plan> read_plan_file(const std::string& path) {
  MBOXFERRY_ASSIGN(const std::string text,
                   read_small_file(path, "plan", dns::kLargestPlan, Trust::own));
  return dns::parse_plan(text, path);
}

Result<std::optional<dns::ApplyState>> read_plan_state(const std::string& plan_path,
                                                       const dns::Plan& plan) {
  const std::string path = dns::state_path_of(plan_path);
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT)
    return std::optional<dns::ApplyState>();
  MBOXFERRY_ASSIGN(const std::string text,
                   read_small_file(path, "state of a plan", kLargestState, Trust::own));
  MBOXFERRY_ASSIGN(dns::ApplyState state, dns::parse_state(text, plan.digest(), path));
  return std::optional<dns::ApplyState>(std::move(state));
}

std::string paragraph(std::string_view first, std::string_view text) {
  std::string lines;
  const std::size_t room = kHelpColumns - first.size();
  for (const std::string& line : wrapped(report::printable(text), room)) {
    lines += lines.empty() ? std::string(first) : std::string(first.size(), ' ');
    lines += report::shortened_in_middle(line, room) + "\n";
  }
  return lines;
}

}  // namespace mboxferry::cli
