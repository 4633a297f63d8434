// SPDX-License-Identifier: Apache-2.0
// The text for Prometheus.
#include "mboxferry/report/metrics.h"

#include <catch2/catch.hpp>

#include "report_test_support.h"

using namespace mboxferry;
using namespace mboxferry::report;

namespace {

class MetricsClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_seconds() const override { return 1000; }
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
  void sleep(std::chrono::milliseconds duration) override { now_ += duration; }

 private:
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
};

class Notices final : public ProgressPrinter {
 public:
  void progress(const ProgressSample& /*sample*/) override { ++samples; }
  void notice(std::string_view line) override { lines.emplace_back(line); }
  void finish() override { finished = true; }

  int samples = 0;
  std::vector<std::string> lines;
  bool finished = false;
};

}  // namespace

TEST_CASE("an account's name cannot end its label or its line") {
  ProgressSample sample;
  sample.messages_done = 3;
  const std::string text = job_metrics(sample, "a\"b\\c\nd", {.now = 1000});
  CHECK(text.find("mboxferry_messages_stored{account=\"a\\\"b\\\\c\\\\x0ad\"} 3\n") !=
        std::string::npos);
  CHECK(text.ends_with(" 1000\n"));
}

TEST_CASE("the file is written now and then, and at the end in any case") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/job.prom";
  MetricsClock clock;
  Notices shown;
  JobMetricsPrinter printer(shown, MetricsFile(path, clock), "a");
  ProgressSample sample;
  const auto stored = [&] {
    const std::string text = content_of(path);
    const std::size_t at = text.find("mboxferry_messages_stored{account=\"a\"} ");
    REQUIRE(at != std::string::npos);
    return std::stoi(text.substr(text.find(' ', at)));
  };
  sample.messages_done = 1;
  printer.progress(sample);
  CHECK(stored() == 1);
  sample.messages_done = 2;
  clock.sleep(std::chrono::seconds(4));
  printer.progress(sample);
  CHECK(stored() == 1);
  clock.sleep(std::chrono::seconds(1));
  printer.progress(sample);
  CHECK(stored() == 2);
  sample.messages_done = 3;
  printer.progress(sample);
  printer.finish();
  CHECK(stored() == 3);
  CHECK(shown.samples == 4);
  CHECK(shown.finished);
  CHECK(shown.lines.empty());
}

TEST_CASE("how a run ended and when all was there outlive the next run") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/job.prom";
  MetricsClock clock;
  Notices shown;
  const auto value = [&](const std::string& name) {
    const std::string text = content_of(path);
    const std::size_t at = text.find("\nmboxferry_" + name + "{account=\"a\"} ");
    REQUIRE(at != std::string::npos);
    return std::stoll(text.substr(text.find(' ', at)));
  };
  const auto run = [&](int status) {
    JobMetricsPrinter printer(shown, MetricsFile(path, clock), "a");
    printer.progress({});
    const auto before =
        std::make_pair(value("exit_status"), value("last_success_timestamp_seconds"));
    printer.finish();
    printer.ended(status);
    CHECK(value("exit_status") == status);
    clock.sleep(std::chrono::seconds(60));
    return before;
  };
  CHECK(run(77) == std::make_pair(-1LL, 0LL));
  CHECK(run(0) == std::make_pair(77LL, 0LL));
  const long long success = value("last_success_timestamp_seconds");
  CHECK(success > 0);
  CHECK(run(75) == std::make_pair(0LL, success));
  CHECK(value("last_success_timestamp_seconds") == success);
}

TEST_CASE("a metrics file that cannot be written is told once") {
  MetricsClock clock;
  Notices shown;
  JobMetricsPrinter printer(shown, MetricsFile("/nowhere/at/all/job.prom", clock), "a");
  for (int i = 0; i < 3; ++i) {
    printer.progress({});
    clock.sleep(std::chrono::seconds(10));
  }
  printer.finish();
  REQUIRE(shown.lines.size() == 1);
  CHECK(shown.lines[0].find("/nowhere/at/all/job.prom") != std::string::npos);
}
