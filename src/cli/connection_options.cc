// SPDX-License-Identifier: Apache-2.0
// Reads the options of a connection.
#include "cli/connection_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cli/target_url.h"
#include "cli/trace_log.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr long kLongestTimeout = 86'400;

/// `sha256:` and 64 hex digits, colons between them allowed as certificate tools print them.
Result<std::string> read_pin(const std::string& text) {
  constexpr std::string_view kPrefix = "sha256:";
  std::string pin;
  for (const char c : text) pin += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto hint = "sha256: and the 64 hex digits of the certificate's fingerprint";
  if (!pin.starts_with(kPrefix)) return bad_value("tls-pin", hint);
  std::string digits = pin.substr(kPrefix.size());
  std::erase(digits, ':');
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return bad_value("tls-pin", hint);
  }
  return std::string(kPrefix) + digits;
}

Result<void> read_target(const Layer& layer, ConnectionSettings& settings) {
  if (const auto text = layer.get<std::string>("to")) {
    MBOXFERRY_ASSIGN(const TargetUrl url, parse_target_url(*text));
    settings.host = url.host;
    if (url.port) settings.port = url.port;
    if (!url.user.empty()) settings.user = url.user;
    if (url.mailbox) settings.mailbox = url.mailbox;
  }
  if (const auto host = layer.get<std::string>("host")) settings.host = host;
  if (const auto port = layer.get<long>("port")) {
    if (*port < 1 || *port > 65535) return bad_value("port", "a number from 1 to 65535");
    settings.port = static_cast<std::uint16_t>(*port);
  }
  if (const auto user = layer.get<std::string>("user")) settings.user = user;
  if (const auto mailbox = layer.get<std::string>("mailbox")) settings.mailbox = mailbox;
  if (settings.mailbox && !is_utf8(*settings.mailbox)) {
    return bad_value("mailbox", "a name in UTF-8");
  }
  return ok();
}

Result<void> read_security(const Layer& layer, ConnectionSettings& settings) {
  if (const auto name = layer.get<std::string>("tls")) {
    settings.security = security_from_name(*name);
    if (!settings.security) return bad_value("tls", "implicit or starttls");
  }
  if (const auto file = layer.get<std::string>("ca-file")) settings.ca_file = file;
  if (const auto pin = layer.get<std::string>("tls-pin")) {
    MBOXFERRY_ASSIGN(settings.tls_pin, read_pin(*pin));
  }
  if (layer.get<bool>("tls-pin-only").value_or(false)) settings.tls_pin_only = true;
  if (const auto seconds = layer.get<long>("timeout")) {
    if (*seconds < 1 || *seconds > kLongestTimeout) {
      return bad_value("timeout", "seconds, 1 to 86400");
    }
    settings.timeout = std::chrono::seconds(*seconds);
  }
  if (const auto name = layer.get<std::string>("compress")) {
    const auto compression = imap::compression_from_name(*name);
    if (!compression) return bad_value("compress", "auto, on or off");
    settings.compression = *compression;
  }
  if (layer.get<bool>("no-pipelining").value_or(false)) settings.pipelining = false;
  if (const auto file = layer.get<std::string>("log-file")) settings.log_file = *file;
  if (layer.get<bool>("verbose").value_or(false)) settings.verbose = true;
  return ok();
}

/// `--auth` names a mechanism, or a profile whose tokens go by the strongest one for tokens.
Result<void> read_auth(const std::string& name, ConnectionSettings& settings,
                       CredentialSource& source) {
  constexpr std::string_view kProfile = "oauth:";
  const bool is_profile = name.starts_with(kProfile);
  const auto mechanism = is_profile ? imap::Mechanism::automatic : imap::mechanism_from_name(name);
  if (is_profile) source.profile = name.substr(kProfile.size());
  if (!mechanism || (is_profile && source.profile.empty())) {
    return bad_value("auth",
                     "auto, plain, login, scram-sha-1, scram-sha-256, oauthbearer, xoauth2 or "
                     "oauth:PROFILE");
  }
  settings.mechanism = *mechanism;
  settings.credentials.profile.clear();
  return ok();
}

