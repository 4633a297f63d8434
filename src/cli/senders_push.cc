// SPDX-License-Identifier: Apache-2.0
// mboxferry senders push and restore: the lists as scripts on a server, and back.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/job_settings.h"
#include "cli/profile_login.h"
#include "cli/sandbox_options.h"
#include "cli/saved_scripts.h"
#include "cli/sender_options.h"
#include "cli/senders.h"
#include "mboxferry/imap/secure_stream.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/sieve/deployment.h"

namespace mboxferry::cli {
namespace {

constexpr std::uint16_t kManageSievePort = 4190;

class TlsChannel final : public sieve::Channel {
 public:
  TlsChannel(std::unique_ptr<imap::SecureStream> stream, bool implicit_tls)
      : stream_(std::move(stream)), implicit_tls_(implicit_tls) {}

  [[nodiscard]] const std::string& place() const override { return stream_->place(); }
  Result<std::size_t> read(std::span<char> buffer) override {
    return advised(stream_->read(buffer));
  }
  Result<void> write(std::string_view bytes) override { return advised(stream_->write(bytes)); }
  bool readable_now() override { return stream_->readable_now(); }
  Result<void> start_tls() override { return advised(stream_->start_tls()); }
  void opened() override { stream_->opened(); }
  [[nodiscard]] std::optional<Secret> tls_exporter() const override {
    return stream_->tls_exporter();
  }

 private:
  /// What the stream advises is about IMAP.
  template <typename T>
  Result<T> advised(Result<T> done) const {
    if (done) return done;
    Error error = done.error();
    if (error.hint.find("993") != std::string::npos || error.hint.find("143") != std::string::npos)
      error.hint = implicit_tls_ ? "try --tls starttls; ManageSieve is usually on port 4190"
                                 : "check host and port: ManageSieve is usually on port 4190";
    return error;
  }

  std::unique_ptr<imap::SecureStream> stream_;
  bool implicit_tls_;
};

/// HOST or HOST:PORT; an IPv6 address with a port is in brackets.
Result<void> read_place(const std::string& text, imap::Account& account) {
  std::string_view host = text;
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return bad_value("managesieve", "HOST or HOST:PORT");
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
    if (!port.empty() && port.front() != ':') return bad_value("managesieve", "HOST or HOST:PORT");
  } else if (const std::size_t colon = host.find(':');
             colon != std::string_view::npos && colon == host.rfind(':')) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  account.port = kManageSievePort;
  if (!port.empty()) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), account.port);
    if (error != std::errc() || end != port.data() + port.size() || account.port == 0)
      return bad_value("managesieve", "HOST or HOST:PORT");
  }
  account.host = host;
  if (host.empty()) return bad_value("managesieve", "HOST or HOST:PORT");
  return ok();
}

struct SieveAccount {
  imap::Account account;
  ConnectionSettings connection;
  imap::ConnectionOptions options;
  std::string label;
};

Result<SieveAccount> read_sieve_account(const Options& options) {
  SieveAccount found;
  const std::string place = options.text("managesieve");
  if (place.empty())
    return Error{ErrorCode::usage, "no server is named",
                 "name it with --managesieve HOST or HOST:PORT, or give --infomaniak; for other "
                 "services, upload what senders sieve prints, or enter the lists by hand"};
  MBOXFERRY_ASSIGN(found.connection, read_connection_settings(options));
  MBOXFERRY_TRY(read_place(place, found.account));
  ConnectionSettings settings = found.connection;
  settings.host = found.account.host;
  settings.port = found.account.port;
  settings.security = settings.security.value_or(imap::Security::starttls);
  if (settings.user.value_or("").empty())
    return Error{ErrorCode::usage, "no user is named", "name whom to log in with --user"};
  MBOXFERRY_ASSIGN(found.account, make_account(settings));
  MBOXFERRY_ASSIGN(found.options, make_connection_options(settings));
  found.label = found.account.label();
  return found;
}

/// When the password is known; a command for tokens could not be run again.
Result<void> confine_push(const Options& options, const std::string& state_folder,
                          const SieveAccount& account) {
  const CredentialSource& credentials = account.connection.credentials;
  if (credentials.runs_command_later()) return ok();
  SandboxRights rights = rights_of(options);
  rights.workplaces.push_back(state_folder);
  for (const std::string& input : credentials.files()) add_input(rights, input);
  MBOXFERRY_TRY(add_profile(rights, credentials.profile));
  confine(options, rights);
  return ok();
}

Result<std::unique_ptr<sieve::ManageSieve>> log_in(const Options& options,
                                                   const std::string& state_folder,
                                                   SieveAccount& account, Context& context) {
  account.options.interrupt = &context.interrupt;
  const bool implicit = account.account.security == imap::Security::implicit_tls;
  MBOXFERRY_TRY(
      get_credentials(account.connection.credentials, account.account, context.interrupt));
  MBOXFERRY_TRY(confine_push(options, state_folder, account));
  MBOXFERRY_ASSIGN(auto stream, imap::SecureStream::connect(account.account, account.options));
  MBOXFERRY_ASSIGN(auto server, sieve::ManageSieve::open(
                                    std::make_unique<TlsChannel>(std::move(stream), implicit),
                                    !implicit, account.options.trace));
  sieve::Login login;
  login.names = sasl::login_names(account.account.user, account.account.login_as);
  login.mechanism = account.account.mechanism;
  login.secret = account.account.password;
  login.host = account.account.host;
  login.port = account.account.port;
  login.is_token = account.account.tokens != nullptr;
  if (login.is_token) {
    MBOXFERRY_ASSIGN(login.secret, account.account.tokens->token());
  }
  MBOXFERRY_TRY(server->log_in(login));
  return server;
}

