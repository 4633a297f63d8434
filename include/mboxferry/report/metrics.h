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

/// The text format of Prometheus, version 0.0.4. `account` becomes a label; `running` is false at
/// the end; `now` is in Unix seconds.
std::string job_metrics(const ProgressSample& sample, std::string_view account, bool running,
                        std::int64_t now);
std::string batch_metrics(const BatchSample& sample, bool running, std::int64_t now);

/// A file that is replaced as a whole every few seconds, and may be read by everybody.
class MetricsFile {
 public:
  MetricsFile(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// Whether it is time to write it again.
  [[nodiscard]] bool due() const;
  Result<void> write(std::string_view text);
  [[nodiscard]] std::int64_t now() const { return clock_.unix_seconds(); }

 private:
  std::string path_;
  Clock& clock_;
  std::optional<std::chrono::steady_clock::time_point> written_;
};

/// Writes the metrics of a job beside what another printer shows, which must live longer. A file
/// that cannot be written is told once, and does not end the job.
class JobMetricsPrinter final : public ProgressPrinter {
 public:
  JobMetricsPrinter(ProgressPrinter& inner, MetricsFile file, std::string account)
      : inner_(inner), file_(std::move(file)), account_(std::move(account)) {}
  void progress(const ProgressSample& sample) override;
  void notice(std::string_view line) override { inner_.notice(line); }
  void finish() override;

 private:
  void write(bool running);

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
      : inner_(inner), file_(std::move(file)) {}
  void progress(const BatchSample& sample) override;
  void notice(std::string_view account, std::string_view line) override {
    inner_.notice(account, line);
  }
  void finish() override;

 private:
  void write(bool running);

  BatchPrinter& inner_;
  MetricsFile file_;
  BatchSample last_;
  bool told_ = false;
};

}  // namespace mboxferry::report
