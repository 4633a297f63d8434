// SPDX-License-Identifier: Apache-2.0
// mboxferry scan: read everything, send nothing.
#include <fmt/format.h>
#include <unistd.h>

#include "cli/archive_options.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/mapping_options.h"
#include "cli/options.h"
#include "cli/progress_options.h"
#include "cli/sandbox_options.h"
#include "cli/scan_folder.h"
#include "cli/scan_output.h"
#include "cli/unmet_choice.h"
#include "mboxferry/archive/same_names.h"
#include "mboxferry/plan/folder_filter.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/folder_index.h"
#include "mboxferry/transfer/named_copies.h"

namespace mboxferry::cli {
OptionTable scan_table() {
  OptionTable table;
  table.usage = "scan [OPTION]... ARCHIVE...";
  table.about =
      "Reads archives to the end and says what is in them: folders, messages, lines that could\n"
      "be separators, problems. Needs no server and changes nothing. An ARCHIVE is an mbox\n"
      "file, a Maildir, .eml files, a folder of them, any of these in a zip or tar archive or\n"
      "compressed, or - for standard input.\n";
  table.examples =
      "  mboxferry scan Archive.mbox\n"
      "  mboxferry scan --json ~/Mail > archive.json\n"
      "  mboxferry scan --list Archive.mbox.gz | head\n";
  table.positional = "archive";
  auto output = option_group("what is shown, on standard output");
  output.add_options()                                                               //
      ("json", flag(), "one JSON document (jobs/schema/scan.json) instead of text")  //
      ("list", flag(), "one JSON object a message, on a line")                       //
      ("left-out", flag(), "also name the files that are no mail, which are counted otherwise");
  add_progress_option(output);
  add_sandbox_option(output);
  output.add_options()("help,h", "this text");
  auto reading = option_group("how archives are read");
  add_reading_options(reading);
  add_folder_options(reading);
  table.groups.push_back(output);
  table.groups.push_back(reading);
  return table;
}

namespace {

Result<std::unique_ptr<ScanOutput>> make_output(const Options& options, report::TextOutput& out) {
  const bool json = options.has_flag("json");
  const bool list = options.has_flag("list");
  if (json && list) {
    return Error{ErrorCode::usage, "--json and --list exclude each other", "choose one"};
  }
  return json   ? make_scan_document(out)
         : list ? make_scan_list(out)
                : make_scan_table(out, options.has_flag("left-out"),
                                  report::columns_of(STDOUT_FILENO));
}

/// Runs over archives and remembers the first thing that went wrong.
class Scan {
 public:
  Scan(const transfer::IndexOptions& options, const plan::FolderFilter& filter, ScanOutput& output,
       report::ProgressPrinter& printer, const Cancellation& interrupt, bool names_left_out)
      : options_(options),
        filter_(filter),
        output_(output),
        printer_(printer),
        interrupt_(interrupt),
        names_left_out_(names_left_out) {
    sample_.phase = "reading";
  }

