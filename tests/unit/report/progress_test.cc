// SPDX-License-Identifier: Apache-2.0
// Progress printers, with a clock of our own and a pipe for a terminal.
#include "mboxferry/report/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mboxferry/base/file.h"

using namespace mboxferry;
using namespace mboxferry::report;

namespace {

class ManualClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return 0; }
  std::chrono::steady_clock::time_point now() const override { return now_; }
  void sleep(std::chrono::milliseconds duration) override { now_ += duration; }

 private:
  std::chrono::steady_clock::time_point now_;
};

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == 0);
    out_ = FileDescriptor(ends[0]);
    in_ = FileDescriptor(ends[1]);
  }
  [[nodiscard]] int in() const { return in_.get(); }
  std::string take() const {
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::read(out_.get(), buffer.data(), buffer.size())) > 0)
      text.append(buffer.data(), static_cast<std::size_t>(got));
    return text;
  }

 private:
  FileDescriptor out_;
  FileDescriptor in_;
};

ProgressSample sample(std::uint64_t done) {
  ProgressSample sample;
  sample.phase = "sending";
  sample.totals_known = true;
  sample.messages_total = 1000;
  sample.bytes_total = 1'000'000;
  sample.messages_done = sample.messages_now = done;
  sample.bytes_done = sample.bytes_now = done * 1000;
  sample.archive_bytes = sample.read_bytes = 1'000'000;
  sample.mailbox = "Old/\x1b[31m";
  return sample;
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string line; std::getline(stream, line);) found.push_back(line);
  return found;
}

/// A hundred seconds, a hundred samples a second, one message each.
void run(ProgressPrinter& printer, ManualClock& clock) {
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    clock.sleep(std::chrono::milliseconds(10));
    printer.progress(sample(i / 10));
  }
}

}  // namespace

TEST_CASE("plain progress is a line every few seconds, with rate and time to go") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::plain, pipe.in(), clock);
  run(*printer, clock);
  printer->finish();
  const auto shown = lines(pipe.take());
  REQUIRE(shown.size() == 20);
  CHECK(shown[9].find("s to go; sending: 499 of 1000 messages") < 4);
  CHECK(shown[9].find("10/s") != std::string::npos);
  CHECK(shown[9].find("s to go") != std::string::npos);
  CHECK(shown[9].find('\x1b') == std::string::npos);
}

TEST_CASE("JSON progress is an object a line, the last one at the end") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::json, pipe.in(), clock);
  printer->notice("a \"notice\"\n\xff");
  for (std::uint64_t i = 0; i < 200; ++i) {
    clock.sleep(std::chrono::milliseconds(50));
    printer->progress(sample(i));
  }
  printer->finish();
  const auto shown = lines(pipe.take());
  REQUIRE(shown.size() >= 11);
  for (const std::string& line : shown) REQUIRE_NOTHROW(nlohmann::json::parse(line));
  CHECK(nlohmann::json::parse(shown.front())["event"] == "notice");
  const auto last = nlohmann::json::parse(shown.back());
  CHECK(last["messages"]["done"] == 199);
  CHECK(last["messages"]["total"] == 1000);
  CHECK(last["messages_per_second"].get<double>() == Approx(20).margin(1));
}

TEST_CASE("the live view paints one line, and notices stay above it") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::live, pipe.in(), clock);
  printer->progress(sample(1));
  CHECK(pipe.take().find('\n') == std::string::npos);
  printer->notice("the connection was lost\nhere");
  const std::string notice = pipe.take();
  CHECK(notice.find("the connection was lost\\x0ahere\n") != std::string::npos);
  CHECK(std::count(notice.begin(), notice.end(), '\n') == 1);
  printer->finish();
  CHECK(pipe.take() == "\r\x1b[K");
  printer->finish();
  CHECK(pipe.take().empty());
}

TEST_CASE("no progress still tells notices") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::none, pipe.in(), clock);
  run(*printer, clock);
  printer->finish();
  CHECK(pipe.take().empty());
  printer->notice("waiting");
  // A pipe is no terminal: the line goes into a log.
  CHECK(pipe.take() == "mboxferry: " + to_rfc3339(local_time(clock.unix_seconds())) + " waiting\n");
}

TEST_CASE("a rate needs time, and a total that can still grow gives no time to go") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::live, pipe.in(), clock);
  ProgressSample growing = sample(10);
  growing.totals_known = false;
  printer->progress(growing);
  clock.sleep(std::chrono::seconds(2));
  growing.messages_now += 10;
  growing.bytes_now += 10'000;
  pipe.take();
  printer->progress(growing);
  const std::string shown = pipe.take();
  CHECK(shown.find("1000+ messages") != std::string::npos);
  CHECK(shown.find("5/s") != std::string::npos);
  CHECK(shown.find("to go") == std::string::npos);
}

TEST_CASE("a job that waits says why and how long, first of all") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::live, pipe.in(), clock);
  ProgressSample waiting = sample(10);
  waiting.waiting = "the server asks for patience (\x1b[31m)";
  waiting.waiting_seconds = 11.2;
  printer->progress(waiting);
  const std::string shown = pipe.take();
  CHECK(shown.find("waiting 12 s: the server asks for patience (\\x1b[31m); sending: 10 of") !=
        std::string::npos);
}

TEST_CASE("a job that is slowed down says so behind its rate") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::plain, pipe.in(), clock);
  ProgressSample slow = sample(10);
  slow.waiting = "limited to 100 messages/s";
  clock.sleep(std::chrono::seconds(5));
  printer->progress(slow);
  CHECK(pipe.take().find("(limited to 100 messages/s)") != std::string::npos);
}

TEST_CASE("JSON progress tells a wait as soon as it begins and when it is over") {
  const Pipe pipe;
  ManualClock clock;
  const auto printer = make_progress_printer(ProgressStyle::json, pipe.in(), clock);
  ProgressSample waiting = sample(10);
  waiting.waiting = "the server asks for patience";
  waiting.waiting_seconds = 12;
  printer->progress(waiting);
  printer->progress(sample(10));
  const auto shown = lines(pipe.take());
  REQUIRE(shown.size() == 2);
  const auto first = nlohmann::json::parse(shown[0]);
  CHECK(first["waiting"] == "the server asks for patience");
  CHECK(first["waiting_seconds"] == 12);
  CHECK(nlohmann::json::parse(shown[1])["waiting"] == "");
}
