// SPDX-License-Identifier: Apache-2.0
// mboxferry auth: its table of options, and the actions that look after profiles.
#include "cli/auth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/profile_login.h"
#include "cli/sandbox_options.h"
#include "cli/suggestion.h"
#include "mboxferry/auth/profile_tokens.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using AuthOperands = std::vector<std::string>;

/// For what asks no service.
void confine_to_store(const Options& options, const auth::TokenStore& store) {
  SandboxRights rights = rights_of(options);
  rights.uses_network = false;
  rights.workplaces.push_back(store.folder());
  confine(options, rights);
}

Result<int> list_profiles(const Options& options, const std::string&, Context& context) {
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  confine_to_store(options, store);
  MBOXFERRY_ASSIGN(const auto names, store.names());
  int status = kExitSuccess;
  for (const std::string& name : names) {
    const auto profile = store.load(name);
    if (!profile) {
      say_error(profile.error());
      status = exit_status(profile.error().code);
      continue;
    }
    MBOXFERRY_TRY(context.out.write(
        fmt::format("{}  {}  {}  access token {}\n", name, auth::flow_name(profile->flow),
                    report::printable(profile->user.empty() ? profile->client_id : profile->user),
                    token_state(!profile->access_token.reveal().empty(), profile->ends))));
  }
  if (names.empty()) say("there are no profiles; mboxferry auth login PROFILE makes one");
  return status;
}

Result<int> show_profile(const Options& options, const std::string& name, Context& context) {
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  confine_to_store(options, store);
  MBOXFERRY_ASSIGN(const auth::Profile profile, store.load(name));
  const auto kept = [](const Secret& secret) { return secret.reveal().empty() ? "none" : "kept"; };
  const auto line = [&](std::string_view what, std::string_view value) -> Result<void> {
    if (value.empty()) return ok();
    return context.out.write(fmt::format("{:<18}{}\n", what, report::printable(value)));
  };
  MBOXFERRY_TRY(line("profile", name));
  MBOXFERRY_TRY(line("flow", auth::flow_name(profile.flow)));
  MBOXFERRY_TRY(line("user", profile.user));
  MBOXFERRY_TRY(line("client id", profile.client_id));
  MBOXFERRY_TRY(line("scope", profile.scope));
  MBOXFERRY_TRY(line("token endpoint", profile.token_url));
  MBOXFERRY_TRY(line("device endpoint", profile.device_url));
  MBOXFERRY_TRY(line("authorization", profile.authorize_url));
  MBOXFERRY_TRY(line("certificates", profile.ca_file));
  MBOXFERRY_TRY(line("client secret", kept(profile.client_secret)));
  MBOXFERRY_TRY(line("private key", kept(profile.private_key)));
  MBOXFERRY_TRY(line("refresh token", kept(profile.refresh_token)));
  MBOXFERRY_TRY(
      line("access token", token_state(!profile.access_token.reveal().empty(), profile.ends)));
  return kExitSuccess;
}

Result<int> refresh_profile(const Options& options, const std::string& name, Context& context) {
  MBOXFERRY_ASSIGN(auth::TokenStore store, token_store());
  MBOXFERRY_ASSIGN(const auth::Profile profile, store.load(name));
  MBOXFERRY_TRY(confine_auth(options, profile.ca_file));
  auth::ProfileTokens tokens(std::move(store), name, profile.user,
                             auth::TokenService(system_clock(), context.interrupt));
  MBOXFERRY_ASSIGN(const auth::Profile renewed, tokens.renew());
  MBOXFERRY_TRY(context.out.write(
      fmt::format("{}: refreshed, access token {}\n", name, token_state(true, renewed.ends))));
  return kExitSuccess;
}

Result<int> remove_profile(const Options& options, const std::string& name, Context& context) {
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  confine_to_store(options, store);
  MBOXFERRY_ASSIGN(const auto names, store.names());
  // No lock file is made for a name that was mistyped.
  if (std::find(names.begin(), names.end(), name) == names.end()) return store.load(name).error();
  MBOXFERRY_ASSIGN(const auto lock, store.lock(name, system_clock(), context.interrupt));
  MBOXFERRY_TRY(store.remove(name));
  MBOXFERRY_TRY(context.out.write(
      name +
      ": removed here; the service may still know its refresh token, and an application's "
      "rights end in the user's or organisation's settings there\n"));
  return kExitSuccess;
}

struct AuthAction {
  std::string_view name;
  bool takes_profile;
  Result<int> (*run)(const Options& options, const std::string& profile, Context& context);
};
constexpr std::array<AuthAction, 5> kAuthActions{{
    {"login", true, log_in_profile},
    {"list", false, list_profiles},
    {"show", true, show_profile},
    {"refresh", true, refresh_profile},
    {"remove", true, remove_profile},
}};

Result<const AuthAction*> auth_action_of(const AuthOperands& arguments) {
  if (arguments.empty())
    return Error{ErrorCode::usage, "auth needs an action", "see mboxferry auth --help"};
  std::vector<std::string> names;
  for (const AuthAction& action : kAuthActions) {
    names.emplace_back(action.name);
    if (action.name != arguments.front()) continue;
    const std::size_t wanted = action.takes_profile ? 2 : 1;
    if (arguments.size() == wanted) return &action;
    return Error{ErrorCode::usage,
                 fmt::format("auth {} takes {}", action.name,
                             action.takes_profile ? "one profile" : "nothing behind it"),
                 "see mboxferry auth --help"};
  }
  return Error{ErrorCode::usage, "auth has no action '" + arguments.front().substr(0, 40) + "'",
               did_you_mean(arguments.front(), names, "see mboxferry auth --help")};
}

