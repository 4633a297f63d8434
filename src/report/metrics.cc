// SPDX-License-Identifier: Apache-2.0
// The metrics file.
#include "mboxferry/report/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "mboxferry/base/file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

constexpr std::chrono::seconds kBetweenWrites(5);
constexpr unsigned kReadableByAll = 0644;

constexpr std::array<std::string_view, 6> kPhases{"reading", "connecting", "reconciling",
                                                  "sending", "verifying",  "done"};

constexpr const char* kExitStatus = "exit_status";
constexpr const char* kLastSuccess = "last_success_timestamp_seconds";

/// The value of a metric in a metrics file, whatever its labels; nothing when it has none.
std::optional<std::int64_t> metric_in(std::string_view text, const std::string& name) {
  for (std::size_t at = text.find("\n" + name); at != std::string_view::npos;
       at = text.find("\n" + name, at + 1)) {
    std::string_view line = text.substr(at + 1);
    line = line.substr(0, line.find('\n'));
    const char behind = line.size() > name.size() ? line[name.size()] : '\0';
    const std::size_t blank = line.rfind(' ');
    if ((behind != ' ' && behind != '{') || blank == std::string_view::npos) continue;
    std::int64_t value = 0;
    const char* const end = line.data() + line.size();
    if (std::from_chars(line.data() + blank + 1, end, value).ptr == end) return value;
  }
  return {};
}