Result<void> read_login(const Layer& layer, ConnectionSettings& settings) {
  CredentialSource source;
  if (const auto name = layer.get<std::string>("auth"))
    MBOXFERRY_TRY(read_auth(*name, settings, source));
  if (const auto name = layer.get<std::string>("login-as")) settings.login_as = *name;
  int given = source.profile.empty() ? 0 : 1;
  const std::array<std::pair<const char*, std::string*>, 6> places{
      {{"password-file", &source.file},
       {"password-env", &source.environment},
       {"password-command", &source.command},
       {"token-file", &source.token_file},
       {"token-env", &source.token_environment},
       {"token-command", &source.token_command}}};
  for (const auto& [option, place] : places) {
    const auto value = layer.get<std::string>(option);
    if (!value) continue;
    ++given;
    *place = *value;
  }
  if (given > 1) {
    return Error{ErrorCode::usage, "more than one place is named for the password or token",
                 "choose one of --password-file, --password-env, --password-command, --token-file, "
                 "--token-command and --auth oauth:PROFILE"};
  }
  if (given == 1) settings.credentials = std::move(source);
  return ok();
}

}  // namespace

std::vector<std::string> CredentialSource::files() const {
  std::vector<std::string> files;
  for (const std::string& one : {file, token_file}) {
    if (!one.empty()) files.push_back(one);
  }
  return files;
}

void add_target_options(po::options_description& group) {
  group.add_options()  //
      ("to", po::value<std::string>()->value_name("URL"),
       "imaps://USER@HOST:PORT/MAILBOX; special characters as %XX, so the @ of a user name is %40. "
       "With MAILBOX a single mbox goes into it and a folder of them goes below it; without, the "
       "archive's own names are used")                                              //
      ("host", po::value<std::string>()->value_name("NAME"), "the server")          //
      ("port", po::value<long>()->value_name("N"), "993, with --tls=starttls 143")  //
      ("user", po::value<std::string>()->value_name("NAME"), "whom to log in")      //
      ("mailbox", po::value<std::string>()->value_name("NAME"), "as MAILBOX in --to");
}

void add_connection_options(po::options_description& group) {
  group.add_options()  //
      ("tls", po::value<std::string>()->value_name("KIND"),
       "implicit (default) or starttls; never without TLS")  //
      ("ca-file", po::value<std::string>()->value_name("FILE"),
       "trust these certificates (PEM) instead of the system's")  //
      ("tls-pin", po::value<std::string>()->value_name("sha256:HEX"),
       "trust the server's certificate with this fingerprint and no other, whoever issued it; its "
       "host name and dates are checked, and with --ca-file its issuer too")  //
      ("tls-pin-only", flag(),
       "with --tls-pin, check nothing but the fingerprint: not host name, dates or issuer")  //
      ("timeout", po::value<long>()->value_name("SECONDS"),
       "give up a connection after this long without progress (120); while it is made, after 30 at "
       "most")  //
      ("compress", po::value<std::string>()->value_name("WHEN"),
       "auto (default: when the network is too slow), on or off; where the server can")  //
      ("no-pipelining", flag(),
       "send no command before the one before it was answered: slower, for servers that lose "
       "input; "
       "a job finds out by itself")  //
      ("log-file", po::value<std::string>()->value_name("FILE"),
       "append what is said to the server and by it; credentials are masked, mail is left out")  //
      ("verbose,v", flag(), "say the same on standard error");
}

void add_password_options(po::options_description& group) {
  group.add_options()  //
      ("password-file", po::value<std::string>()->value_name("FILE"),
       "the password is the file's content without one line end at its end")  //
      ("password-env", po::value<std::string>()->value_name("NAME"),
       "the password is in this environment variable")  //
      ("password-command", po::value<std::string>()->value_name("COMMAND"),
       "the password is what this shell command prints, without one line end at its end");
}