  /// Fails only when the output does.
  Result<void> read(const std::vector<archive::Archive>& archives) {
    for (const auto& archive : archives) {
      sample_.archive_bytes += archive.bytes_on_disk();
      for (const std::string& notice : archive.notices()) printer_.notice(notice);
      MBOXFERRY_TRY(output_.tree(archive));
    }
    MBOXFERRY_TRY(transfer::add_packed_copies(archives, copies_));
    for (const auto& archive : archives) {
      MBOXFERRY_TRY(read_archive(archive));
      if (interrupt_.requested()) break;
    }
    return output_.end(totals_);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// Folders of a tree could not be read to their end.
  [[nodiscard]] bool is_incomplete() const { return is_incomplete_; }

 private:
  Result<void> read_archive(const archive::Archive& archive) {
    MBOXFERRY_TRY(output_.begin_archive(archive));
    const NotReadParts not_read(archive, filter_);
    MBOXFERRY_ASSIGN(const auto unread, not_read.count(archive::NotReadKind::unread));
    const std::uint64_t count = unread.files;
    if (count > 0 && !names_left_out_) {
      printer_.notice(
          fmt::format("{} of {} may be mail and cannot be read; scan without --list names them",
                      report::counted(count, "file"), archive.path()));
    }
    std::uint64_t bytes = 0;
    bool mail = false;
    std::vector<archive::Folder> admitted;
    for (const archive::Folder& folder : archive.folders()) {
      auto named = archive::under_admitted_name(
          folder, [this](const std::string& label) { return filter_.admits(label); });
      if (!named) continue;
      if (const auto copy = copies_.same.find(named->place()); copy != copies_.same.end()) {
        printer_.notice(transfer::copy_notice(copy->first, copy->second));
        mail = true;  // it has the original's
        continue;
      }
      if (const auto notice = names_.see(*named, named->place())) printer_.notice(*notice);
      admitted.push_back(std::move(*named));
    }
    transfer::IndexOptions options = options_;
    options.few_dates_are_exporters = transfer::few_dates_are_exporters(admitted, options);
    for (const archive::Folder& folder : admitted) {
      if (const std::string warning = archive::lock_warning(folder); !warning.empty()) {
        printer_.notice(warning);
      }
      MBOXFERRY_ASSIGN(const ScannedFolder scanned,
                       scan_folder(folder, options, output_, printer_, sample_, interrupt_));
      bytes += scanned.totals.size;
      mail = mail || scanned.totals.mail;
      ++totals_.folders;
      totals_.messages += scanned.totals.messages;
      if (scanned.error && archive.is_tree() && scanned.error->code == ErrorCode::not_mail) {
        // As for a job, one damaged folder of a tree is a part that is not read.
        printer_.notice(describe(*scanned.error));
        is_incomplete_ = true;
      } else if (scanned.error) {
        remember(*scanned.error);
      }
      if (interrupt_.requested()) break;
    }
    totals_.bytes += bytes;
    if (!mail && !error_) {
      remember({ErrorCode::not_mail, archive.path() + " holds no mail that can be read",
                "name an mbox file, or a folder of them"});
    }
    return output_.end_archive(bytes, not_read);
  }

  void remember(const Error& error) {
    if (!error_) {
      error_ = error;
    } else if (error.code != ErrorCode::interrupted) {
      printer_.notice(describe(error));
    }
  }

  const transfer::IndexOptions& options_;
  const plan::FolderFilter& filter_;
  ScanOutput& output_;
  report::ProgressPrinter& printer_;
  const Cancellation& interrupt_;
  const bool names_left_out_;  ///< the output does
  report::ProgressSample sample_;
  ScanTotals totals_;
  archive::SameNames names_;
  transfer::NamedCopies copies_;  ///< mboxes beside their packed form, which a job reads once, too
  std::optional<Error> error_;
  bool is_incomplete_ = false;
};

/// Progress on the terminal would be painted between the lines of a list.
bool would_mix(const Options& options) {
  return !options.get<std::string>("progress") && ::isatty(STDOUT_FILENO) == 1 &&
         (options.has_flag("json") || options.has_flag("list"));
}

}  // namespace

Result<int> run_scan(const Arguments& arguments, Context& context) {
  const OptionTable table = scan_table();
  if (asks_for_help(arguments)) {
    MBOXFERRY_TRY(context.out.write(help_text(table)));
    return kExitSuccess;
  }
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  MBOXFERRY_ASSIGN(const auto paths, archives_of(options));
  MBOXFERRY_ASSIGN(const auto index_options, read_index_options(options));
  MBOXFERRY_ASSIGN(const FolderChoice choice, read_folder_choice(options));
  MBOXFERRY_ASSIGN(const auto filter, plan::FolderFilter::create(choice.include, choice.exclude));
  MBOXFERRY_ASSIGN(const auto open, read_open_options(options));
  SandboxRights rights = rights_of(options);
  rights.uses_network = false;
  add_archives(rights, paths, open.follow_links);
  confine(options, rights);
  MBOXFERRY_ASSIGN(auto printer, make_printer(options));
  if (would_mix(options)) {
    printer =
        report::make_progress_printer(report::ProgressStyle::none, STDERR_FILENO, system_clock());
  }
  MBOXFERRY_ASSIGN(const auto archives, archive::Archive::open_all(paths, open));
  MBOXFERRY_TRY(check_choice(choice, archives));
  MBOXFERRY_ASSIGN(const auto output, make_output(options, context.out));
  const bool for_people = !options.has_flag("json") && !options.has_flag("list");
  Scan scan(index_options, filter, *output, *printer, context.interrupt, for_people);
  MBOXFERRY_TRY(scan.read(archives));
  printer->finish();
  if (context.interrupt.requested()) {
    return Error{ErrorCode::interrupted, "interrupted: not everything was read",
                 "run the same command again"};
  }
  if (scan.error()) return *scan.error();
  return scan.is_incomplete() ? kExitRefused : kExitSuccess;
}

}  // namespace mboxferry::cli
