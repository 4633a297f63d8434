// SPDX-License-Identifier: Apache-2.0
// mboxferry verify: compare the ledger with the server.
#include "mboxferry/transfer/verify.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <vector>

#include "cli/command.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_account.h"
#include "cli/job_settings.h"
#include "cli/job_source.h"
#include "cli/options.h"
#include "cli/profile_login.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "cli/terminal_prompt.h"
#include "cli/verify_job.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/report/verify_report.h"
#include "mboxferry/transfer/message_titles.h"
#include "mboxferry/transfer/patient_target.h"
#include "mboxferry/transfer/remove_copies.h"
#include "mboxferry/transfer/returning_target.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {
OptionTable verify_table() {
  OptionTable table;
  table.usage = "verify [OPTION]... [JOURNAL]";
  table.about =
      "Compares what a job has stored with what the server has now: size, date, flags and\n"
      "keywords of every message, and whether it is there twice; and whether what --skip-\n"
      "existing left out is there. Changes nothing on the server unless --remove-copies is\n"
      "given. The server and the user are in the journal; only the password is needed. A folder\n"
      "stands for all jobs in it but those that were replaced by later ones; without JOURNAL\n"
      "that is the state folder. The accounts of a batch are compared by batch --verify, which\n"
      "has their passwords.\n";
  table.examples =
      "  mboxferry verify\n"
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
  add_login_options(password);
  table.groups.push_back(output);
  table.groups.push_back(connection);
  table.groups.push_back(password);
  return table;
}

