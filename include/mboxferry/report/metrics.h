// SPDX-License-Identifier: Apache-2.0
// Where jobs stand, as a file for Prometheus. docs/metrics.md has the names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/report/batch_progress.h"
#include "mboxferry/report/progress.h"

namespace mboxferry::report {

/// What is known of a run beside its numbers. Times are in Unix seconds.
struct RunState {
  bool running = true;
  std::int64_t now = 0;
  std::int64_t exit_status = -1;  ///< of the last run that ended; -1: none has
  std::int64_t last_success = 0;  ///< when a run last ended with status 0; 0: never
};

/// The text format of Prometheus, version 0.0.4. `account` becomes a label.
std::string job_metrics(const ProgressSample& sample, std::string_view account,
                        const RunState& run);
std::string batch_metrics(const BatchSample& sample, const RunState& run);

/// A file that is replaced as a whole every few seconds, and may be read by everybody.
class MetricsFile {
 public:
  MetricsFile(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// Whether it is time to write it again.
  [[nodiscard]] bool due() const;
  Result<void> write(std::string_view text);
  [[nodiscard]] std::int64_t now() const { return clock_.unix_seconds(); }
  /// What the file that is there says of runs before this one, whose metrics begin with `prefix`.
  [[nodiscard]] RunState earlier(std::string_view prefix) const;

 private:
  std::string path_;
  Clock& clock_;
  std::optional<std::chrono::steady_clock::time_point> written_;
};

/// What is known of a run that ended before it had begun, as when its archive is not there: what
/// runs before it have left in the file stays, but for the exit status.
Result<void> write_early_end(MetricsFile file, std::string_view account, int exit_status);
/// The same of a batch.
Result<void> write_early_batch_end(MetricsFile file, int exit_status);

/// Writes the metrics of a job beside what another printer shows, which must live longer. A file
/// that cannot be written is told once, and does not end the job.
class JobMetricsPrinter final : public ProgressPrinter {
 public:
  JobMetricsPrinter(ProgressPrinter& inner, MetricsFile file, std::string account)
      : run_(file.earlier("mboxferry_")),
        inner_(inner),
        file_(std::move(file)),
        account_(std::move(account)) {}
  void progress(const ProgressSample& sample) override;
  void notice(std::string_view line) override { inner_.notice(line); }
  void finish() override;
  /// The command's last words: its exit status, and when all was there. To be called behind
  /// finish(), once.
  void ended(int exit_status);

 private:
  void write();

  RunState run_;
  ProgressPrinter& inner_;
  MetricsFile file_;
  std::string account_;
  ProgressSample last_;
  bool told_ = false;
};

/// The same of a batch.
class BatchMetricsPrinter final : public BatchPrinter {
 public:
  BatchMetricsPrinter(BatchPrinter& inner, MetricsFile file)
      : run_(file.earlier("mboxferry_batch_")), inner_(inner), file_(std::move(file)) {}
  void progress(const BatchSample& sample) override;
  void notice(std::string_view account, std::string_view line) override {
    inner_.notice(account, line);
  }
  void finish() override;
  /// As of a job.
  void ended(int exit_status);

 private:
  void write();

  RunState run_;
  BatchPrinter& inner_;
  MetricsFile file_;
  BatchSample last_;
  bool told_ = false;
};

}  // namespace mboxferry::report
