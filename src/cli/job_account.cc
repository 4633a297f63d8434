// SPDX-License-Identifier: Apache-2.0
// The account as the job's last run reached it.
#include "cli/job_account.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "cli/command.h"
#include "cli/state_place.h"
#include "cli/terminal_prompt.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

bool is_in_own_state(const std::string& journal) {
  const auto state = default_state_folder();
  if (!state) return false;
  std::error_code failed;
  const fs::path folder = fs::canonical(*state, failed);
  if (failed) return false;
  const fs::path file = fs::canonical(journal, failed);
  if (failed) return false;
  const fs::path inside = file.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

std::string target_text(const imap::Account& account) {
  std::string text = account.label();
  if (!account.ca_file.empty()) text += ", trusting the issuers in " + account.ca_file;
  if (!account.tls_pin.empty()) {
    text += ", trusting the certificate " + account.tls_pin;
    if (account.tls_pin_only) text += " alone, for any host and date";
  }
  return text;
}

/// "mail.mbox, Maildir and 3 more"; nothing for none.
std::string archives_text(const std::vector<std::string>& archives) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(archives.size(), kMost); ++i)
    text += (i == 0 ? "" : ", ") + archives[i];
  if (archives.size() > kMost) text += " and " + std::to_string(archives.size() - kMost) + " more";
  return text;
}

/// An archive that the job has read has folders; a journal that somebody changed may name others.
Result<void> refuse_unread_archives(const journal::Journal& journal,
                                    const std::vector<std::string>& archives) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  std::unordered_set<std::string_view> read;
  for (const journal::FolderRow& folder : folders) read.insert(folder.archive);
  for (const std::string& archive : archives) {
    if (read.contains(archive)) continue;
    return Error{ErrorCode::configuration,
                 "the journal names the archive " + archive + ", and has read nothing of it",
                 "if it is meant, go on with migrate, which names the archives itself"};
  }
  return ok();
}

}  // namespace

Result<imap::Account> job_account(const journal::Journal& journal,
                                  const ConnectionSettings& settings) {
  MBOXFERRY_ASSIGN(const auto identity, journal.identity());
  auto account = account_of_label(identity.account);
  if (!account) {
    return Error{ErrorCode::configuration, journal.path() + " names no account",
                 "is it the journal of a job?"};
  }
  MBOXFERRY_ASSIGN(const auto security, journal.note("connection.security"));
  MBOXFERRY_ASSIGN(const auto ca_file, journal.note("connection.ca_file"));
  MBOXFERRY_ASSIGN(const auto tls_pin, journal.note("connection.tls_pin"));
  MBOXFERRY_ASSIGN(const auto pin_only, journal.note("connection.tls_pin_only"));
  account->security = settings.security.value_or(
      security_from_name(security.value_or("")).value_or(imap::Security::implicit_tls));
  account->ca_file = settings.ca_file.value_or(ca_file.value_or(""));
  account->tls_pin = settings.tls_pin.value_or(tls_pin.value_or(""));
  // What was said of one pin is not said of another.
  account->tls_pin_only =
      settings.tls_pin_only || (!settings.tls_pin && pin_only.value_or("") == "1");
  account->mechanism = settings.mechanism;
  account->login_as = settings.login_as;
  return *account;
}

void add_journal_target_option(boost::program_options::options_description& group) {
  group.add_options()("accept-journal-target", flag(),
                      "log in where the journal says without asking, though it is not in your own "
                      "state folder");
}

Result<void> confirm_journal_target(const Options& options, const journal::Journal& journal,
                                    const imap::Account& account,
                                    const std::vector<std::string>& archives,
                                    const Cancellation& interrupt) {
  if (is_in_own_state(journal.path())) return ok();
  MBOXFERRY_TRY(refuse_unread_archives(journal, archives));
  const std::string target = target_text(account);
  const std::string mail = archives.empty() ? "" : ", and send mail of " + archives_text(archives);
  if (options.has_flag("accept-journal-target")) return ok();
  say("the journal " + journal.path() + " is not in your state folder, and says: log in as " +
      target + mail);
  const auto confirmed = confirm_on_terminal("Is that right? Type yes: ", interrupt);
  if (confirmed && *confirmed) return ok();
  if (!confirmed && confirmed.error().code == ErrorCode::interrupted) return confirmed.error();
  return Error{ErrorCode::configuration,
               "no login as " + target + mail + ": that is only in the journal",
               "if it is right, say so with --accept-journal-target"};
}

}  // namespace mboxferry::cli