void add_login_options(po::options_description& group) {
  group.add_options()  //
      ("auth", po::value<std::string>()->value_name("MECHANISM"),
       "auto (default: the strongest that the server offers), plain, login, scram-sha-1, "
       "scram-sha-256, oauthbearer or xoauth2; or oauth:PROFILE: log in with the tokens that "
       "mboxferry auth login PROFILE has got, which are renewed as they end")  //
      ("login-as", po::value<std::string>()->value_name("ADMIN"),
       "log in with the name and password of ADMIN, and use the mailboxes of the user; *ADMIN for "
       "servers whose master users log in as USER*ADMIN")  //
      ("token-file", po::value<std::string>()->value_name("FILE"),
       "log in with the OAuth2 access token in this file, which is read for each connection")  //
      ("token-command", po::value<std::string>()->value_name("COMMAND"),
       "log in with the OAuth2 access token that this shell command prints; it runs again when the "
       "server refuses the token");
}

Result<ConnectionSettings> read_connection_settings(const Options& options) {
  ConnectionSettings settings;
  for (const Layer& layer : options.weakest_first()) {
    MBOXFERRY_TRY(read_target(layer, settings));
    MBOXFERRY_TRY(read_security(layer, settings));
    MBOXFERRY_TRY(read_login(layer, settings));
  }
  return settings;
}

Result<imap::Account> make_account(const ConnectionSettings& settings) {
  const auto missing = [](const char* what, const char* option) {
    return Error{ErrorCode::usage, std::string("no ") + what + " is named",
                 std::string("use --to imaps://USER@HOST/ or --") + option};
  };
  if (settings.host.value_or("").empty()) return missing("server", "host");
  if (settings.user.value_or("").empty()) return missing("user", "user");
  imap::Account account;
  account.host = *settings.host;
  account.user = *settings.user;
  account.security = settings.security.value_or(imap::Security::implicit_tls);
  account.port =
      settings.port.value_or(account.security == imap::Security::implicit_tls ? 993 : 143);
  account.ca_file = settings.ca_file.value_or("");
  account.tls_pin = settings.tls_pin.value_or("");
  account.tls_pin_only = settings.tls_pin_only;
  account.mechanism = settings.mechanism;
  account.login_as = settings.login_as;
  if (account.tls_pin_only && account.tls_pin.empty())
    return Error{ErrorCode::usage, "--tls-pin-only needs a pin", "give it with --tls-pin"};
  return account;
}

std::string_view security_name(imap::Security security) {
  return security == imap::Security::starttls ? "starttls" : "implicit";
}

std::optional<imap::Security> security_from_name(std::string_view name) {
  if (name == "implicit") return imap::Security::implicit_tls;
  if (name == "starttls") return imap::Security::starttls;
  return {};
}

std::optional<imap::Account> account_of_label(std::string_view label) {
  const std::size_t colon = label.rfind(':');
  const std::size_t at = label.substr(0, colon).rfind('@');
  if (colon == std::string_view::npos || at == std::string_view::npos) return {};
  imap::Account account;
  account.user = label.substr(0, at);
  account.host = label.substr(at + 1, colon - at - 1);
  const std::string_view port = label.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), account.port);
  const bool number = error == std::errc() && end == port.data() + port.size();
  if (!number || account.port == 0 || account.user.empty() || account.host.empty()) return {};
  return account;
}

Result<imap::ConnectionOptions> make_connection_options(const ConnectionSettings& settings) {
  imap::ConnectionOptions options;
  options.timeout = settings.timeout;
  options.compression = settings.compression;
  options.pipelining = settings.pipelining;
  options.trust = imap::make_trust_stores();
  MBOXFERRY_ASSIGN(options.trace, trace_of(settings));
  return options;
}

}  // namespace mboxferry::cli
