// SPDX-License-Identifier: Apache-2.0
// The progress printers.
#include "mboxferry/report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "mboxferry/report/event.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "report/background_output.h"
#include "report/notice_head.h"
#include "report/rate_meter.h"

namespace mboxferry::report {
namespace {

using Moment = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr std::size_t kMailboxColumns = 40;
constexpr std::size_t kLeastMailboxColumns = 8;

/// Seconds to go; nothing while totals or rate are not known.
std::optional<double> remaining_seconds(const ProgressSample& sample, const Rate& rate) {
  if (!sample.totals_known || rate.bytes <= 0 || sample.bytes_total < sample.bytes_done) return {};
  return static_cast<double>(sample.bytes_total - sample.bytes_done) / rate.bytes;
}

std::string share_read(const ProgressSample& sample) {
  if (sample.archive_bytes == 0 || sample.read_bytes >= sample.archive_bytes) return "";
  return fmt::format(", {:.0f} % read", 100.0 * static_cast<double>(sample.read_bytes) /
                                            static_cast<double>(sample.archive_bytes));
}

bool stands_still(const ProgressSample& sample) {
  return !sample.waiting.empty() && sample.waiting_seconds > 0;
}

/// What matters most is in front, where a narrow terminal still shows it.
std::string status_line(const ProgressSample& sample, const Rate& rate, std::size_t columns) {
  std::string line;
  if (stands_still(sample)) {
    line = fmt::format("waiting {:.0f} s: {}; ", std::ceil(sample.waiting_seconds),
                       shortened(sample.waiting, 60));
  }
  if (const auto left = remaining_seconds(sample, rate); left && *left >= 1)
    line += human_duration(*left) + " to go; ";
  line += sample.phase;
  if (sample.messages_total > 0 || sample.messages_done > 0) {
    line += fmt::format(": {} of {}{} messages, {} of {}", sample.messages_done,
                        sample.messages_total, sample.totals_known ? "" : "+",
                        human_bytes(sample.bytes_done), human_bytes(sample.bytes_total));
  }
  line += share_read(sample);
  if (rate.messages > 0) {
    line += fmt::format(", {:.0f}/s, {}/s", rate.messages,
                        human_bytes(static_cast<std::uint64_t>(rate.bytes)));
  }
  if (!sample.waiting.empty() && !stands_still(sample)) {
    line += " (" + shortened(sample.waiting, 60) + ")";
  }
  if (sample.refused > 0) line += fmt::format(", {} refused", sample.refused);
  if (sample.mailbox.empty()) return line;
  std::size_t room = kMailboxColumns;
  if (columns != kAnyColumns) room = std::min(room, columns - std::min(columns, line.size() + 2));
  // Of a name that is shorter than that nobody can tell which one it is.
  if (room >= kLeastMailboxColumns) line += ", " + shortened_in_middle(sample.mailbox, room);
  return line;
}

/// What all printers share: when to print, and how fast things go.
class Printer : public ProgressPrinter {
 public:
  Printer(int descriptor, Clock& clock, milliseconds interval)
      : descriptor_(descriptor),
        output_(descriptor),
        clock_(clock),
        interval_(interval),
        printed_(clock.now()) {}

  void progress(const ProgressSample& sample) override {
    const Moment now = clock_.now();
    meter_.add(now, sample.messages_now, sample.bytes_now);
    const bool new_phase =
        sample.phase != sample_.phase || stands_still(sample) != stands_still(sample_);
    sample_ = sample;
    shown_ = false;
    if (now - printed_ < interval_ && !(new_phase && prints_phases())) return;
    // What is not read now will be out of date.
    if (!output_.ready()) return;
    tell_lost();
    printed_ = now;
    shown_ = true;
    print(sample_, meter_.rate());
  }
  void notice(std::string_view line) final {
    if (!output_.has_room()) return;
    tell_lost();
    print_notice(line);
  }
  void finish() final {
    output_.drain();
    tell_lost();
    end();
    output_.drain();
  }

 protected:
  virtual void print(const ProgressSample& sample, const Rate& rate) = 0;
  virtual void print_notice(std::string_view line) = 0;
  /// Shows the last state, and leaves the terminal as it was.
  virtual void end() {}
  [[nodiscard]] virtual bool prints_phases() const { return false; }

  void put(std::string text) { output_.put(std::move(text)); }
  [[nodiscard]] std::string notice_head() const { return report::notice_head(descriptor_, clock_); }
  [[nodiscard]] const ProgressSample& last() const { return sample_; }
  [[nodiscard]] Rate rate() const { return meter_.rate(); }
  [[nodiscard]] std::size_t columns() const { return columns_of(descriptor_); }
  /// True when the last sample was printed.
  [[nodiscard]] bool shown() const { return shown_; }

