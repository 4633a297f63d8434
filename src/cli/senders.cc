// SPDX-License-Identifier: Apache-2.0
// mboxferry senders: its table of options, and which action they go to.
#include "cli/senders.h"

#include <algorithm>
#include <array>

#include "cli/archive_options.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/mapping_options.h"
#include "cli/sender_options.h"
#include "cli/suggestion.h"

namespace mboxferry::cli {
namespace {

struct SenderAction {
  std::string_view name;
  Result<int> (*run)(const Options& options, const Operands& operands, Context& context);
};
constexpr std::array<SenderAction, 1> kActions{{
    {"check", check_senders},
}};

Result<const SenderAction*> action_of(const Operands& arguments) {
  if (arguments.empty())
    return Error{ErrorCode::usage, "senders needs an action", "see mboxferry senders --help"};
  std::vector<std::string> names;
  for (const SenderAction& action : kActions) {
    if (action.name == arguments.front()) return &action;
    names.emplace_back(action.name);
  }
  return Error{ErrorCode::usage, "senders has no action '" + arguments.front().substr(0, 40) + "'",
               did_you_mean(arguments.front(), names, "see mboxferry senders --help")};
}

}  // namespace

OptionTable senders_table() {
  OptionTable table;
  table.usage = "senders check [OPTION]... [ADDRESS|ARCHIVE]...";
  table.about =
      "Works with lists of senders whose mail is unwanted (block) or always wanted (allow); needs\n"
      "no server and changes nothing. 'check' says what the lists mean for addresses, or for the\n"
      "messages of archives: which entry decides, how often each does, which never match and "
      "which\n"
      "are covered by others. docs/senders.md has the rules.\n";
  table.examples =
      "  mboxferry senders check --senders my.list friend@example.org\n"
      "  mboxferry senders check --senders my.list --global-senders all.list \\\n"
      "      Archive.mbox\n"
      "  mboxferry senders check --senders my.list --json Archive.mbox\n";
  table.positional = "argument";
  auto lists = option_group("the lists");
  add_sender_list_options(lists);
  auto rules = option_group("how they are asked");
  add_judge_options(rules);
  auto output = option_group("what is shown, on standard output");
  output.add_options()("json", flag(), "one JSON document (jobs/schema/senders.json)");
  output.add_options()("help,h", "this text");
  auto reading = option_group("how archives are read");
  add_reading_options(reading);
  add_folder_options(reading);
  for (const OptionGroup& group : {lists, rules, output, reading}) table.groups.push_back(group);
  return table;
}

Result<int> run_senders(const Arguments& arguments, Context& context) {
  const OptionTable table = senders_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  const auto all = options.get<Operands>("argument").value_or(Operands());
  MBOXFERRY_ASSIGN(const SenderAction* action, action_of(all));
  return action->run(options, Operands(all.begin() + 1, all.end()), context);
}

}  // namespace mboxferry::cli
