// SPDX-License-Identifier: Apache-2.0
// Writes the protocol trace.
#include "cli/trace_log.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "cli/command.h"
#include "cli/connection_options.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

class TraceLog {
 public:
  TraceLog(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  void write(std::string_view line) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    std::string text = to_rfc3339(local_time(now / 1000));
    text.insert(text.find('T') + sizeof "hh:mm:ss", fmt::format(".{:03}", now % 1000));
    text += ' ' + report::printable(line) + '\n';
    const std::lock_guard lock(mutex_);
    static_cast<void>(write_all(file_.get(), text, path_));
  }

 private:
  std::mutex mutex_;
  FileDescriptor file_;
  std::string path_;
};

}  // namespace

Result<std::function<void(std::string_view)>> open_trace(const std::string& path) {
  MBOXFERRY_ASSIGN(FileDescriptor file, open_log(path));
  // A trace names people and mailboxes: also a file that was there before is closed to others.
  ::fchmod(file.get(), 0600);
  auto log = std::make_shared<TraceLog>(std::move(file), path);
  return std::function<void(std::string_view)>([log](std::string_view line) { log->write(line); });
}

std::function<void(std::string_view)> trace_to_standard_error() {
  return [](std::string_view line) {
    say(fmt::format("{} {}", to_rfc3339(local_time(mboxferry::system_clock().unix_seconds())),
                    line));
  };
}

Result<std::function<void(std::string_view)>> trace_of(const ConnectionSettings& settings) {
  std::function<void(std::string_view)> shown;
  if (settings.verbose) shown = trace_to_standard_error();
  if (settings.log_file.empty()) return shown;
  MBOXFERRY_ASSIGN(auto written, open_trace(settings.log_file));
  if (!shown) return written;
  return std::function<void(std::string_view)>([shown, written](std::string_view line) {
    shown(line);
    written(line);
  });
}

}  // namespace mboxferry::cli