/// A label's value: what the format escapes, and nothing that could end the line.
std::string label_value(std::string_view text) {
  std::string value;
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

/// Collects metrics that all have the same labels.
class Metrics {
 public:
  explicit Metrics(std::string labels) : labels_(std::move(labels)) {}

  template <typename Number>
  void add(const std::string& name, std::string_view type, std::string_view help, Number value) {
    describe(name, type, help);
    text_ += fmt::format("mboxferry_{}{} {}\n", name, braces(labels_), value);
  }
  /// One of several states is 1, the others are 0.
  void add_state(std::string_view name, std::string_view help, std::string_view label,
                 std::span<const std::string_view> states, std::string_view current) {
    describe(name, "gauge", help);
    for (const std::string_view state : states) {
      const std::string own = fmt::format("{}=\"{}\"", label, state);
      text_ += fmt::format("mboxferry_{}{} {}\n", name,
                           braces(labels_.empty() ? own : labels_ + "," + own),
                           state == current ? 1 : 0);
    }
  }
  /// How runs ended; `kind` stands in front of the names.
  void add_ends(const std::string& kind, const RunState& run) {
    add(kind + kExitStatus, "gauge",
        "Exit status of the last run that ended (docs/exit-codes.md), -1 when none has.",
        run.exit_status);
    add(kind + kLastSuccess, "gauge",
        "When a run last ended with status 0, in Unix time; 0: never.", run.last_success);
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string braces(const std::string& labels) {
    return labels.empty() ? "" : "{" + labels + "}";
  }
  void describe(std::string_view name, std::string_view type, std::string_view help) {
    text_ +=
        fmt::format("# HELP mboxferry_{} {}\n# TYPE mboxferry_{} {}\n", name, help, name, type);
  }

  std::string labels_;
  std::string text_;
};

}  // namespace

std::string job_metrics(const ProgressSample& sample, std::string_view account,
                        const RunState& run) {
  Metrics metrics(fmt::format("account=\"{}\"", label_value(account)));
  metrics.add("running", "gauge", "1 while the job runs, 0 when it has ended.",
              run.running ? 1 : 0);
  metrics.add_state("phase", "1 for what the job does just now.", "phase", kPhases, sample.phase);
  metrics.add("messages_planned", "gauge", "Messages to be stored, as far as known.",
              sample.messages_total);
  metrics.add("messages_stored", "gauge", "Messages that are stored, earlier runs included.",
              sample.messages_done);
  metrics.add("messages_refused", "gauge", "Messages that the server refused for good.",
              sample.refused);
  metrics.add("bytes_planned", "gauge", "Bytes of the messages to be stored, as sent.",
              sample.bytes_total);
  metrics.add("bytes_stored", "gauge", "Bytes of the messages that are stored.", sample.bytes_done);
  metrics.add("run_messages_stored_total", "counter", "Messages stored in this run.",
              sample.messages_now);
  metrics.add("run_bytes_stored_total", "counter", "Bytes of messages stored in this run.",
              sample.bytes_now);
  metrics.add("totals_known", "gauge", "1 when the planned numbers will not grow any more.",
              sample.totals_known ? 1 : 0);
  metrics.add("archive_bytes", "gauge", "Bytes of the archives on disk.", sample.archive_bytes);
  metrics.add("archive_bytes_read", "gauge", "Of these, what has been read.", sample.read_bytes);
  metrics.add("unread", "gauge", "Parts of the archives that may be mail and are not read.",
              sample.unread);
  metrics.add("waiting_seconds", "gauge", "Until the job goes on that waits; 0 when it does not.",
              sample.waiting_seconds);
  metrics.add_ends("", run);
  metrics.add("written_timestamp_seconds", "gauge", "When this was written, in Unix time.",
              run.now);
  return metrics.take();
}

std::string batch_metrics(const BatchSample& sample, const RunState& run) {
  Metrics metrics("");
  metrics.add("batch_running", "gauge", "1 while the batch runs, 0 when it has ended.",
              run.running ? 1 : 0);
  metrics.add("batch_accounts", "gauge", "Accounts of the batch or its shard.", sample.accounts);
  metrics.add("batch_accounts_waiting", "gauge", "Accounts that wait for their turn.",
              sample.waiting);
  metrics.add("batch_accounts_at_work", "gauge", "Accounts at work.", sample.at_work.size());
  metrics.add("batch_accounts_complete", "gauge", "Accounts with every message stored.",
              sample.complete);
  metrics.add("batch_accounts_refused", "gauge",
              "Accounts that are finished, with some messages refused.", sample.refused);
  metrics.add("batch_accounts_incomplete", "gauge",
              "Accounts that are finished, with parts of their archives not read.",
              sample.incomplete);
  metrics.add("batch_accounts_unfinished", "gauge", "Accounts that must go on in a later run.",
              sample.later);
  metrics.add("batch_accounts_failed", "gauge", "Accounts that failed, refused logins included.",
              sample.failed);
  metrics.add("batch_accounts_login_refused", "gauge", "Accounts whose login was refused.",
              sample.login_refused);
  metrics.add("batch_run_messages_stored_total", "counter", "Messages stored in this run.",
              sample.messages_now);
  metrics.add("batch_run_bytes_stored_total", "counter", "Bytes of messages stored in this run.",
              sample.bytes_now);
  metrics.add("batch_archive_bytes", "gauge", "Bytes of all archives on disk.",
              sample.archive_bytes);
  metrics.add(
      "batch_archive_bytes_done", "gauge", "Of these, those of accounts that are done.",
      sample.archive_bytes_done - std::min(sample.archive_bytes_left, sample.archive_bytes_done));
  metrics.add_ends("batch_", run);
  metrics.add("batch_written_timestamp_seconds", "gauge", "When this was written, in Unix time.",
              run.now);
  return metrics.take();
}

bool MetricsFile::due() const { return !written_ || clock_.now() - *written_ >= kBetweenWrites; }

RunState MetricsFile::earlier(std::string_view prefix) const {
  constexpr std::size_t kMost = 64 * 1024;
  const std::string text = beginning_of(path_, kMost);
  RunState run;
  run.exit_status = metric_in(text, std::string(prefix) + kExitStatus).value_or(run.exit_status);
  run.last_success = metric_in(text, std::string(prefix) + kLastSuccess).value_or(run.last_success);
  return run;
}

Result<void> MetricsFile::write(std::string_view text) {
  written_ = clock_.now();
  return replace_file(path_, text, kReadableByAll);
}

namespace {

/// How a run has ended, from now on.
void end_run(RunState& run, int exit_status, std::int64_t now) {
  run.running = false;
  run.exit_status = exit_status;
  if (exit_status == 0) run.last_success = now;
}

}  // namespace

Result<void> write_early_end(MetricsFile file, std::string_view account, int exit_status) {
  RunState run = file.earlier("mboxferry_");
  run.now = file.now();
  end_run(run, exit_status, run.now);
  return file.write(job_metrics({}, account, run));
}

Result<void> write_early_batch_end(MetricsFile file, int exit_status) {
  RunState run = file.earlier("mboxferry_batch_");
  run.now = file.now();
  end_run(run, exit_status, run.now);
  return file.write(batch_metrics({}, run));
}

void JobMetricsPrinter::progress(const ProgressSample& sample) {
  last_ = sample;
  if (file_.due()) write();
  inner_.progress(sample);
}

void JobMetricsPrinter::finish() {
  run_.running = false;
  write();
  inner_.finish();
}

void JobMetricsPrinter::ended(int exit_status) {
  end_run(run_, exit_status, file_.now());
  write();
}

void JobMetricsPrinter::write() {
  run_.now = file_.now();
  const auto written = file_.write(job_metrics(last_, account_, run_));
  if (!written && !told_) inner_.notice(describe(written.error()));
  told_ = told_ || !written;
}

void BatchMetricsPrinter::progress(const BatchSample& sample) {
  last_ = sample;
  if (file_.due()) write();
  inner_.progress(sample);
}

void BatchMetricsPrinter::finish() {
  run_.running = false;
  write();
  inner_.finish();
}

void BatchMetricsPrinter::ended(int exit_status) {
  end_run(run_, exit_status, file_.now());
  write();
}

void BatchMetricsPrinter::write() {
  run_.now = file_.now();
  const auto written = file_.write(batch_metrics(last_, run_));
  if (!written && !told_) inner_.notice("", describe(written.error()));
  told_ = told_ || !written;
}

}  // namespace mboxferry::report
