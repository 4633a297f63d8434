// SPDX-License-Identifier: Apache-2.0
// mboxferry jobs: what is in the state folder.
#include <fmt/format.h>

#include <map>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_files.h"
#include "cli/job_source.h"
#include "cli/journal_options.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {

OptionTable jobs_table() {
  OptionTable table;
  table.usage = "jobs [OPTION]... [FOLDER]";
  table.about =
      "Lists the jobs whose journals are in a folder, by default the state folder\n"
      "(~/.local/state/mboxferry), account by account, the newest first. A job is replaced when a\n"
      "later one has moved the same archives into the same mailboxes and has its mail. Asks no\n"
      "server and changes nothing.\n";
  table.examples =
      "  mboxferry jobs\n"
      "  mboxferry jobs /srv/migration/state --json\n";
  table.positional = "folder";
  table.max_positional = 1;
  auto output = option_group("options");
  output.add_options()("json", flag(), "a JSON document instead of text (jobs/schema/jobs.json)");
  add_owner_option(output);
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  table.groups.push_back(output);
  return table;
}

namespace {

struct JobLine {
  std::string verdict;
  std::string running;  ///< who works with it; empty: nobody does
  journal::MailboxCounts counts;
  std::uint64_t bytes_on_disk = 0;
};

Result<JobLine> line_of(const job::KnownJob& job, const journal::Journal* journal) {
  JobLine line;
  line.verdict = job.replaced ? "replaced" : job.verdict;
  if (job.journal.empty()) return line;
  line.running = journal::LockFile::holder_of(job.journal).value_or("");
  line.bytes_on_disk = size_of_job_files(job.journal);
  if (journal != nullptr) {
    MBOXFERRY_ASSIGN(line.counts, journal->counts(0));
  }
  return line;
}

std::string shown_verdict(const JobLine& line) {
  if (!line.running.empty()) return "running";
  return report::verdict_words(line.verdict);
}

class TextList {
 public:
  explicit TextList(report::TextOutput& out) : out_(out) {}

  Result<void> add(const job::KnownJob& job, const JobLine& line) {
    ++(job.forgotten ? forgotten_ : jobs_);
    bytes_ += line.bytes_on_disk;
    if (!job.forgotten) ++verdicts_[shown_verdict(line)];
    if (accounts_ == 0 || account_ != job.account) {
      ++accounts_;
      account_ = job.account;
      MBOXFERRY_TRY(out_.write(report::printable(account_) + "\n"));
    }
    if (job.forgotten)
      return out_.write(fmt::format("  {:12} forgotten; {} stored\n", shown_verdict(line),
                                    report::counted(job.messages, "message")));
    const journal::Count meant = report::meant_for(line.counts);
    std::string text = fmt::format("  {:12} ", shown_verdict(line));
    // To the minute, in UTC: 2026-11-29T22:10:00+00:00.
    if (job.begun.size() >= 16)
      text += report::printable(job.begun.substr(0, 10) + " " + job.begun.substr(11, 5) + "  ");
    text += fmt::format("{} of {} stored", line.counts.stored.messages,
                        report::counted(meant.messages, "message"));
    if (line.counts.refused.messages > 0)
      text += fmt::format(", {} refused", line.counts.refused.messages);
    MBOXFERRY_TRY(out_.write(text + "\n"));
    if (!line.running.empty()) MBOXFERRY_TRY(detail("by", line.running));
    if (!job.reason.empty() && !job.replaced) MBOXFERRY_TRY(detail("because", job.reason));
    for (const std::string& archive : journal::archive_paths(job.archives))
      MBOXFERRY_TRY(detail("archive", archive));
    return job.journal.empty() ? ok() : detail("journal", job.journal);
  }

  Result<void> end(const std::string& folder) {
    if (jobs_ + forgotten_ == 0)
      return out_.write("there are no jobs in " + report::printable(folder) + "\n");
    std::string text = fmt::format("{} of {}", report::counted(jobs_, "job"),
                                   report::counted(accounts_, "account"));
    bool first = true;
    for (const auto& [verdict, count] : verdicts_) {
      text += fmt::format("{} {} {}", first ? ":" : ",", count, verdict);
      first = false;
    }
    if (forgotten_ > 0) text += fmt::format("; {} forgotten", forgotten_);
    return out_.write(text + fmt::format("; {} on disk\n", report::human_bytes(bytes_)));
  }

 private:
  Result<void> detail(std::string_view name, const std::string& value) {
    return out_.write(fmt::format("    {:8} {}\n", name, report::printable(value)));
  }

  report::TextOutput& out_;
  std::string account_;
  std::map<std::string, std::uint64_t> verdicts_;
  std::uint64_t jobs_ = 0;
  std::uint64_t forgotten_ = 0;
  std::uint64_t accounts_ = 0;
  std::uint64_t bytes_ = 0;
};

Result<void> add_json(report::JsonStream& json, const job::KnownJob& job, const JobLine& line) {
  const journal::MailboxCounts& counts = line.counts;
  const auto text_or_null = [&](std::string_view name, const std::string& value) {
    json.key(name);
    value.empty() ? json.null() : json.text(value);
  };
  json.begin_object().member("account", job.account);
  text_or_null("journal", job.journal);
  json.key("archives").texts(journal::archive_paths(job.archives));
  json.member("verdict", job.verdict).member("reason", job.reason);
  json.key("replaced").boolean(job.replaced);
  json.key("running").boolean(!line.running.empty());
  text_or_null("begun", job.begun);
  text_or_null("ended", job.ended);
  json.key("forgotten").boolean(job.forgotten);
  json.member("stored", job.forgotten ? job.messages : counts.stored.messages)
      .member("left", counts.planned.messages + counts.intended.messages)
      .member("refused", counts.refused.messages)
      .member("skipped", counts.skipped.messages)
      .member("bytes_on_disk", line.bytes_on_disk)
      .end_object();
  return json.result();
}

Result<void> write_json(report::TextOutput& out, JobSource& jobs) {
  report::JsonStream json(out);
  json.begin_object().member("schema", "mboxferry.jobs/1").key("jobs").begin_array();
  MBOXFERRY_TRY(
      jobs.each([&](const job::KnownJob& job, const journal::Journal* journal) -> Result<void> {
        MBOXFERRY_ASSIGN(const JobLine line, line_of(job, journal));
        return add_json(json, job, line);
      }));
  json.end_array().end_object().end_line();
  return json.result();
}

Result<void> write_text(report::TextOutput& out, JobSource& jobs, const std::string& folder) {
  TextList list(out);
  MBOXFERRY_TRY(
      jobs.each([&](const job::KnownJob& job, const journal::Journal* journal) -> Result<void> {
        MBOXFERRY_ASSIGN(const JobLine line, line_of(job, journal));
        return list.add(job, line);
      }));
  return list.end(folder);
}

}  // namespace

Result<int> run_jobs(const Arguments& arguments, Context& context) {
  const OptionTable table = jobs_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  std::string folder = options.text("folder");
  if (folder.empty()) {
    MBOXFERRY_ASSIGN(folder, existing_state_folder("a folder of journals"));
  }
  SandboxRights rights = rights_of(options);
  add_jobs(rights, {folder});
  confine(options, rights);
  JobSource jobs({folder}, takes_any_owner(options), context.interrupt);
  MBOXFERRY_TRY(options.has_flag("json") ? write_json(context.out, jobs)
                                         : write_text(context.out, jobs, folder));
  return jobs.trouble() ? exit_status(jobs.trouble()->code) : kExitSuccess;
}

}  // namespace mboxferry::cli
