// SPDX-License-Identifier: Apache-2.0
// mboxferry dmarc: its table of options, and which action they go to.
#include "cli/dmarc.h"

#include <array>

#include "cli/dns_planning.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/sandbox_options.h"
#include "cli/suggestion.h"

namespace mboxferry::cli {
namespace {

struct DmarcAction {
  std::string_view name;
  Result<int> (*run)(const Options& options, const DmarcOperands& operands, Context& context);
};
constexpr std::array<DmarcAction, 3> kDmarcActions{{
    {"record", check_dmarc_record},
    {"report", read_dmarc_reports},
    {"set", set_dmarc},
}};

Result<const DmarcAction*> dmarc_action_of(const DmarcOperands& arguments) {
  if (arguments.empty())
    return Error{ErrorCode::usage, "dmarc needs an action", "see mboxferry dmarc --help"};
  std::vector<std::string> names;
  for (const DmarcAction& action : kDmarcActions) {
    if (action.name == arguments.front()) return &action;
    names.emplace_back(action.name);
  }
  return Error{ErrorCode::usage, "dmarc has no action '" + arguments.front().substr(0, 40) + "'",
               did_you_mean(arguments.front(), names, "see mboxferry dmarc --help")};
}

void add_record_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("text", po::value<std::string>()->value_name("RECORD"),
       "the text of a record, which is judged without any question to the DNS")  //
      ("answers", po::value<std::string>()->value_name("FILE"),
       "asks this file instead of the DNS: one line NAME TEXT per TXT record, and NAME alone for a "
       "name that exists");
  add_resolver_options(group);
}

void add_report_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()("csv", flag(), "a row per record, with the columns of parsedmarc");
  group.add_options()("html", flag(), "a page with charts for a browser; it needs no network");
  group.add_options()("max-report-size", po::value<std::string>()->value_name("SIZE"),
                      "how large an unpacked report may be (K, M or G may follow the number; "
                      "default: 16M)");
}

void add_set_options(OptionGroup& group) {
  namespace po = boost::program_options;
  const auto several = [] {
    return po::value<std::vector<std::string>>()->composing()->value_name("ADDRESS");
  };
  const auto policy = [] { return po::value<std::string>()->value_name("POLICY"); };
  group.add_options()  //
      ("policy", policy(),
       "what receivers do with mail that fails: none, quarantine or reject")                    //
      ("subdomain-policy", policy(), "the same for mail from names below the domain")           //
      ("rua", several(), "where aggregate reports go, instead of where they went; repeatable")  //
      ("no-rua", flag(), "switch aggregate reports off")                                        //
      ("ruf", several(), "where failure reports go; repeatable")                                //
      ("no-ruf", flag(), "switch failure reports off")                                          //
      ("delete", flag(), "take the record away");
  add_plan_options(group);
  add_server_option(group);
}

}  // namespace

OptionTable dmarc_table() {
  OptionTable table;
  table.usage =
      "dmarc record --text RECORD [OPTION]...\n"
      "       mboxferry dmarc record [OPTION]... DOMAIN\n"
      "       mboxferry dmarc report [OPTION]... PATH...\n"
      "       mboxferry dmarc set [OPTION]... DOMAIN";
  table.about =
      "Works with DMARC, by RFC 7489 and by its successor RFC 9989, which are both in use. "
      "'record'\n"
      "names every mistake in a policy record with its place, and says which policy holds for a\n"
      "domain and why, by each of the two. 'report' reads aggregate, failure and TLS reports out "
      "of files, folders,\n"
      "Maildirs and mbox files, packed or not, found by what they hold. 'set' plans a change of a "
      "record,\n"
      "which mboxferry dns apply makes. docs/dmarc.md has the rules.\n";
  table.examples =
      "  mboxferry dmarc record --text 'v=DMARC1; p=none; rua=mailto:d@example.com'\n"
      "  mboxferry dmarc record mail.example.com\n"
      "  mboxferry dmarc report Reports.mbox\n"
      "  mboxferry dmarc report ~/dmarc --html > dmarc.html\n"
      "  mboxferry dmarc set example.com --policy quarantine --output plan.json\n";
  table.positional = "argument";
  auto record = option_group("dmarc record");
  add_record_options(record);
  auto report = option_group("dmarc report; without --json, --csv and --html, a summary");
  add_report_options(report);
  auto set = option_group("dmarc set: tags that are not named stay as they are");
  add_set_options(set);
  auto output = option_group("what is shown, on standard output");
  output.add_options()("json", flag(),
                       "one JSON document (jobs/schema/dmarc-record.json, dmarc-report.json, "
                       "dns-plan.json)");
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  for (const OptionGroup& group : {record, report, set, output}) table.groups.push_back(group);
  return table;
}

Result<int> run_dmarc(const Arguments& arguments, Context& context) {
  const OptionTable table = dmarc_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  const auto all = options.get<DmarcOperands>("argument").value_or(DmarcOperands());
  MBOXFERRY_ASSIGN(const DmarcAction* action, dmarc_action_of(all));
  return action->run(options, DmarcOperands(all.begin() + 1, all.end()), context);
}

}  // namespace mboxferry::cli
