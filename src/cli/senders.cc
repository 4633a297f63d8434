// SPDX-License-Identifier: Apache-2.0
// mboxferry senders: its table of options, and which action they go to.
#include "cli/senders.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "cli/archive_options.h"
#include "cli/connection_options.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/mapping_options.h"
#include "cli/sandbox_options.h"
#include "cli/sender_options.h"
#include "cli/suggestion.h"

namespace mboxferry::cli {
namespace {

struct SenderAction {
  std::string_view name;
  bool asks_server;  // and so confines itself when it has its password
  Result<int> (*run)(const Options& options, const Operands& operands, Context& context);
};
constexpr std::array<SenderAction, 5> kActions{{
    {"check", false, check_senders},
    {"import", false, import_senders},
    {"sieve", false, print_sieve},
    {"push", true, push_senders},
    {"restore", true, restore_senders},
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

/// Files are all that such an action needs. Of its operands some are addresses.
void confine_offline(const Options& options, const Operands& operands) {
  SandboxRights rights = rights_of(options);
  rights.uses_network = false;
  add_sender_lists(rights, options);
  if (const std::string path = options.text("output"); !path.empty()) add_output(rights, path);
  Operands files;
  std::error_code ignored;
  std::copy_if(operands.begin(), operands.end(), std::back_inserter(files),
               [&](const std::string& name) { return std::filesystem::exists(name, ignored); });
  add_archives(rights, files, options.has_flag("follow-links"));
  confine(options, rights);
}

void add_import_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("format", po::value<std::string>()->value_name("NAME"),
       "what the files are: auto (default), spamassassin, map (rspamd's maps and plain lists), "
       "postfix, csv, gmail or sieve")  //
      ("as", po::value<std::string>()->value_name("KIND"),
       "what lists mean that do not say: block (default) or allow")  //
      ("output", po::value<std::string>()->value_name("FILE"),
       "write the list, or the script of senders sieve, to FILE instead of standard output");
}

void add_sieve_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("junk-mailbox", po::value<std::string>()->value_name("MAILBOX"),
       "the mailbox for mail of blocked senders (default: Junk)")  //
      ("sieve-extensions", po::value<std::string>()->value_name("LIST"),
       "what the server's Sieve has, as its capability says (default: fileinto envelope imap4flags "
       "relational comparator-i;ascii-numeric)")  //
      ("max-script-size", po::value<std::string>()->value_name("SIZE"),
       "fail if the script is larger (K, M or G may follow the number; default: no limit)");
}

void add_push_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("managesieve", po::value<std::string>()->value_name("HOST[:PORT]"),
       "the ManageSieve server; port 4190, and starttls is the default of --tls there")  //
      ("user", po::value<std::string>()->value_name("NAME"),
       "whom to log in; with --infomaniak, the mailbox: what is before the @ of its address")  //
      ("script-name", po::value<std::string>()->value_name("NAME"),
       "what the script is called there (default: mboxferry-senders)")  //
      ("replace-active", flag(),
       "push: make the lists active even if the script that is active now cannot be included; "
       "restore: also undo what its owner has changed or activated since")  //
      ("dry-run,n", flag(),
       "log in, ask the server, show what would be done, and change nothing")  //
      ("state-dir", po::value<std::string>()->value_name("DIR"),
       "where what was there before is saved (default: ~/.local/state/mboxferry)");
}

void add_infomaniak_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("infomaniak", flag(),
       "merge the lists into those of Infomaniak's mailboxes; what is there stays there")  //
      ("service", po::value<std::string>()->value_name("ID"),
       "the number of the mail service; all of its mailboxes get the global lists, or the one that "
       "--user names gets all lists")  //
      ("api-address", po::value<std::string>()->value_name("URL"),
       "where the API is (default: https://api.infomaniak.com)")  //
      ("token-env", po::value<std::string>()->value_name("NAME"),
       "the access token is in this environment variable; or use --token-file or --token-command");
}

}  // namespace

OptionTable senders_table() {
  OptionTable table;
  table.usage =
      "senders check [OPTION]... [ADDRESS|ARCHIVE]...\n"
      "       mboxferry senders import [OPTION]... FILE...\n"
      "       mboxferry senders sieve [OPTION]...\n"
      "       mboxferry senders push --managesieve HOST --user NAME [OPTION]...\n"
      "       mboxferry senders push --infomaniak --service ID [OPTION]...\n"
      "       mboxferry senders restore --managesieve HOST --user NAME [OPTION]...\n"
      "       mboxferry senders restore --infomaniak --service ID [OPTION]...";
  table.about =
      "Works with lists of senders whose mail is unwanted (block) or always wanted (allow). "
      "'check'\n"
      "says what the lists mean for addresses, or for the messages of archives: which entry "
      "decides,\n"
      "how often each does, which never match and which are covered by others. 'push' uploads them "
      "as\n"
      "a script that files new mail, or to Infomaniak's lists; 'restore' takes that back. The "
      "others "
      "need\n"
      "no server and change nothing. docs/senders.md has the rules.\n";
  table.examples =
      "  mboxferry senders check --senders my.list friend@example.org\n"
      "  mboxferry senders check --senders my.list --global-senders all.list \\\n"
      "      Archive.mbox\n"
      "  mboxferry senders import local.cf --output my.list\n"
      "  mboxferry senders sieve --senders my.list > my.sieve\n"
      "  mboxferry senders push --senders my.list --user alice \\\n"
      "      --managesieve imap.example.org\n"
      "  mboxferry senders push --global-senders all.list --infomaniak \\\n"
      "      --service 123456 --token-file token --dry-run\n";
  table.positional = "argument";
  auto lists = option_group("the lists");
  add_sender_list_options(lists);
  auto rules = option_group("how they are asked");
  add_judge_options(rules);
  auto output = option_group("what is shown, on standard output");
  output.add_options()("json", flag(),
                       "one JSON document (jobs/schema/senders.json, senders-import.json)");
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  auto import = option_group("senders import");
  add_import_options(import);
  auto sieve = option_group("senders sieve");
  add_sieve_options(sieve);
  auto reading = option_group("how archives are read");
  add_reading_options(reading);
  add_folder_options(reading);
  auto push = option_group("senders push and restore");
  add_push_options(push);
  auto infomaniak = option_group("senders push and restore at Infomaniak");
  add_infomaniak_options(infomaniak);
  auto password = option_group("password; asked for on the terminal when none is given");
  add_password_options(password);
  add_login_options(password);
  auto connection = option_group("connection");
  add_connection_options(connection);
  for (const OptionGroup& group :
       {lists, rules, output, import, sieve, push, infomaniak, password, connection, reading})
    table.groups.push_back(group);
  return table;
}

Result<int> run_senders(const Arguments& arguments, Context& context) {
  const OptionTable table = senders_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  const auto all = options.texts("argument");
  MBOXFERRY_ASSIGN(const SenderAction* action, action_of(all));
  const Operands operands(all.begin() + 1, all.end());
  if (!action->asks_server) confine_offline(options, operands);
  return action->run(options, operands, context);
}

}  // namespace mboxferry::cli
