// SPDX-License-Identifier: Apache-2.0
// Shows where a batch stands.
#include "mboxferry/report/batch_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "mboxferry/report/event.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "report/background_output.h"
#include "report/notice_head.h"
#include "report/rate_meter.h"

namespace mboxferry::report {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostLines = 12;  ///< accounts that a live view names

/// How fast things go, and how long they still take.
struct Pace {
  Rate rate;
  std::optional<double> seconds_left;
};

std::string at_work_line(const AccountSample& one) {
  const ProgressSample& sample = one.sample;
  std::string line = shortened_in_middle(one.account, 44) + "  " + sample.phase;
  if (sample.messages_total > 0) {
    line += fmt::format(" {} of {}{}", sample.messages_done, sample.messages_total,
                        sample.totals_known ? "" : "+");
  }
  if (!sample.mailbox.empty()) line += "  " + shortened_in_middle(sample.mailbox, 24);
  if (!sample.waiting.empty()) line += "  (" + shortened(sample.waiting, 40) + ")";
  return line;
}

std::string batch_status_line(const BatchSample& sample, const Pace& pace) {
  const std::uint64_t done =
      sample.complete + sample.refused + sample.incomplete + sample.later + sample.failed;
  std::string line;
  if (pace.seconds_left && *pace.seconds_left >= 1)
    line = human_duration(*pace.seconds_left) + " to go; ";
  line += fmt::format("{} of {} accounts", done, sample.accounts);
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) line += fmt::format(", {} {}", count, what);
  };
  add(sample.refused, "with refused messages");
  add(sample.incomplete, "incomplete");
  add(sample.later, "not finished");
  add(sample.failed, "failed");
  line += fmt::format("; {} at work, {} waiting", sample.at_work.size(), sample.waiting);
  line += fmt::format("; {} messages, {}", sample.messages_now, human_bytes(sample.bytes_now));
  if (pace.rate.messages > 0) {
    line += fmt::format(", {:.0f}/s, {}/s", pace.rate.messages,
                        human_bytes(static_cast<std::uint64_t>(pace.rate.bytes)));
  }
  if (!sample.waits_for.empty()) line += " (" + sample.waits_for + ")";
  return line;
}

/// What all have in common: when to print, and how fast things go.
class TimedBatchPrinter : public BatchPrinter {
 public:
  TimedBatchPrinter(int descriptor, Clock& clock, milliseconds interval)
      : descriptor_(descriptor),
        output_(descriptor),
        clock_(clock),
        interval_(interval),
        printed_(clock.now()) {}

  void progress(const BatchSample& sample) override {
    const auto now = clock_.now();
    meter_.add(now, sample.messages_now, sample.bytes_now);
    if (!begun_) begun_ = {now, sample.archive_bytes_done};
    sample_ = sample;
    // What is not read now will be out of date.
    if (now - printed_ < interval_ || !output_.ready()) return;
    tell_lost();
    printed_ = now;
    print();
  }
  void notice(std::string_view account, std::string_view line) final {
    if (!output_.has_room()) return;
    tell_lost();
    print_notice(account, line);
  }
  void finish() final {
    output_.drain();
    tell_lost();
    end();
    output_.drain();
  }

 protected:
  virtual void print() = 0;
  virtual void print_notice(std::string_view account, std::string_view line) = 0;
  /// Shows the last state, and leaves the terminal as it was.
  virtual void end() {}
  [[nodiscard]] const BatchSample& last() const { return sample_; }
  [[nodiscard]] Pace pace() const {
    Pace pace{meter_.rate(), {}};
    if (!begun_) return pace;
    const double seconds = std::chrono::duration<double>(clock_.now() - begun_->at).count();
    const auto done =
        sample_.archive_bytes_done - std::min(begun_->done, sample_.archive_bytes_done);
    if (seconds > 1 && done > 0 && sample_.archive_bytes >= sample_.archive_bytes_done) {
      pace.seconds_left = static_cast<double>(sample_.archive_bytes - sample_.archive_bytes_done) *
                          seconds / static_cast<double>(done);
    }
    return pace;
  }
  void put(std::string text) { output_.put(std::move(text)); }
  [[nodiscard]] std::string notice_head() const { return report::notice_head(descriptor_, clock_); }

 private:
  void tell_lost() {
    if (const std::uint64_t lost = output_.take_lost(); lost > 0) print_notice("", lost_line(lost));
  }
  struct Begin {
    std::chrono::steady_clock::time_point at;
    std::uint64_t done = 0;
  };
  const int descriptor_;
  BackgroundOutput output_;
  Clock& clock_;
  milliseconds interval_;
  std::chrono::steady_clock::time_point printed_;
  std::optional<Begin> begun_;
  RateMeter meter_;
  BatchSample sample_;
};

