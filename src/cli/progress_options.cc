// SPDX-License-Identifier: Apache-2.0
// Chooses the progress printer.
#include "cli/progress_options.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "cli/command.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

bool can_repaint() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Result<report::ProgressStyle> style_of(const Options& options) {
  const auto name = options.get<std::string>("progress");
  if (!name && options.has_flag("quiet")) return report::ProgressStyle::none;
  // Lines of --verbose would tear a picture that is painted again and again.
  const bool paints = can_repaint() && !options.has_flag("verbose");
  if (!name) return paints ? report::ProgressStyle::live : report::ProgressStyle::plain;
  if (const auto named = report::progress_style_from_name(*name)) {
    if (*named == report::ProgressStyle::json) speak_events();
    return *named;
  }
  return Error{ErrorCode::usage, "--progress has a value that is not known",
               "it takes live, plain, json or none"};
}

}  // namespace

void add_progress_option(po::options_description& group) {
  group.add_options()  //
      ("progress", po::value<std::string>()->value_name("STYLE"),
       "live (on a terminal), plain, json (an object a line) or none; on standard error")  //
      ("quiet,q", flag(), "none; what is to be known, errors and the result are told all the same");
}

Result<std::unique_ptr<report::ProgressPrinter>> make_printer(const Options& options,
                                                              std::string account) {
  MBOXFERRY_ASSIGN(const report::ProgressStyle style, style_of(options));
  speak_of(account);
  return report::make_progress_printer(style, STDERR_FILENO, system_clock(), std::move(account));
}

Result<std::unique_ptr<report::BatchPrinter>> make_batch_printer(const Options& options) {
  MBOXFERRY_ASSIGN(const report::ProgressStyle style, style_of(options));
  return report::make_batch_printer(style, STDERR_FILENO, system_clock());
}

report::ProgressSample progress_sample(const transfer::Progress& progress) {
  return {.phase = std::string(transfer::phase_name(progress.phase)),
          .totals_known = progress.totals_known,
          .messages_total = progress.total.messages,
          .bytes_total = progress.total.bytes,
          .messages_done = progress.stored.messages,
          .bytes_done = progress.stored.bytes,
          .messages_now = progress.stored_now.messages,
          .bytes_now = progress.stored_now.bytes,
          .refused = progress.refused,
          .archive_bytes = progress.archive_bytes,
          .read_bytes = progress.read_bytes,
          .mailbox = progress.mailbox,
          .waiting = progress.waiting,
          .waiting_seconds = std::chrono::duration<double>(progress.waiting_left).count(),
          .unread = progress.unread};
}

void PrintingObserver::progress(const transfer::Progress& progress) {
  printer_.progress(progress_sample(progress));
  if (interrupt_.requested() && !told_) {
    told_ = true;
    printer_.notice("stopping; what is in flight is finished first (again: stop at once)");
  }
}

}  // namespace mboxferry::cli
