// SPDX-License-Identifier: Apache-2.0
// mboxferry verify: compare the ledger with the server.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/job_account.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/verify_report.h"
#include "mboxferry/transfer/job.h"

namespace mboxferry::cli {
namespace {

OptionTable verify_table() {
  OptionTable table;
  table.usage = "verify [OPTION]... JOURNAL";
  table.about =
      "Compares what a job has stored with what the server has now: size, date, flags and "
      "keywords\n"
      "of every message, and whether it is there twice. Changes nothing on the server. The server\n"
      "and the user are in the journal; only the password is needed.\n";
  table.examples =
      "  mboxferry verify job.journal --password-file secret\n"
      "  mboxferry verify job.journal --full --json > differences.json\n";
  table.positional = "journal";
  table.max_positional = 1;
  auto output = option_group("options");
  output.add_options()                                                                 //
      ("full", flag(), "read every message back and compare its bytes as well")        //
      ("json", flag(), "one JSON document (jobs/schema/verify.json) instead of text")  //
      ("config", boost::program_options::value<std::string>()->value_name("FILE"),
       "take options from this job file")  //
      ("help,h", "this text");
  auto connection = option_group("connection; what is not given is as it was for the job");
  add_connection_options(connection);
  auto password = option_group("password; asked for on the terminal when none is given");
  add_password_options(password);
  table.groups.push_back(output);
  table.groups.push_back(connection);
  table.groups.push_back(password);
  return table;
}

struct Judgement {
  std::string verdict;
  int status;
};

Judgement judge(const transfer::VerifyResult& result, const journal::MailboxCounts& counts) {
  if (!result.good() || result.twice > 0) return {"failed", kExitFailed};
  if (counts.planned.messages + counts.intended.messages > 0) return {"interrupted", kExitTryLater};
  if (counts.refused.messages > 0) return {"refused", kExitRefused};
  return {"complete", kExitSuccess};
}

std::string verdict_line(const Judgement& judgement, const std::string& account,
                         const transfer::VerifyResult& result,
                         const journal::MailboxCounts& counts) {
  std::string line =
      fmt::format("{}: {}: {} checked, {} missing, {} different, {} unexpected", judgement.verdict,
                  report::printable(account), report::counted(result.checked, "message"),
                  result.missing, result.different, result.unexpected);
  if (result.twice > 0) line += fmt::format(" ({} there twice)", result.twice);
  if (counts.refused.messages > 0) line += fmt::format(", {} refused", counts.refused.messages);
  if (const auto left = counts.planned.messages + counts.intended.messages; left > 0) {
    line += fmt::format(", {} not stored yet (run migrate again)", left);
  }
  return line + "\n";
}

}  // namespace

Result<int> run_verify(const Arguments& arguments, Context& context) {
  const OptionTable table = verify_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  MBOXFERRY_ASSIGN(const ConnectionSettings settings, read_connection_settings(options));
  MBOXFERRY_ASSIGN(const auto journal, open_journal(options, journal::OpenMode::resume));
  MBOXFERRY_ASSIGN(imap::Account account, job_account(*journal, settings));
  MBOXFERRY_ASSIGN(const auto connection, make_connection_options(settings));
  MBOXFERRY_ASSIGN(account.password,
                   get_password(settings.password, account.label(), context.interrupt));
  MBOXFERRY_ASSIGN(const auto target, imap::connect_read_only(account, connection));

  const bool json = options.has_flag("json");
  report::VerifyReport document;
  Result<void> told = ok();
  const auto tell = [&](const transfer::Difference& difference) {
    if (!told) return;
    const report::VerifyRow row{difference.mailbox, difference.folder, difference.offset,
                                difference.uid, difference.what};
    told = json ? document.add(row) : context.out.write(report::verify_line(row) + "\n");
  };
  MBOXFERRY_ASSIGN(
      const auto result,
      transfer::verify_job(*journal, *target, options.has_flag("full"), tell, context.interrupt));
  target->log_out();
  MBOXFERRY_TRY(told);
  MBOXFERRY_ASSIGN(const auto counts, journal->counts(0));
  const Judgement judgement = judge(result, counts);
  MBOXFERRY_TRY(json ? document.write(context.out, judgement.verdict, result.checked)
                     : context.out.write(verdict_line(judgement, account.label(), result, counts)));
  return judgement.status;
}

}  // namespace mboxferry::cli
