// SPDX-License-Identifier: Apache-2.0
// A descriptor that nobody reads holds up nobody.
#include "report/background_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "mboxferry/base/file.h"
#include "mboxferry/report/progress.h"

using namespace mboxferry;
using namespace mboxferry::report;

namespace {

/// A pipe of one page that blocks.
class NarrowPipe {
 public:
  NarrowPipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    out_ = FileDescriptor(ends[0]);
    in_ = FileDescriptor(ends[1]);
    REQUIRE(::fcntl(in_.get(), F_SETPIPE_SZ, 4096) > 0);
  }
  [[nodiscard]] int in() const { return in_.get(); }
  /// All until `end` was read.
  std::string read_until(const std::string& end) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.find(end) == std::string::npos) {
      const ssize_t got = ::read(out_.get(), buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  void close_out() { out_.reset(); }

 private:
  FileDescriptor out_;
  FileDescriptor in_;
};

std::string numbered(int number) { return std::to_string(number) + std::string(80, '.') + "\n"; }

}  // namespace

TEST_CASE("text for a pipe that nobody reads waits, is bounded, and arrives in order") {
  NarrowPipe pipe;
  BackgroundOutput output(pipe.in());
  std::string wanted;
  int count = 0;
  for (; output.has_room(); ++count) {
    wanted += numbered(count);
    output.put(numbered(count));
  }
  CHECK_FALSE(output.ready());
  CHECK(count > 3000);
  CHECK(count < 4000);
  CHECK(output.take_lost() == 1);
  CHECK(output.take_lost() == 0);
  CHECK(pipe.read_until(numbered(count - 1)) == wanted);
  output.drain();
  CHECK(output.ready());
}

TEST_CASE("text that waits is given up when the reader goes") {
  NarrowPipe pipe;
  ::signal(SIGPIPE, SIG_IGN);
  BackgroundOutput output(pipe.in());
  for (int i = 0; i < 200; ++i) output.put(numbered(i));
  CHECK_FALSE(output.ready());
  pipe.close_out();
  output.drain();
  CHECK(output.ready());
}

TEST_CASE("notices that were not shown are counted, progress that was not is left out") {
  const auto style = GENERATE(ProgressStyle::plain, ProgressStyle::live, ProgressStyle::json);
  NarrowPipe pipe;
  const auto printer = make_progress_printer(style, pipe.in(), system_clock());
  const std::string line(1000, 'x');
  constexpr int kNotices = 1000;
  for (int i = 0; i < kNotices; ++i) {
    printer->notice(line);
    printer->progress({});
  }
  std::thread finishing([&] { printer->finish(); });
  const std::string shown = pipe.read_until("because standard error was not read");
  finishing.join();
  std::size_t notices = 0;
  for (std::size_t at = 0; (at = shown.find(line, at)) != std::string::npos; at += line.size())
    ++notices;
  CHECK(notices > 200);
  const std::string lost = std::to_string(kNotices - notices) + " notices were not shown";
  CHECK(shown.find(lost) != std::string::npos);
}
