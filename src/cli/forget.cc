// SPDX-License-Identifier: Apache-2.0
// mboxferry forget: delete what is kept of jobs.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <set>

#include "cli/command.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/job_files.h"
#include "cli/job_source.h"
#include "cli/options.h"
#include "cli/sandbox_options.h"
#include "cli/state_place.h"
#include "cli/terminal_prompt.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/time.h"
#include "mboxferry/journal/lock_file.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/refused.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

}  // namespace

OptionTable forget_table() {
  OptionTable table;
  table.usage =
      "forget [OPTION]... JOURNAL...\n"
      "       mboxferry forget --finished [OPTION]... [FOLDER]...";
  table.about =
      "Deletes the journals of jobs, with their lock files and the refused messages that are kept\n"
      "beside them, after saying what is in them and a yes. Mail that was stored stays where it\n"
      "is. Without its journal a job cannot go on, be verified or be reported; the same command\n"
      "begins a new one, which finds the mail in the mailboxes and asks what to do.\n";
  table.examples =
      "  mboxferry forget --finished --older-than 30d\n"
      "  mboxferry forget old.journal --yes\n";
  table.positional = "job";
  auto choice = option_group("which jobs");
  choice.add_options()  //
      ("finished", flag(),
       "all in the folder (~/.local/state/mboxferry) that are complete, or were replaced by later "
       "ones and have no refused messages")  //
      ("older-than", po::value<std::string>()->value_name("TIME"),
       "with --finished: only those whose last run ended so long ago, such as 30d or 12h");
  auto rest = option_group("options");
  rest.add_options()  //
      ("dry-run,n", flag(), "only say what would be deleted")("yes", flag(), "do not ask")(
          "help,h", "this text");
  add_sandbox_option(rest);
  table.groups.push_back(choice);
  table.groups.push_back(rest);
  return table;
}

namespace {

struct Choice {
  bool finished = false;
  std::string ended_before;  ///< RFC 3339 in UTC; empty: whenever
};

Result<Choice> read_forget_choice(const Options& options) {
  Choice choice;
  choice.finished = options.has_flag("finished");
  const std::string age = options.text("older-than");
  if (age.empty()) return choice;
  if (!choice.finished)
    return Error{ErrorCode::usage, "--older-than belongs to --finished", "add --finished"};
  const auto seconds = duration_from_text(age);
  if (!seconds) return bad_value("older-than", "a number and a unit, such as 30d or 12h");
  choice.ended_before = to_rfc3339({system_clock().unix_seconds() - seconds->count(), 0});
  return choice;
}

/// Journals by name, or folders when all that is finished is meant.
Result<std::vector<std::string>> read_places(const Options& options, const Choice& choice) {
  auto places = options.texts("job");
  if (places.empty() && choice.finished) {
    MBOXFERRY_ASSIGN(places.emplace_back(), existing_state_folder("a folder of journals"));
  }
  if (places.empty()) {
    return Error{ErrorCode::usage, "no job is named",
                 "name journals, which mboxferry jobs lists, or use --finished"};
  }
  std::set<std::string> named;
  std::erase_if(places, [&](const std::string& place) {
    return !named.insert(canonical_path(place)).second;
  });
  for (const std::string& place : places) {
    std::error_code ignored;
    if (!choice.finished && std::filesystem::is_symlink(place, ignored))
      return Error{ErrorCode::usage, place + " is a link to a journal",
                   "name the journal itself: " + canonical_path(place)};
    const bool folder = std::filesystem::is_directory(place, ignored);
    if (folder == choice.finished) continue;
    return Error{ErrorCode::usage,
                 place + (folder ? " is a folder of jobs" : " is no folder of jobs"),
                 folder ? "name their journals, or use --finished"
                        : "--finished takes folders, and without it journals are named"};
  }
  return places;
}

class Forgetting {
 public:
  Forgetting(JobSource& jobs, Choice choice, Context& context)
      : jobs_(jobs), choice_(std::move(choice)), context_(context) {}

