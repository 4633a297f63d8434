// SPDX-License-Identifier: Apache-2.0
// Running a job and telling how it ended.
#include "cli/run_transfer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/connection_options.h"
#include "cli/exit_codes.h"
#include "cli/progress_options.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/csv_ledger.h"
#include "mboxferry/report/html_page.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/metrics.h"
#include "mboxferry/report/plan_paper.h"
#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/message_titles.h"

namespace mboxferry::cli {
namespace {

/// The journal of this job, to report from; null when the run never got hold of it, so that nobody
/// else's numbers are told.
std::unique_ptr<journal::Journal> journal_of(const transfer::JobSettings& settings,
                                             const transfer::JobResult& result) {
  if (result.error && (result.error->code == ErrorCode::journal_locked ||
                       result.error->code == ErrorCode::configuration)) {
    return nullptr;
  }
  auto journal = journal::Journal::open(settings.journal_path, journal::OpenMode::read_only);
  return journal ? std::move(*journal) : nullptr;
}

constexpr std::array kReports{"report-json", "report-csv", "report-html"};
constexpr std::array kOutputs{"report-json", "report-csv", "report-html", "metrics-file"};

/// The journal and what lies beside it are no outputs, also before there is a journal.
Result<void> check_beside_journal(const Options& options, std::string_view option,
                                  const std::string& output) {
  const auto journal = options.get<std::string>("journal");
  if (!journal || journal->empty() || output.empty() || output == "-") return ok();
  const auto place = [](const std::string& path) {
    return canonical_path(std::filesystem::absolute(path).string());
  };
  const std::string named = place(output);
  for (const char* const behind : {"", "-wal", "-shm", ".lock", ".refused.mbox"}) {
    if (named == place(*journal) + behind || named == place(*journal + behind))
      return Error{ErrorCode::usage,
                   fmt::format("--{} names a file of the journal: {}", option, output),
                   "name another file"};
  }
  return ok();
}

Result<void> can_be_replaced(const std::string& path) {
  constexpr std::array<std::string_view, 1> kMetrics{"# HELP mboxferry_"};
  std::error_code ignored;
  if (std::filesystem::is_symlink(path, ignored)) {
    return Error{ErrorCode::cannot_create, path + " is a link, which metrics would replace",
                 "name the file that it leads to"};
  }
  MBOXFERRY_TRY(refuse_other_content(path, kMetrics));
  MBOXFERRY_TRY(OutputFile::create(path));
  return ok();
}

void add_failure(std::vector<Error>& failures, const Result<void>& written) {
  if (!written) failures.push_back(written.error());
}

/// The summary for people. A job that ended before it knew a mailbox has nothing to sum up but its
/// error.
Result<void> sum_up(const journal::Journal& journal, const report::RunFacts& facts, bool failed,
                    report::TextOutput& out) {
  MBOXFERRY_ASSIGN(const auto mailboxes, journal.mailboxes());
  if (failed && mailboxes.empty()) return ok();
  MBOXFERRY_TRY(report::write_job_summary(out, journal, facts, report::columns_of(STDOUT_FILENO)));
  return out.flush();
}

/// Says how the job ended, then writes its reports. Returns what could not be written, the first of
/// which is the first that happened; none of it keeps the job's own end from being told.
std::vector<Error> tell(const Options& options, const transfer::JobSettings& settings,
                        const transfer::JobResult& result, Context& context) {
  std::vector<Error> failures = result.unwritten;
  const auto journal = journal_of(settings, result);
  std::string reason = failures.empty() ? "" : failures.front().what;
  if (result.error) reason = result.error->what;
  if (reason.empty()) reason = result.reason;
  const std::string_view verdict =
      result.error ? transfer::verdict_name(*result.error) : transfer::verdict_name(result.verdict);
  report::RunFacts facts{std::string(verdict),
                         settings.account.user,
                         settings.account.host,
                         result.seconds,
                         result.stored_now.messages,
                         result.stored_now.bytes,
                         reason};
  if (journal) facts.title_of = transfer::titles_of(*journal);
  if (journal && !writes_to_standard_output(options))
    add_failure(failures, sum_up(*journal, facts, result.error.has_value(), context.out));
  if (result.error) say_error(*result.error);
  const report::AccountSource account = [&](const report::AccountVisitor& visit) {
    return visit(facts, journal.get());
  };
  for (Error& failure : write_run_reports(options, account, context.out))
    failures.push_back(std::move(failure));
  for (const Error& failure : failures) say(describe(failure));
  return failures;
}

}  // namespace

void add_append_mode_option(boost::program_options::options_description& group) {
  group.add_options()("append-mode",
                      boost::program_options::value<std::string>()->value_name("MODE"),
                      "how messages are sent: auto (default), multiappend, literal-plus, "
                      "literal-minus or synchronizing; used where the server allows it");
}

void add_report_options(boost::program_options::options_description& group) {
  namespace po = boost::program_options;
  group.add_options()  //
      ("report-csv", po::value<std::string>()->value_name("FILE"),
       "write a row a message, for a spreadsheet; with --dry-run a row a mailbox")  //
      ("report-html", po::value<std::string>()->value_name("FILE"),
       "write a page with charts for a browser, with --dry-run the plan; it needs no network")  //
      ("metrics-file", po::value<std::string>()->value_name("FILE"),
       "keep the state in this file while it runs, in the text format of Prometheus "
       "(docs/metrics.md)");
}

bool writes_to_standard_output(const Options& options) {
  return std::any_of(kReports.begin(), kReports.end(),
                     [&](const char* option) { return options.text(option) == "-"; });
}

Result<void> check_apart(const Options& options, std::span<const char* const> outputs) {
  std::map<std::string, std::string> places;  // options by the files that they name
  for (const char* option : outputs) {
    const auto named = options.get<std::string>(option);
    if (!named) continue;
    if (named->empty())
      return Error{ErrorCode::usage, fmt::format("--{} names no file", option), "name one"};
    const std::string place =
        *named == "-" ? *named : canonical_path(std::filesystem::absolute(*named).string());
    const auto [other, first] = places.emplace(place, option);
    if (first) continue;
    return Error{ErrorCode::usage,
                 *named == "-"
                     ? "two reports would be mixed on standard output"
                     : fmt::format("--{} and --{} name the same file", other->second, option),
                 "name a file for one of them"};
  }
  return ok();
}

namespace {

bool is_on_command_line(const Options& options, const char* option) {
  return options.weakest_first().back().get<std::string>(option).has_value();
}

}  // namespace

Result<void> check_report_files(const Options& options) {
  MBOXFERRY_TRY(check_apart(options, kOutputs));
  for (const char* option : kOutputs) {
    const std::string path = options.text(option);
    MBOXFERRY_TRY(check_beside_journal(options, option, path));
    const bool metrics = std::string_view(option) == "metrics-file";
    if (path.empty() || (path == "-" && !metrics)) continue;
    if (metrics && options.has_flag("dry-run")) {
      // A job file's options are for runs and dry runs.
      if (!is_on_command_line(options, option)) continue;
      return Error{ErrorCode::usage, "--metrics-file tells of a run, not of a --dry-run",
                   "--report-json, --report-csv and --report-html write the plan"};
    }
    // Reports may go into a pipe; metrics are a file that is replaced again and again.
    MBOXFERRY_TRY(metrics ? can_be_replaced(path) : report::check_creatable(path));
  }
  return ok();
}

std::vector<Error> write_run_reports(const Options& options, const report::AccountSource& accounts,
                                     report::TextOutput& out) {
  std::vector<Error> failures;
  const auto write = [&](const char* option, const auto& writer) {
    add_failure(failures, write_report_file(options, option, out, writer));
  };
  write("report-json",
        [&](report::TextOutput& file) { return report::write_job_report(file, accounts); });
  write("report-csv",
        [&](report::TextOutput& file) { return report::write_csv_ledger(file, accounts); });
  write("report-html", [&](report::TextOutput& file) {
    return report::write_html_page(file, accounts, system_clock().unix_seconds());
  });
  return failures;
}

std::vector<Error> write_plan_reports(const Options& options, bool go,
                                      const std::optional<report::PlanTime>& time,
                                      const report::PlanSource& accounts, report::TextOutput& out) {
  std::vector<Error> failures;
  const auto write = [&](const char* option, const auto& writer) {
    add_failure(failures, write_report_file(options, option, out, writer));
  };
  write("report-json", [&](report::TextOutput& file) {
    return report::write_plan_report(file, go, time, accounts);
  });
  write("report-csv",
        [&](report::TextOutput& file) { return report::write_plan_csv(file, accounts); });
  write("report-html", [&](report::TextOutput& file) {
    return report::write_plan_page(file, go, time, accounts, system_clock().unix_seconds());
  });
  return failures;
}

int status_with(int status, const std::vector<Error>& failures) {
  for (const Error& failure : failures) say_error(failure);
  const bool well = status == kExitSuccess || status == kExitRefused;
  return well && !failures.empty() ? exit_status(failures.front().code) : status;
}

Result<imap::AppendMode> read_append_mode(const Options& options) {
  const std::string name = options.text("append-mode");
  if (name.empty() || name == "auto") return imap::AppendMode::automatic;
  const auto mode = imap::append_mode_from_name(name);
  if (!mode) {
    return Error{ErrorCode::usage, "--append-mode has a value that is not known",
                 "it takes auto, multiappend, literal-plus, literal-minus or synchronizing"};
  }
  return *mode;
}

namespace {

int status_of(const transfer::JobResult& result, const std::vector<Error>& failures) {
  if (result.error) return exit_status(result.error->code);
  if (!failures.empty()) return exit_status(failures.front().code);
  switch (result.verdict) {
    case transfer::Verdict::complete:
      return kExitSuccess;
    case transfer::Verdict::refused:
    case transfer::Verdict::incomplete:
      return kExitRefused;
    case transfer::Verdict::interrupted:
      return kExitInterrupted;
    case transfer::Verdict::failed:
      break;
  }
  return kExitFailed;
}

}  // namespace

void note_early_end(const Options& options, const Error& error, bool is_batch) {
  const std::string path = options.text("metrics-file");
  if (path.empty() || options.has_flag("dry-run")) return;
  // The file itself may be what is wrong with the options.
  if (error.code == ErrorCode::usage || !can_be_replaced(path)) return;
  const int status = exit_status(error.code);
  const report::MetricsFile file(path, system_clock());
  const auto connection = read_connection_settings(options);
  const auto account =
      connection ? make_account(*connection) : Result<imap::Account>(connection.error());
  const auto written = is_batch
                           ? report::write_early_batch_end(file, status)
                           : report::write_early_end(file, account ? account->label() : "", status);
  if (!written) say_error(written.error());
}

Result<int> transfer_now(const Options& options, const transfer::JobSettings& settings,
                         report::ProgressPrinter& printer, Context& context) {
  std::optional<report::JobMetricsPrinter> metrics;
  if (const std::string path = options.text("metrics-file"); !path.empty())
    metrics.emplace(printer, report::MetricsFile(path, system_clock()), settings.account.label());
  report::ProgressPrinter& shown = metrics ? *metrics : printer;
  PrintingObserver observer(shown, context.interrupt);
  const transfer::JobResult result =
      transfer::run_job(settings, transfer::real_environment(settings, context.interrupt), observer,
                        context.interrupt);
  shown.finish();
  const int status = status_of(result, tell(options, settings, result, context));
  if (metrics) metrics->ended(status);
  return status;
}

}  // namespace mboxferry::cli
