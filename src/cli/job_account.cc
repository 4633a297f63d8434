// SPDX-License-Identifier: Apache-2.0
// The account as the job's last run reached it.
#include "cli/job_account.h"

namespace mboxferry::cli {

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
  return *account;
}

}  // namespace mboxferry::cli
