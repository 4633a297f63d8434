// SPDX-License-Identifier: Apache-2.0
// Where passwords and access tokens come from.
#include "cli/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>  // NOLINT: explicit_bzero is here
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "cli/child_output.h"
#include "cli/command.h"
#include "cli/profile_login.h"
#include "cli/terminal_prompt.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::cli {
namespace {

constexpr std::size_t kLongestPassword = 16u << 10;
constexpr const char* kSources =
    "use --password-file, --password-env or --password-command, or run it on a terminal";
constexpr const char* kTokenSources = "use --token-file or --token-command";
constexpr const char* kClientSecret = "client secret";
constexpr const char* kClientSecretSources =
    "use --client-secret-file, --client-secret-env or --client-secret-command";

/// What is looked for, and where.
struct Wanted {
  std::string what;  ///< "password", "token" or kClientSecret
  std::string place;

  [[nodiscard]] std::string text() const { return "the " + what + " from " + place; }
  [[nodiscard]] const char* sources() const {
    if (what == kClientSecret) return kClientSecretSources;
    return what == "token" ? kTokenSources : kSources;
  }
};

/// Takes one line end off, and only one: a password may end with an empty line of its own.
void drop_line_end(std::string& text) {
  if (!text.ends_with('\n')) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

Result<imap::Secret> checked(const imap::Secret& secret, const Wanted& wanted) {
  const std::string_view text = secret.reveal();
  if (text.empty())
    return Error{ErrorCode::configuration, wanted.text() + " is empty", wanted.sources()};
  if (text.find('\0') != std::string_view::npos) {
    return Error{ErrorCode::configuration,
                 wanted.text() + " holds a NUL byte, which no login can carry",
                 "check the file's encoding: it should be plain text"};
  }
  if (wanted.what == "token" && !all_visible(text)) {
    return Error{
        ErrorCode::configuration,
        wanted.text() + " holds a space, a line end or another character that no token has",
        "only the access token itself should be there, on one line"};
  }
  return secret;
}

Error interrupted_before_login() { return {ErrorCode::interrupted, "interrupted", ""}; }

Result<std::string> read_bounded(int descriptor, const Wanted& wanted,
                                 const Cancellation& interrupt) {
  std::string text;
  text.reserve(kLongestPassword + 1);  // no reallocation leaves a copy behind
  std::array<char, 1024> buffer{};
  while (text.size() <= kLongestPassword) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR && interrupt.requested()) return interrupted_before_login();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::configuration,
                   "cannot read " + wanted.text() + ": " + errno_text(errno), wanted.sources()};
    }
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::explicit_bzero(buffer.data(), buffer.size());
  if (text.size() > kLongestPassword) {
    return Error{ErrorCode::configuration, wanted.text() + " is too long", "at most 16384 bytes"};
  }
  drop_line_end(text);
  return text;
}

/// A pipe may have no writer for long.
FileDescriptor open_password_file(const std::string& path, const Cancellation& interrupt) {
  for (;;) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid() || errno != EINTR || interrupt.requested()) return file;
  }
}

Result<imap::Secret> from_file(const Wanted& wanted, const Cancellation& interrupt,
                               bool warns = true) {
  const std::string& path = wanted.place;
  const FileDescriptor file = open_password_file(path, interrupt);
  if (!file.valid() && interrupt.requested()) return interrupted_before_login();
  const std::string kind = wanted.what + " file";
  if (!file.valid()) {
    return Error{ErrorCode::configuration,
                 "cannot read the " + kind + " " + path + ": " + errno_text(errno),
                 wanted.sources()};
  }
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0;
  if (known) MBOXFERRY_TRY(refuse_writable_by_others(status, kind, path));
  if (warns && known && S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    say("warning: others can read the " + kind + " " + path + "; run: chmod 600 " + path);
  }
  MBOXFERRY_ASSIGN(auto text, read_bounded(file.get(), wanted, interrupt));
  return checked(imap::Secret(std::move(text)), wanted);
}

Result<imap::Secret> from_environment(const std::string& name, const Wanted& wanted) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return Error{ErrorCode::configuration, "the environment has no variable " + name,
                 wanted.sources()};
  }
  return checked(imap::Secret(std::string(value)), wanted);
}

Result<imap::Secret> from_command(const std::string& command, const Wanted& wanted,
                                  const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(ChildOutput child, ChildOutput::start(command, wanted.what));
  auto text = read_bounded(child.descriptor(), wanted, interrupt);
  const Result<void> ended = child.wait();
  if (!text) return text.error();
  const imap::Secret secret(std::move(*text));
  MBOXFERRY_TRY(ended);
  return checked(secret, wanted);
}

