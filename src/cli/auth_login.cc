// SPDX-License-Identifier: Apache-2.0
// mboxferry auth login: a profile out of options, and its first tokens.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/auth.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/profile_login.h"
#include "cli/small_file.h"
#include "cli/state_place.h"
#include "cli/suggestion.h"
#include "mboxferry/auth/code_login.h"
#include "mboxferry/auth/device_login.h"
#include "mboxferry/auth/key_files.h"
#include "mboxferry/auth/presets.h"
#include "mboxferry/auth/profile_tokens.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLargestClientFile = std::size_t{64} << 10U;
constexpr std::size_t kLongestSetting = 2000;

constexpr std::array<std::pair<const char*, std::string auth::Profile::*>, 6> kSettings{{
    {"token-url", &auth::Profile::token_url},
    {"device-url", &auth::Profile::device_url},
    {"authorize-url", &auth::Profile::authorize_url},
    {"scope", &auth::Profile::scope},
    {"client-id", &auth::Profile::client_id},
    {"user", &auth::Profile::user},
}};

Result<auth::Preset> preset_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auth::Preset& preset : auth::presets()) {
    if (preset.name == name) return preset;
    names.emplace_back(preset.name);
  }
  return Error{ErrorCode::usage, "there is no preset of this name",
               did_you_mean(name, names,
                            "use microsoft365, gmail or fastmail, or --token-url, --device-url and "
                            "--scope")};
}

Result<Secret> key_file(const std::string& path, const char* kind) {
  MBOXFERRY_ASSIGN(std::string text,
                   read_small_file(path, kind, kLargestClientFile, Trust::secret));
  return Secret(std::move(text));
}

/// What proves who asks; one way replaces another.
Result<void> read_client(const Options& options, const Cancellation& interrupt,
                         auth::Profile& profile) {
  CredentialSource source;
  source.file = options.text("client-secret-file");
  source.environment = options.text("client-secret-env");
  source.command = options.text("client-secret-command");
  const std::string certificate = options.text("client-certificate");
  const std::string account = options.text("service-account");
  const std::array<std::string, 5> ways{source.file, source.environment, source.command,
                                        certificate, account};
  const auto given =
      std::count_if(ways.begin(), ways.end(), [](const std::string& way) { return !way.empty(); });
  if (given == 0) return ok();
  if (given > 1) {
    return Error{ErrorCode::usage, "more than one thing is named that proves who asks",
                 "choose one of --client-secret-file, --client-secret-env, "
                 "--client-secret-command, --client-certificate and --service-account"};
  }
  profile.client_secret = {};
  profile.private_key = {};
  profile.certificate_digest.clear();
  profile.key_id.clear();
  if (!certificate.empty()) {
    MBOXFERRY_ASSIGN(const Secret pem, key_file(certificate, "client certificate"));
    return auth::take_client_certificate(pem, profile);
  }
  if (!account.empty()) {
    MBOXFERRY_ASSIGN(const Secret json, key_file(account, "key file"));
    return auth::take_service_account(json, profile);
  }
  MBOXFERRY_ASSIGN(profile.client_secret, get_client_secret(source, interrupt));
  if (all_printable_ascii(profile.client_secret.reveal())) return ok();
  return Error{ErrorCode::configuration, "the client secret holds what no client secret has",
               "only the secret itself should be there, on one line"};
}

Result<void> check_settings(const auth::Profile& profile) {
  for (const auto& [option, member] : kSettings) {
    const std::string& text = profile.*member;
    if (text.size() > kLongestSetting || !all_printable_ascii(text))
      return bad_value(option, "up to 2000 printable characters of ASCII");
  }
  const auto missing = [](const char* what, const char* hint) {
    return Error{ErrorCode::usage, std::string("no ") + what + " is named", hint};
  };
  if (profile.token_url.empty())
    return missing("token endpoint",
                   "use --preset microsoft365, gmail or fastmail, or --token-url");
  if (profile.client_id.empty())
    return missing("application", "register one at the service, and name it with --client-id");
  if (profile.scope.empty()) return missing("scope", "use --preset or --scope");
  if (profile.flow == auth::Flow::device && profile.device_url.empty())
    return missing("device endpoint", "use --preset microsoft365, or --device-url");
  if (profile.flow == auth::Flow::code && profile.authorize_url.empty())
    return missing("authorization endpoint", "use --preset, or --authorize-url");
  if (profile.flow == auth::Flow::code && !profile.authorize_url.starts_with("https://"))
    return bad_value("authorize-url", "an address that begins with https://");
  const bool proves =
      !profile.client_secret.reveal().empty() || !profile.private_key.reveal().empty();
  if (profile.flow == auth::Flow::client_credentials && !proves) {
    return missing("client secret",
                   "use --client-secret-file, --client-secret-env, --client-secret-command or "
                   "--client-certificate");
  }
  if (profile.flow != auth::Flow::service_account) return ok();
  if (profile.private_key.reveal().empty()) return missing("key file", "use --service-account");
  if (profile.user.empty())
    return missing("mailbox", "name one to try the login with: --user alice@example.org");
  return ok();
}

