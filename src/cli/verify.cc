// SPDX-License-Identifier: Apache-2.0
// mboxferry verify: compare the ledger with the server.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_account.h"
#include "cli/job_settings.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/terminal_prompt.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/verify_report.h"
#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/patient_target.h"
#include "mboxferry/transfer/remove_copies.h"

namespace mboxferry::cli {
OptionTable verify_table() {
  OptionTable table;
  table.usage = "verify [OPTION]... JOURNAL";
  table.about =
      "Compares what a job has stored with what the server has now: size, date, flags and "
      "keywords\n"
      "of every message, and whether it is there twice. Changes nothing on the server unless\n"
      "--remove-copies is given. The server and the user are in the journal; only the password is\n"
      "needed.\n";
  table.examples =
      "  mboxferry verify job.journal --password-file secret\n"
      "  mboxferry verify job.journal --full --json > differences.json\n";
  table.positional = "journal";
  table.max_positional = 1;
  auto output = option_group("options");
  add_strict_option(output);
  output.add_options()                                                           //
      ("full", flag(), "read every message back and compare its bytes as well")  //
      ("remove-copies", flag(),
       "after the list and a yes, remove copies that this job's journal proves to be its own "
       "second "
       "sending; their originals stay")                                                //
      ("yes", flag(), "with --remove-copies: do not ask")                              //
      ("json", flag(), "one JSON document (jobs/schema/verify.json) instead of text")  //
      ("config", boost::program_options::value<std::string>()->value_name("FILE"),
       "take options from this job file");
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  auto connection = option_group("connection; what is not given is as it was for the job");
  add_connection_options(connection);
  add_journal_target_option(connection);
  auto password = option_group("password; asked for on the terminal when none is given");
  add_password_options(password);
  table.groups.push_back(output);
  table.groups.push_back(connection);
  table.groups.push_back(password);
  return table;
}

namespace {

struct Judgement {
  std::string verdict;
  int status;
};

/// What was not looked at in the archive.
struct NotRead {
  bool unfinished = false;   ///< or the job was never run
  std::uint64_t unread = 0;  ///< parts that may be mail
  bool unread_accepted = false;
};

Result<NotRead> not_read(const journal::Journal& journal) {
  NotRead result;
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  result.unfinished =
      folders.empty() || std::any_of(folders.begin(), folders.end(),
                                     [](const auto& folder) { return !folder.index_done; });
  MBOXFERRY_ASSIGN(const journal::Count unread, journal.unread());
  result.unread = unread.messages;
  MBOXFERRY_ASSIGN(result.unread_accepted, journal::unread_accepted(journal));
  return result;
}

Judgement judge(const transfer::VerifyResult& result, const journal::MailboxCounts& counts,
                const NotRead& archive) {
  if (!result.good() || result.twice > 0) return {"failed", kExitFailed};
  if (archive.unfinished || counts.planned.messages + counts.intended.messages > 0)
    return {"interrupted", kExitTryLater};
  if (archive.unread > 0 && !archive.unread_accepted) return {"incomplete", kExitRefused};
  if (counts.refused.messages > 0) return {"refused", kExitRefused};
  return {"complete", kExitSuccess};
}

std::string verdict_line(const Judgement& judgement, const std::string& account,
                         const transfer::VerifyResult& result, const journal::MailboxCounts& counts,
                         const NotRead& archive) {
  std::string line =
      fmt::format("{}: {}: {} checked, {} missing, {} different, {} unexpected", judgement.verdict,
                  report::printable(account), report::counted(result.checked, "message"),
                  result.missing, result.different, result.unexpected);
  if (result.twice > 0) line += fmt::format(" ({} there twice)", result.twice);
  if (counts.refused.messages > 0) line += fmt::format(", {} refused", counts.refused.messages);
  if (archive.unread > 0)
    line += fmt::format(", {} of the archive not read", report::counted(archive.unread, "part"));
  if (const auto left = counts.planned.messages + counts.intended.messages; left > 0) {
    line += fmt::format(", {} not stored yet (run migrate again)", left);
  }
  if (archive.unfinished) line += "; the archive was not read to its end (run migrate again)";
  return line + "\n";
}

transfer::Waits waits_of(const Context& context) {
  return {system_clock(), context.interrupt, [](const std::string& line) { say(line); }};
}

std::string copies_of(std::uint64_t count) {
  return count == 1 ? "1 copy" : report::counted(count, "copie");
}

// More than a job can have sent twice by any known fault; the next run removes the rest.
constexpr std::size_t kMostCopies = 100'000;

/// Asks, and removes what may be removed; true when all copies are gone.
Result<bool> remove_copies(const std::vector<transfer::ProvenCopy>& copies, std::uint64_t twice,
                           const journal::Journal& journal, const imap::Account& account,
                           const imap::ConnectionOptions& connection, bool ask, Context& context) {
  if (copies.empty()) {
    MBOXFERRY_TRY(context.out.write(
        twice == 0 ? "no copies to remove\n"
                   : "no copies to remove: this job's journal does not prove that it made them\n"));
    return twice == 0;
  }
  if (ask) {
    MBOXFERRY_ASSIGN(const bool yes,
                     confirm_on_terminal(fmt::format("Remove {} from {}, for good? Type yes: ",
                                                     copies_of(copies.size()), account.label()),
                                         context.interrupt));
    if (!yes) {
      MBOXFERRY_TRY(context.out.write("nothing was removed\n"));
      return false;
    }
  }
  MBOXFERRY_ASSIGN(auto connected, imap::connect(account, connection, imap::AppendMode::automatic));
  const auto target = transfer::patient(std::move(connected), waits_of(context));
  MBOXFERRY_ASSIGN(const std::uint64_t removed, transfer::remove_copies(copies, journal, *target));
  target->log_out();
  MBOXFERRY_TRY(context.out.write(fmt::format("{} removed\n", copies_of(removed))));
  return removed == twice;
}

/// What is no failure and should be known.
Result<void> add_notes(report::VerifyReport& document, const journal::Journal& journal,
                       const transfer::Altered& altered) {
  for (const report::AlteredRow& row :
       {report::AlteredRow{"internaldate", altered.dates},
        report::AlteredRow{"size", altered.sizes}, report::AlteredRow{"flags", altered.flags},
        report::AlteredRow{"keywords", altered.keywords},
        report::AlteredRow{"merged", altered.merged}, report::AlteredRow{"moved", altered.moved}}) {
    if (row.messages > 0) MBOXFERRY_TRY(document.add(row));
  }
  return report::each_status_change(
      journal, [&](const report::StatusRow& row) { return document.add(row); });
}

Result<void> write_notes(report::TextOutput& out, const journal::Journal& journal,
                         const transfer::VerifyResult& result) {
  for (const std::string& line : transfer::lines_about(result))
    MBOXFERRY_TRY(out.write("note: " + line + "\n"));
  return report::each_status_change(journal, [&](const report::StatusRow& row) {
    return out.write(fmt::format("note: {} at byte {}: {}\n", report::printable(row.folder),
                                 row.offset, report::printable(row.text)));
  });
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
  MBOXFERRY_ASSIGN(const auto journal,
                   open_journal(options, journal::OpenMode::resume, context.interrupt));
  MBOXFERRY_ASSIGN(imap::Account account, job_account(*journal, settings));
  MBOXFERRY_TRY(confirm_journal_target(options, *journal, account, context.interrupt));
  MBOXFERRY_ASSIGN(auto connection, make_connection_options(settings));
  connection.interrupt = &context.interrupt;
  MBOXFERRY_ASSIGN(account.password,
                   get_password(settings.password, account.label(), context.interrupt));
  SandboxRights rights = rights_of(options);
  add_journal(rights, journal->path());
  if (!account.ca_file.empty()) add_input(rights, account.ca_file);
  confine(options, rights);
  MBOXFERRY_ASSIGN(auto connected, imap::connect_read_only(account, connection));
  const auto target = transfer::patient(std::move(connected), waits_of(context));

  const bool json = options.has_flag("json");
  const bool removes = options.has_flag("remove-copies");
  if (json && removes) {
    return Error{ErrorCode::usage, "--remove-copies cannot be combined with --json",
                 "use one of them after the other"};
  }
  std::vector<transfer::ProvenCopy> copies;
  report::VerifyReport document;
  Result<void> told = ok();
  const auto tell = [&](const transfer::Difference& difference) {
    using Judgement = transfer::Difference::Judgement;
    if (!told || difference.judgement == Judgement::altered) return;
    const report::VerifyRow row{difference.mailbox,
                                difference.folder,
                                difference.offset,
                                difference.uid,
                                difference.what,
                                difference.copy_of,
                                difference.judgement == Judgement::gone_since};
    if (difference.provable && copies.size() < kMostCopies) {
      copies.push_back({difference.mailbox, difference.uid, difference.copy_of});
    }
    told = json ? document.add(row) : context.out.write(report::verify_line(row) + "\n");
  };
  MBOXFERRY_ASSIGN(const auto result,
                   transfer::verify_job(*journal, *target,
                                        {options.has_flag("full"), options.has_flag("strict")},
                                        tell, context.interrupt));
  target->log_out();
  MBOXFERRY_TRY(told);
  MBOXFERRY_ASSIGN(const auto counts, journal->counts(0));
  MBOXFERRY_ASSIGN(const NotRead archive, not_read(*journal));
  Judgement judgement = judge(result, counts, archive);
  if (json) {
    MBOXFERRY_TRY(add_notes(document, *journal, result.altered));
    MBOXFERRY_TRY(document.write(context.out, judgement.verdict, result.checked));
  } else {
    MBOXFERRY_TRY(write_notes(context.out, *journal, result));
    MBOXFERRY_TRY(
        context.out.write(verdict_line(judgement, account.label(), result, counts, archive)));
  }
  if (!removes) return judgement.status;
  MBOXFERRY_ASSIGN(const bool all_gone,
                   remove_copies(copies, result.twice, *journal, account, connection,
                                 !options.has_flag("yes"), context));
  if (all_gone) {
    auto without = result;
    without.twice = 0;
    judgement = judge(without, counts, archive);
  }
  return judgement.status;
}

}  // namespace mboxferry::cli