std::string notice_line(std::string_view account, std::string_view line) {
  // Most lines name the account or its server already.
  if (account.empty() || line.find(account) != std::string_view::npos) return printable(line);
  return printable(std::string(account) + ": " + std::string(line));
}

class PlainBatchPrinter : public TimedBatchPrinter {
 public:
  PlainBatchPrinter(int descriptor, Clock& clock, milliseconds interval)
      : TimedBatchPrinter(descriptor, clock, interval) {}

 private:
  void print_notice(std::string_view account, std::string_view line) override {
    put(notice_head() + notice_line(account, line) + "\n");
  }
  void print() override { put(batch_status_line(last(), pace()) + "\n"); }
};

class SilentBatchPrinter final : public PlainBatchPrinter {
 public:
  SilentBatchPrinter(int descriptor, Clock& clock)
      : PlainBatchPrinter(descriptor, clock, std::chrono::hours(24 * 365)) {}
};

/// A block of lines at the bottom, painted over; notices scroll above it.
class LiveBatchPrinter final : public TimedBatchPrinter {
 public:
  LiveBatchPrinter(int descriptor, Clock& clock)
      : TimedBatchPrinter(descriptor, clock, milliseconds(250)) {}
  ~LiveBatchPrinter() override { finish(); }

 private:
  void print_notice(std::string_view account, std::string_view line) override {
    put(erased() + notice_line(account, line) + "\n");
    if (began_) print();
  }
  void end() override { put(erased()); }
  /// Moves to where the block began and wipes it.
  std::string erased() {
    std::string text = "\r";
    if (lines_ > 1) text += fmt::format("\x1b[{}A", lines_ - 1);
    lines_ = 0;
    return text + "\x1b[J";
  }
  void print() override {
    began_ = true;
    // Without automatic wrapping each line stays one and can be painted over.
    std::string text = erased() + "\x1b[?7l" + batch_status_line(last(), pace());
    lines_ = 1;
    for (const AccountSample& one : last().at_work) {
      if (lines_ > kMostLines) break;
      text += "\r\n  " + at_work_line(one);
      ++lines_;
    }
    put(text + "\x1b[?7h");
  }

  std::size_t lines_ = 0;
  bool began_ = false;
};

class JsonBatchPrinter final : public TimedBatchPrinter {
 public:
  JsonBatchPrinter(int descriptor, Clock& clock)
      : TimedBatchPrinter(descriptor, clock, milliseconds(1000)), clock_(clock) {}

 private:
  void print_notice(std::string_view account, std::string_view line) override {
    put(text_event("notice", account, line, clock_.unix_seconds()));
  }
  void end() override { print(); }
  void print() override {
    const BatchSample& sample = last();
    const Pace now = pace();
    TextBuffer text;
    JsonStream json(text);
    begin_event(json, "batch", "", clock_.unix_seconds());
    json.key("accounts")
        .begin_object()
        .member("total", sample.accounts)
        .member("waiting", sample.waiting)
        .member("complete", sample.complete)
        .member("refused", sample.refused)
        .member("incomplete", sample.incomplete)
        .member("unfinished", sample.later)
        .member("failed", sample.failed)
        .end_object();
    json.key("archive")
        .begin_object()
        .member("done", sample.archive_bytes_done)
        .member("total", sample.archive_bytes)
        .end_object();
    json.member("messages", sample.messages_now).member("bytes", sample.bytes_now);
    json.key("messages_per_second").decimal(now.rate.messages);
    json.key("bytes_per_second").decimal(now.rate.bytes);
    json.key("seconds_left");
    if (now.seconds_left) {
      json.decimal(*now.seconds_left);
    } else {
      json.null();
    }
    json.key("at_work").begin_array();
    for (const AccountSample& one : sample.at_work) {
      json.begin_object()
          .member("account", one.account)
          .member("phase", one.sample.phase)
          .member("mailbox", one.sample.mailbox)
          .member("done", one.sample.messages_done)
          .member("total", one.sample.messages_total)
          .member("waiting", one.sample.waiting)
          .end_object();
    }
    json.end_array().member("waiting", sample.waits_for).end_object();
    put(text.take() + "\n");
  }

  Clock& clock_;
};

}  // namespace

std::unique_ptr<BatchPrinter> make_batch_printer(ProgressStyle style, int descriptor,
                                                 Clock& clock) {
  switch (style) {
    case ProgressStyle::plain:
      return std::make_unique<PlainBatchPrinter>(descriptor, clock, milliseconds(5000));
    case ProgressStyle::live:
      return std::make_unique<LiveBatchPrinter>(descriptor, clock);
    case ProgressStyle::json:
      return std::make_unique<JsonBatchPrinter>(descriptor, clock);
    case ProgressStyle::none:
      break;
  }
  return std::make_unique<SilentBatchPrinter>(descriptor, clock);
}

}  // namespace mboxferry::report