 private:
  void tell_lost() {
    if (const std::uint64_t lost = output_.take_lost(); lost > 0) print_notice(lost_line(lost));
  }

  const int descriptor_;
  BackgroundOutput output_;
  Clock& clock_;
  milliseconds interval_;
  Moment printed_;
  RateMeter meter_;
  ProgressSample sample_;
  bool shown_ = true;
};

class SilentPrinter final : public Printer {
 public:
  SilentPrinter(int descriptor, Clock& clock)
      : Printer(descriptor, clock, std::chrono::hours(24 * 365)) {}

 private:
  void print_notice(std::string_view line) override { put(notice_head() + printable(line) + "\n"); }
  void print(const ProgressSample&, const Rate&) override {}
};

class PlainPrinter final : public Printer {
 public:
  PlainPrinter(int descriptor, Clock& clock) : Printer(descriptor, clock, milliseconds(5000)) {}

 private:
  void print_notice(std::string_view line) override { put(notice_head() + printable(line) + "\n"); }
  void print(const ProgressSample& sample, const Rate& rate) override {
    put(status_line(sample, rate, kAnyColumns) + "\n");
  }
};

/// One line at the bottom, painted over; notices scroll above it.
class LivePrinter final : public Printer {
 public:
  LivePrinter(int descriptor, Clock& clock) : Printer(descriptor, clock, milliseconds(100)) {}
  ~LivePrinter() override { finish(); }

 private:
  void print(const ProgressSample& sample, const Rate& rate) override {
    // Without automatic wrapping a line that is too long stays one line and can be painted over.
    put("\r\x1b[?7l\x1b[K" + status_line(sample, rate, columns()) + "\x1b[?7h");
    painted_ = true;
  }
  void print_notice(std::string_view line) override {
    put("\r\x1b[K" + printable(line) + "\n");
    if (painted_) print(last(), rate());
  }
  void end() override {
    if (painted_) put("\r\x1b[K");
    painted_ = false;
  }
  [[nodiscard]] bool prints_phases() const override { return true; }

  bool painted_ = false;
};

class JsonPrinter final : public Printer {
 public:
  JsonPrinter(int descriptor, Clock& clock, std::string account)
      : Printer(descriptor, clock, milliseconds(1000)),
        clock_(clock),
        account_(std::move(account)) {}

 private:
  void print_notice(std::string_view line) override {
    put(text_event("notice", account_, line, clock_.unix_seconds()));
  }
  void end() override {
    if (!shown()) print(last(), rate());
  }
  void print(const ProgressSample& sample, const Rate& rate) override {
    TextBuffer text;
    JsonStream json(text);
    begin_event(json, "progress", account_, clock_.unix_seconds())
        .member("phase", sample.phase)
        .member("mailbox", sample.mailbox)
        .member("totals_known", sample.totals_known);
    json.key("messages")
        .begin_object()
        .member("done", sample.messages_done)
        .member("total", sample.messages_total)
        .end_object();
    json.key("bytes")
        .begin_object()
        .member("done", sample.bytes_done)
        .member("total", sample.bytes_total)
        .end_object();
    json.key("archive")
        .begin_object()
        .member("read", sample.read_bytes)
        .member("total", sample.archive_bytes)
        .end_object();
    json.member("refused", sample.refused);
    json.key("messages_per_second").decimal(rate.messages);
    json.key("bytes_per_second").decimal(rate.bytes);
    json.key("seconds_left");
    if (const auto left = remaining_seconds(sample, rate)) {
      json.decimal(*left);
    } else {
      json.null();
    }
    json.member("waiting", sample.waiting);
    json.key("waiting_seconds").decimal(sample.waiting_seconds);
    json.end_object();
    put(text.take() + "\n");
  }
  [[nodiscard]] bool prints_phases() const override { return true; }

  Clock& clock_;
  const std::string account_;
};

}  // namespace

std::optional<ProgressStyle> progress_style_from_name(std::string_view name) {
  if (name == "none") return ProgressStyle::none;
  if (name == "plain") return ProgressStyle::plain;
  if (name == "live") return ProgressStyle::live;
  if (name == "json") return ProgressStyle::json;
  return {};
}

std::unique_ptr<ProgressPrinter> make_progress_printer(ProgressStyle style, int descriptor,
                                                       Clock& clock, std::string account) {
  switch (style) {
    case ProgressStyle::plain:
      return std::make_unique<PlainPrinter>(descriptor, clock);
    case ProgressStyle::live:
      return std::make_unique<LivePrinter>(descriptor, clock);
    case ProgressStyle::json:
      return std::make_unique<JsonPrinter>(descriptor, clock, std::move(account));
    case ProgressStyle::none:
      break;
  }
  return std::make_unique<SilentPrinter>(descriptor, clock);
}

}  // namespace mboxferry::report