Result<std::string> script_name(const Options& options) {
  std::string name = options.text("script-name");
  if (name.empty()) return sieve::DeploymentSettings{}.name;
  const bool fits = name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
                      const auto byte = static_cast<unsigned char>(c);
                      return byte > 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '/';
                    });
  if (fits) return name;
  return bad_value("script-name", "up to 100 characters of ASCII without blanks, quotes, / and \\");
}

Result<void> refuse_operands(const Operands& operands, const char* action) {
  if (operands.empty()) return ok();
  return Error{ErrorCode::usage, fmt::format("senders {} takes no arguments", action),
               "name the server with --managesieve or --infomaniak"};
}

Result<void> tell_pushed(const sieve::Deployment& done, bool dry_run, const std::string& place,
                         Context& context) {
  const char* verb = dry_run ? "would be stored" : "stored";
  for (const sieve::StoredScript& script : done.scripts)
    MBOXFERRY_TRY(context.out.write(fmt::format("{}: {} {} ({} bytes)\n", place,
                                                report::printable(script.name), verb,
                                                script.content.size())));
  for (const std::string& name : done.included)
    MBOXFERRY_TRY(context.out.write(
        fmt::format("{}: {} goes on working behind them\n", place, report::printable(name))));
  if (!done.displaced.empty())
    MBOXFERRY_TRY(context.out.write(fmt::format("{}: {} {} no longer active\n", place,
                                                report::printable(done.displaced),
                                                dry_run ? "would be" : "is")));
  for (const std::string& note : done.notes) say(note);
  return ok();
}

}  // namespace

Result<int> push_senders(const Options& options, const Operands& operands, Context& context) {
  MBOXFERRY_TRY(refuse_operands(operands, "push"));
  if (options.has_flag("infomaniak")) return push_to_infomaniak(options, context);
  MBOXFERRY_ASSIGN(SieveAccount account, read_sieve_account(options));
  MBOXFERRY_ASSIGN(const policy::JudgeOptions judging, read_judge_options(options));
  sieve::DeploymentSettings settings;
  MBOXFERRY_ASSIGN(settings.name, script_name(options));
  settings.script.block_wins = judging.block_wins;
  settings.script.proven_only = !judging.authserv_id.empty();
  settings.script.sender_field = judging.sender_field;
  if (const auto junk = options.get<std::string>("junk-mailbox")) {
    settings.script.junk_mailbox = *junk;
    settings.script.junk_is_named = true;
  }
  settings.replace_active = options.has_flag("replace-active");
  settings.dry_run = options.has_flag("dry-run");
  MBOXFERRY_ASSIGN(const policy::LoadedLists loaded, read_sender_lists(options, ListUse::decides));
  if (loaded.lists.empty())
    return Error{ErrorCode::usage, "no entry is in the lists", "name a list with --senders FILE"};
  MBOXFERRY_ASSIGN(const std::string folder,
                   settings.dry_run ? state_folder_name(options) : state_folder(options));
  const std::string path = saved_scripts_path(folder, account.label, settings.name);
  MBOXFERRY_ASSIGN(const auto server, log_in(options, folder, account, context));
  const auto save = [&](const sieve::SavedScripts& saved, bool again) -> Result<void> {
    if (again) {
      MBOXFERRY_ASSIGN(const auto known, load_saved_scripts(path, account.label));
      if (known) return ok();
    }
    return save_scripts(path, account.label, saved);
  };
  MBOXFERRY_ASSIGN(const sieve::Deployment done,
                   sieve::push_scripts(*server, loaded.lists, settings, save));
  server->log_out();
  MBOXFERRY_TRY(tell_pushed(done, settings.dry_run, server->place(), context));
  return kExitSuccess;
}

Result<int> restore_senders(const Options& options, const Operands& operands, Context& context) {
  MBOXFERRY_TRY(refuse_operands(operands, "restore"));
  if (options.has_flag("infomaniak")) return restore_at_infomaniak(options, context);
  MBOXFERRY_ASSIGN(SieveAccount account, read_sieve_account(options));
  sieve::RestoreSettings settings;
  MBOXFERRY_ASSIGN(settings.name, script_name(options));
  settings.overwrite = options.has_flag("replace-active");
  settings.dry_run = options.has_flag("dry-run");
  MBOXFERRY_ASSIGN(const std::string folder, state_folder_name(options));
  const std::string path = saved_scripts_path(folder, account.label, settings.name);
  MBOXFERRY_ASSIGN(const auto saved, load_saved_scripts(path, account.label));
  if (!saved)
    return Error{ErrorCode::configuration,
                 fmt::format("nothing of {} is saved in {}: it is restored already, or was pushed "
                             "with another state folder",
                             account.label, folder),
                 "use the --user, --managesieve, --script-name and --state-dir of the push"};
  MBOXFERRY_ASSIGN(const auto server, log_in(options, folder, account, context));
  MBOXFERRY_ASSIGN(const auto done, sieve::restore_scripts(*server, *saved, settings));
  server->log_out();
  for (const std::string& line : done)
    MBOXFERRY_TRY(context.out.write(server->place() + ": " + report::printable(line) + "\n"));
  if (done.empty())
    MBOXFERRY_TRY(context.out.write(server->place() + ": everything is as it was saved\n"));
  if (settings.dry_run) return kExitSuccess;
  // What follows is another push, which saves anew.
  if (::unlink(path.c_str()) != 0)
    say(fmt::format("cannot remove {}: {}", path, errno_text(errno)));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