  /// Says what each chosen job is.
  Result<void> list() {
    return each_chosen([&](const job::KnownJob& job, const journal::MailboxCounts& counts) {
      ++chosen_;
      bytes_ += size_of_job_files(job.journal);
      if (!job.replaced && job.verdict != "complete") ++unfinished_;
      std::string text = fmt::format("{}: {}: {} of {} stored\n  {}\n",
                                     job.replaced ? "replaced" : report::verdict_words(job.verdict),
                                     report::printable(job.account), counts.stored.messages,
                                     report::counted(report::meant_for(counts).messages, "message"),
                                     report::printable(job.journal));
      if (counts.refused.messages > 0) {
        text += fmt::format("  with {} in {}\n",
                            report::counted(counts.refused.messages, "refused message"),
                            report::printable(transfer::quarantine_path(job.journal)));
      }
      return context_.out.write(text);
    });
  }

  [[nodiscard]] std::uint64_t chosen() const { return chosen_; }

  [[nodiscard]] std::string question() const {
    std::string text = fmt::format("Delete what is kept of {} ({})",
                                   report::counted(chosen_, "job"), report::human_bytes(bytes_));
    if (unfinished_ > 0) text += fmt::format(", {} of them not complete", unfinished_);
    return text + "? Type yes: ";
  }

  /// Deletes; a job at work is told and stays. Returns the exit status.
  Result<int> remove() {
    std::uint64_t removed = 0;
    int status = kExitSuccess;
    MBOXFERRY_TRY(
        each_chosen([&](const job::KnownJob& job, const journal::MailboxCounts&) -> Result<void> {
          if (context_.interrupt.requested())
            return Error{ErrorCode::interrupted, "interrupted", "the rest is still there"};
          if (const auto gone = remove_job_files(job.journal); !gone) {
            say_error(gone.error());
            status = exit_status(gone.error().code);
          } else {
            ++removed;
          }
          return ok();
        }));
    MBOXFERRY_TRY(
        context_.out.write(fmt::format("{} forgotten\n", report::counted(removed, "job"))));
    return status;
  }

 private:
  using Visitor = std::function<Result<void>(const job::KnownJob&, const journal::MailboxCounts&)>;
  Result<void> each_chosen(const Visitor& visit) {
    return jobs_.each(
        [&](const job::KnownJob& job, const journal::Journal* journal) -> Result<void> {
          if (job.journal.empty() || journal == nullptr) return ok();
          MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal->counts(0));
          return is_chosen(job, counts) ? visit(job, counts) : ok();
        });
  }

  [[nodiscard]] bool is_chosen(const job::KnownJob& job,
                               const journal::MailboxCounts& counts) const {
    if (!choice_.finished) return true;
    const bool done = job.verdict == "complete" || (job.replaced && counts.refused.messages == 0);
    // Of a job that is replaced and was never ended, its beginning is what is known.
    const std::string& when = job.ended.empty() ? job.begun : job.ended;
    const bool old = choice_.ended_before.empty() || (!when.empty() && when < choice_.ended_before);
    std::error_code ignored;
    const bool is_link = std::filesystem::is_symlink(job.journal, ignored);
    return done && old && !is_link && !journal::LockFile::holder_of(job.journal);
  }

  JobSource& jobs_;
  Choice choice_;
  Context& context_;
  std::uint64_t chosen_ = 0;
  std::uint64_t unfinished_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<int> run_forget(const Arguments& arguments, Context& context) {
  const OptionTable table = forget_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  MBOXFERRY_ASSIGN(const Choice choice, read_forget_choice(options));
  MBOXFERRY_ASSIGN(std::vector<std::string> places, read_places(options, choice));
  SandboxRights rights = rights_of(options);
  add_jobs(rights, places);
  confine(options, rights);
  JobSource jobs(std::move(places), false, context.interrupt);
  Forgetting forgetting(jobs, choice, context);
  MBOXFERRY_TRY(forgetting.list());
  MBOXFERRY_TRY(context.out.flush());
  const int status = jobs.trouble() ? exit_status(jobs.trouble()->code) : kExitSuccess;
  if (forgetting.chosen() == 0) {
    MBOXFERRY_TRY(context.out.write("there is no such job; nothing was deleted\n"));
    return status;
  }
  if (options.has_flag("dry-run")) return status;
  if (!options.has_flag("yes")) {
    MBOXFERRY_ASSIGN(const bool yes, confirm_on_terminal(forgetting.question(), context.interrupt));
    if (!yes) {
      MBOXFERRY_TRY(context.out.write("nothing was deleted\n"));
      return kExitSuccess;
    }
  }
  MBOXFERRY_ASSIGN(const int removed, forgetting.remove());
  return removed == kExitSuccess ? status : removed;
}

}  // namespace mboxferry::cli