void add_service_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("preset", po::value<std::string>()->value_name("NAME"),
       "endpoints and scope of microsoft365, gmail or fastmail")  //
      ("tenant", po::value<std::string>()->value_name("DOMAIN"),
       "the organisation at Microsoft, by domain or id; of a user any (default)")  //
      ("flow", po::value<std::string>()->value_name("NAME"),
       "device (default: a user enters a code into a browser, on any machine), code (the same with "
       "a browser on this machine, for services that have no device flow), client-credentials "
       "(an application's own right to mailboxes) or service-account (a key that stands for each "
       "mailbox of a Google Workspace)")  //
      ("token-url", po::value<std::string>()->value_name("URL"),
       "the token endpoint; https only, as the others")                                   //
      ("device-url", po::value<std::string>()->value_name("URL"), "the device endpoint")  //
      ("authorize-url", po::value<std::string>()->value_name("URL"),
       "where somebody consents: of the code flow, and named when consent is missing")  //
      ("scope", po::value<std::string>()->value_name("SCOPES"),
       "what the token is for, separated by blanks")  //
      ("ca-file", po::value<std::string>()->value_name("FILE"),
       "trust these certificates (PEM) of the service instead of the system's");
}

void add_client_options(OptionGroup& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("client-id", po::value<std::string>()->value_name("ID"),
       "the application, as you have registered it at the service")  //
      ("client-secret-file", po::value<std::string>()->value_name("FILE"),
       "its secret is the file's content without one line end at its end")  //
      ("client-secret-env", po::value<std::string>()->value_name("NAME"),
       "its secret is in this environment variable")  //
      ("client-secret-command", po::value<std::string>()->value_name("COMMAND"),
       "its secret is what this shell command prints, without one line end at its end")  //
      ("client-certificate", po::value<std::string>()->value_name("FILE"),
       "certificate and private key (PEM) instead of a secret")  //
      ("service-account", po::value<std::string>()->value_name("FILE"),
       "the JSON key file of a service account")  //
      ("user", po::value<std::string>()->value_name("NAME"),
       "whose mailbox it is for, as auth list shows it; of a service account the mailbox that "
       "the login is tried with");
}

}  // namespace

Result<void> confine_auth(const Options& options, const std::string& ca_file) {
  SandboxRights rights = rights_of(options);
  if (!ca_file.empty()) add_input(rights, ca_file);
  MBOXFERRY_TRY(add_all_profiles(rights));
  confine(options, rights);
  return ok();
}

std::string token_state(bool kept, std::optional<std::int64_t> ends) {
  if (!kept) return "none";
  if (!ends) return "until it is refused";
  const bool over = system_clock().unix_seconds() >= *ends;
  return (over ? "ended at " : "until ") + to_rfc3339(local_time(*ends));
}

OptionTable auth_table() {
  OptionTable table;
  table.usage =
      "auth login PROFILE [OPTION]...\n"
      "       mboxferry auth list\n"
      "       mboxferry auth show PROFILE\n"
      "       mboxferry auth refresh PROFILE\n"
      "       mboxferry auth remove PROFILE";
  table.about =
      "Gets OAuth2 tokens from a mail service and keeps them under a name of your choice, for\n"
      "--auth oauth:PROFILE of migrate, batch, verify and retry, which renew them as they end. "
      "The application is one that you have registered at the service. 'login' of a\n"
      "profile that is there logs in again with what is known, and options change it. No token is\n"
      "ever shown. docs/logins.md says what to register where.\n";
  table.examples =
      "  mboxferry auth login alice --preset microsoft365 --client-id ID\n"
      "  mboxferry auth login company --preset microsoft365 --client-id ID \\\n"
      "      --flow client-credentials --tenant example.org \\\n"
      "      --client-secret-file secret\n"
      "  mboxferry auth login workspace --preset gmail \\\n"
      "      --service-account key.json --user alice@example.org\n"
      "  mboxferry migrate Archive.mbox --auth oauth:alice \\\n"
      "      --to imaps://alice%40example.org@outlook.office365.com/\n";
  table.positional = "argument";
  auto service = option_group("the service, for login");
  add_service_options(service);
  auto client = option_group("the application, for login");
  add_client_options(client);
  auto other = option_group("other");
  add_sandbox_option(other);
  other.add_options()("help,h", "this text");
  for (const OptionGroup& group : {service, client, other}) table.groups.push_back(group);
  return table;
}

Result<int> run_auth(const Arguments& arguments, Context& context) {
  const OptionTable table = auth_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  const auto all = options.texts("argument");
  MBOXFERRY_ASSIGN(const AuthAction* action, auth_action_of(all));
  const std::string profile = action->takes_profile ? all[1] : "";
  if (action->takes_profile) MBOXFERRY_TRY(auth::check_profile_name(profile));
  return action->run(options, profile, context);
}

}  // namespace mboxferry::cli