/// Another program may put a newer token in the file's place at any time.
class TokenFile final : public imap::TokenSource {
 public:
  TokenFile(std::string path, const Cancellation& interrupt)
      : wanted_{"token", std::move(path)}, interrupt_(interrupt) {}
  Result<imap::Secret> token() override {
    return from_file(wanted_, interrupt_, !warned_.exchange(true));
  }
  Result<imap::Secret> token_after(const imap::Secret&) override { return token(); }

 private:
  Wanted wanted_;
  const Cancellation& interrupt_;
  std::atomic<bool> warned_ = false;
};

/// Cannot change.
class TokenVariable final : public imap::TokenSource {
 public:
  explicit TokenVariable(std::string name) : name_(std::move(name)) {}
  Result<imap::Secret> token() override {
    return from_environment(name_, {"token", "the environment"});
  }
  Result<imap::Secret> token_after(const imap::Secret&) override { return token(); }

 private:
  std::string name_;
};

class TokenCommand final : public imap::TokenSource {
 public:
  TokenCommand(std::string command, const Cancellation& interrupt)
      : command_(std::move(command)), interrupt_(interrupt) {}

  Result<imap::Secret> token() override {
    const std::lock_guard lock(mutex_);
    return token_.reveal().empty() ? run() : Result<imap::Secret>(token_);
  }

  Result<imap::Secret> token_after(const imap::Secret& refused) override {
    const std::lock_guard lock(mutex_);
    // Another connection may have been refused before.
    if (token_.reveal() != refused.reveal()) return token_;
    return run();
  }

 private:
  Result<imap::Secret> run() {
    MBOXFERRY_ASSIGN(token_, from_command(command_, {"token", "the token command"}, interrupt_));
    return token_;
  }

  std::string command_;
  const Cancellation& interrupt_;
  std::mutex mutex_;
  imap::Secret token_;
};

}  // namespace

Result<imap::Secret> get_password(const CredentialSource& source, const std::string& label,
                                  const Cancellation& interrupt) {
  if (!source.file.empty()) return from_file({"password", source.file}, interrupt);
  if (!source.environment.empty())
    return from_environment(source.environment, {"password", "the environment"});
  if (!source.command.empty()) {
    auto password = from_command(source.command, {"password", "the password command"}, interrupt);
    if (interrupt.requested()) return interrupted_before_login();
    return password;
  }
  MBOXFERRY_ASSIGN(std::string typed, ask_on_terminal("Password of " + label + ": ", interrupt));
  return checked(imap::Secret(std::move(typed)), {"password", "the terminal"});
}

Result<imap::Secret> get_client_secret(const CredentialSource& source,
                                       const Cancellation& interrupt) {
  if (!source.file.empty()) return from_file({kClientSecret, source.file}, interrupt);
  if (!source.environment.empty())
    return from_environment(source.environment, {kClientSecret, "the environment"});
  if (source.command.empty()) return imap::Secret();
  auto secret =
      from_command(source.command, {kClientSecret, "the client secret command"}, interrupt);
  if (interrupt.requested()) return interrupted_before_login();
  return secret;
}

Result<void> check_login(imap::Mechanism mechanism, const std::string& login_as, bool is_token) {
  if (is_token && !login_as.empty()) {
    return Error{ErrorCode::usage, "--login-as needs the password of ADMIN, and a token is given",
                 "leave it out: the token says whose it is, and --user which mailboxes to use"};
  }
  if (mechanism == imap::Mechanism::automatic || imap::takes_token(mechanism) == is_token)
    return ok();
  return Error{ErrorCode::usage,
               fmt::format("--auth {} takes a{}", imap::mechanism_name(mechanism),
                           is_token ? " password, and a token is given"
                                    : "n access token, and a password is given"),
               is_token ? "leave out --auth, or use xoauth2 or oauthbearer"
                        : "use --token-file, --token-command or --auth oauth:PROFILE"};
}

std::shared_ptr<imap::TokenSource> token_source(const CredentialSource& source,
                                                const Cancellation& interrupt) {
  if (!source.token_file.empty()) return std::make_shared<TokenFile>(source.token_file, interrupt);
  if (!source.token_environment.empty())
    return std::make_shared<TokenVariable>(source.token_environment);
  if (!source.token_command.empty())
    return std::make_shared<TokenCommand>(source.token_command, interrupt);
  return nullptr;
}

Result<void> get_credentials(const CredentialSource& source, imap::Account& account,
                             const Cancellation& interrupt) {
  MBOXFERRY_TRY(check_login(account.mechanism, account.login_as, source.is_token()));
  account.tokens = token_source(source, interrupt);
  if (!source.profile.empty()) {
    MBOXFERRY_TRY(use_profile(source.profile, account, interrupt));
  } else if (!account.tokens) {
    MBOXFERRY_ASSIGN(account.password, get_password(source, account.label(), interrupt));
  }
  // What is wrong with the place is told before anybody is connected to.
  if (account.tokens) MBOXFERRY_TRY(account.tokens->token());
  return ok();
}

}  // namespace mboxferry::cli