namespace {

transfer::Waits waits_of(const Context& context) {
  return {system_clock(), context.interrupt, [](const std::string& line) { say(line); }};
}

std::string copies_of(std::uint64_t count) {
  return count == 1 ? "1 copy" : report::counted(count, "copie");
}

// More than a job can have sent twice by any known fault; the next run removes the rest.
constexpr std::size_t kMostCopies = 100'000;
/// So many differences are told with the subject: each is read from the archive.
constexpr std::uint64_t kMostTitles = 1000;

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
        report::AlteredRow{"merged", altered.merged}, report::AlteredRow{"moved", altered.moved},
        report::AlteredRow{"renumbered", altered.renumbered}}) {
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

/// One job, maybe of a folder for which the process is confined already. Returns the exit status.
Result<int> verify_one(const std::string& path, bool in_folder, const Options& options,
                       const ConnectionSettings& settings, Context& context) {
  MBOXFERRY_ASSIGN(const auto journal,
                   journal::Journal::open(path, journal::OpenMode::resume, &context.interrupt));
  MBOXFERRY_ASSIGN(imap::Account account, job_account(*journal, settings));
  MBOXFERRY_TRY(confirm_journal_target(options, *journal, account, {}, context.interrupt));
  MBOXFERRY_ASSIGN(auto connection, make_connection_options(settings));
  connection.interrupt = &context.interrupt;
  MBOXFERRY_TRY(get_credentials(settings.credentials, account, context.interrupt));
  if (!in_folder) {
    SandboxRights rights = rights_of(options);
    add_journal(rights, journal->path());
    MBOXFERRY_ASSIGN(const auto identity, journal->identity());
    // In the archives are the subjects of messages.
    if (const auto job = transfer::settings_of(identity))
      add_archives(rights, job->archives, job->open.follow_links);
    if (!account.ca_file.empty()) add_input(rights, account.ca_file);
    for (const std::string& input : settings.credentials.files()) add_input(rights, input);
    MBOXFERRY_TRY(add_profile(rights, settings.credentials.profile));
    if (!settings.credentials.runs_command_later()) confine(options, rights);
  }
  MBOXFERRY_ASSIGN(const auto target,
                   transfer::returning([&] { return imap::connect_read_only(account, connection); },
                                       waits_of(context)));

  const bool json = options.has_flag("json");
  const bool removes = options.has_flag("remove-copies");
  std::vector<transfer::ProvenCopy> copies;
  report::VerifyReport document;
  const report::TitleOf title_of = transfer::titles_of(*journal);
  std::uint64_t titles = 0;
  const auto tell = [&](const transfer::Difference& difference) -> Result<void> {
    if (difference.provable && copies.size() < kMostCopies) {
      copies.push_back({difference.mailbox, difference.uid, difference.copy_of});
    }
    const report::VerifyRow row = verify_row(difference);
    if (json) return document.add(row);
    MBOXFERRY_TRY(context.out.write(report::verify_line(row) + "\n"));
    if (!difference.message || titles++ >= kMostTitles) return ok();
    return context.out.write("  " + report::title_line(title_of, *difference.message) + "\n");
  };
  MBOXFERRY_ASSIGN(
      Comparison comparison,
      compare_job(*journal, *target, {options.has_flag("full"), options.has_flag("strict")}, tell,
                  context.interrupt));
  target->log_out();
  const transfer::VerifyResult& result = comparison.result;
  Comparison::Judgement judgement = comparison.judgement();
  if (json) {
    MBOXFERRY_TRY(add_notes(document, *journal, result.altered));
    MBOXFERRY_TRY(document.write(context.out, judgement.verdict, result.checked));
  } else {
    MBOXFERRY_TRY(write_notes(context.out, *journal, result));
    MBOXFERRY_TRY(
        context.out.write(fmt::format("{}: {}: {}\n", report::verdict_words(judgement.verdict),
                                      report::printable(account.label()), comparison.summary())));
  }
  if (!removes) return judgement.status;
  MBOXFERRY_ASSIGN(const bool all_gone,
                   remove_copies(copies, result.twice, *journal, account, connection,
                                 !options.has_flag("yes"), context));
  if (all_gone) {
    comparison.result.twice = 0;
    judgement = comparison.judgement();
  }
  return judgement.status;
}

/// The jobs of a folder that are to be compared.
struct Jobs {
  std::vector<std::string> journals;
  std::set<std::string> accounts;
  bool any_unfinished = false;  ///< some account was not begun
  bool any_failed = false;      ///< some account has no journal any more, or never will
};

Result<Jobs> jobs_of(JobSource& source, Context& context) {
  Jobs jobs;
  MBOXFERRY_TRY(source.each([&](const job::KnownJob& job, const journal::Journal*) -> Result<void> {
    if (job.replaced) return ok();
    if (job.journal.empty()) {
      const bool begun = job.forgotten || job.verdict != "unfinished";
      (begun ? jobs.any_failed : jobs.any_unfinished) = true;
      return context.out.write(
          begun ? fmt::format("failed: {}: {}\n", report::printable(job.account),
                              report::printable(job.reason))
                : fmt::format("not begun: {}\n", report::printable(job.account)));
    }
    jobs.journals.push_back(job.journal);
    jobs.accounts.insert(job.account);
    return ok();
  }));
  return jobs;
}

/// Of two exit statuses the one that says more: a failure before what is to be done later, that
/// before what is finished in part.
int worse_status(int one, int other) {
  const auto rank = [](int status) {
    return status == kExitSuccess    ? 0
           : status == kExitRefused  ? 1
           : status == kExitTryLater ? 2
                                     : 3;
  };
  return rank(one) >= rank(other) ? one : other;
}

/// All jobs of a folder, one after the other; one job's trouble stops no other.
Result<int> verify_folder(const std::string& folder, const Options& options,
                          const ConnectionSettings& settings, Context& context) {
  JobSource source({folder}, false, context.interrupt);
  MBOXFERRY_ASSIGN(const Jobs jobs, jobs_of(source, context));
  if (jobs.journals.empty()) {
    return Error{ErrorCode::usage, "there is no job to verify in " + folder,
                 "mboxferry jobs lists what there is"};
  }
  const bool several = jobs.journals.size() > 1;
  for (const char* flag : {"json", "remove-copies"}) {
    if (!several || !options.has_flag(flag)) continue;
    return Error{
        ErrorCode::usage,
        fmt::format("--{} takes one job, and {} has {}", flag, folder, jobs.journals.size()),
        "name a journal, which mboxferry jobs lists"};
  }
  if (jobs.accounts.size() > 1 && (settings.credentials.given() || settings.user)) {
    return Error{ErrorCode::usage,
                 fmt::format("the jobs in {} are of {} accounts, and one user or password is given",
                             folder, jobs.accounts.size()),
                 "name a journal, or use batch --verify with the CSV"};
  }
  // A password command runs for each job, and could not in a sandbox.
  if (!settings.credentials.runs_command()) {
    SandboxRights rights = rights_of(options);
    rights.reads_everything = true;
    rights.workplaces.push_back(folder);
    MBOXFERRY_TRY(add_profile(rights, settings.credentials.profile));
    confine(options, rights);
  }
  int status = jobs.any_failed ? kExitFailed : jobs.any_unfinished ? kExitTryLater : kExitSuccess;
  if (source.trouble()) status = worse_status(status, exit_status(source.trouble()->code));
  for (const std::string& journal : jobs.journals) {
    const auto one = verify_one(journal, true, options, settings, context);
    if (!one && (one.error().code == ErrorCode::interrupted || !several)) return one;
    if (!one) say_error(one.error());
    status = worse_status(status, one ? *one : exit_status(one.error().code));
    MBOXFERRY_TRY(context.out.flush());
  }
  return status;
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
  if (options.has_flag("json") && options.has_flag("remove-copies")) {
    return Error{ErrorCode::usage, "--remove-copies cannot be combined with --json",
                 "use one of them after the other"};
  }
  std::string path = options.text("journal");
  if (path.empty()) {
    MBOXFERRY_ASSIGN(path, existing_state_folder("a journal, or a folder of them"));
  }
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  return is_folder ? verify_folder(path, options, settings, context)
                   : verify_one(path, false, options, settings, context);
}

}  // namespace mboxferry::cli