/// The profile that is there, if none of the options says what service it is for; else a new one.
Result<auth::Profile> begin_profile(const Options& options, const std::string& name,
                                    const auth::TokenStore& store) {
  MBOXFERRY_ASSIGN(const auto names, store.names());
  const bool is_there = std::find(names.begin(), names.end(), name) != names.end();
  const bool anew = !options.text("preset").empty() || !options.text("token-url").empty();
  if (is_there && !anew) return store.load(name);
  auth::Profile profile;
  profile.name = name;
  return profile;
}

Result<auth::Profile> read_profile(const Options& options, const std::string& name,
                                   const auth::TokenStore& store, const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(auth::Profile profile, begin_profile(options, name, store));
  const std::string flow = options.text("flow");
  if (!flow.empty()) {
    const auto known = auth::flow_from_name(flow);
    if (!known) return bad_value("flow", "device, code, client-credentials or service-account");
    profile.flow = *known;
  } else if (!options.text("service-account").empty()) {
    profile.flow = auth::Flow::service_account;
  }
  for (const auto& [option, member] : kSettings) {
    if (const auto value = options.get<std::string>(option)) profile.*member = *value;
  }
  if (const std::string file = options.text("ca-file"); !file.empty())
    profile.ca_file = canonical_path(file);
  MBOXFERRY_TRY(read_client(options, interrupt, profile));
  if (const std::string preset = options.text("preset"); !preset.empty()) {
    MBOXFERRY_ASSIGN(const auth::Preset known, preset_named(preset));
    MBOXFERRY_TRY(auth::apply_preset(known, options.text("tenant"), profile));
  }
  MBOXFERRY_TRY(check_settings(profile));
  return profile;
}

void tell_code(const auth::DeviceCode& code) {
  say(
      fmt::format("open {} in a browser, enter the code {} and log in as the mailbox's user; "
                  "waiting for that",
                  code.page, code.user_code));
}

void tell_address(const std::string& address) {
  say("open this address in a browser on this machine and log in as the mailbox's user; waiting "
      "for that: " +
      address);
}

Result<auth::Grant> first_tokens(const auth::Profile& profile, const auth::TokenService& service) {
  if (profile.flow == auth::Flow::device)
    return auth::log_in_by_device(profile, service, tell_code);
  if (profile.flow == auth::Flow::code) return auth::log_in_by_code(profile, service, tell_address);
  return service.renew(profile, profile.user);
}

}  // namespace

Result<int> log_in_profile(const Options& options, const std::string& name, Context& context) {
  MBOXFERRY_ASSIGN(const auth::TokenStore store, token_store());
  MBOXFERRY_ASSIGN(auth::Profile profile, read_profile(options, name, store, context.interrupt));
  MBOXFERRY_TRY(make_state_folder(store.folder()));
  {
    // A person should not log in for tokens that cannot be kept.
    MBOXFERRY_ASSIGN(const auto lock, store.lock(name, system_clock(), context.interrupt));
    MBOXFERRY_TRY(store.prepare(name));
  }
  MBOXFERRY_TRY(confine_auth(options, profile.ca_file));
  const auth::TokenService service(system_clock(), context.interrupt);
  const auto granted = first_tokens(profile, service);
  if (!granted) return granted.error();
  // What another login gave is not this one's.
  profile.refresh_token = {};
  auth::take_grant(profile, *granted, system_clock().unix_seconds());
  const std::string state = token_state(true, profile.ends);
  // It is for one mailbox of many.
  if (profile.flow == auth::Flow::service_account) profile.access_token = {};
  {
    MBOXFERRY_ASSIGN(const auto lock, store.lock(name, system_clock(), context.interrupt));
    MBOXFERRY_ASSIGN(OutputFile place, store.prepare(name));
    MBOXFERRY_TRY(auth::TokenStore::save(profile, std::move(place)));
  }
  const bool is_user = profile.flow == auth::Flow::device || profile.flow == auth::Flow::code;
  if (is_user && profile.refresh_token.reveal().empty())
    say("the service gave no refresh token: the profile ends with its access token; some services "
        "want the scope offline_access for one");
  MBOXFERRY_TRY(
      context.out.write(fmt::format("{}: logged in, access token {}; use it with --auth "
                                    "oauth:{}\n",
                                    name, state, name)));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
