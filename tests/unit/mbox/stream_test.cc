// SPDX-License-Identifier: Apache-2.0
// The pass gives the same messages however it is cut, read or resumed, in constant memory.
#include <catch2/catch.hpp>

#include "mbox/scanner.h"
#include "unit/mbox/support.h"

namespace mboxferry::mbox {
namespace {

using testing::MemorySource;
using testing::Recorder;

// A folder in which every rule has something to do; bodies grow to `longest` bytes.
std::string folder(std::size_t longest) {
  std::string bytes = "junk\n\n";
  for (int i = 0; i < 60; ++i) {
    bytes += i % 7 == 3 ? "From - \n" : "From a@x Mon Jan  1 10:00:00 2001\n";
    if (i % 11 == 5) bytes += ">From - Mon Jan  1 10:00:00 2001\n";
    bytes += "Subject: s\nFrom: a@x\n";
    std::string body = "text\n" + std::string(static_cast<std::size_t>(i) * longest / 60, 'x');
    if (i % 3 == 0) body += "\n>From here\n>>From there\n" + std::string(3000, '>') + "From me";
    if (i % 5 == 0) body += "\n\nFrom b@x Mon Jan  1 10:00:00 2001\nno header\n";
    if (i % 5 == 1) body += "\n\nFrom b@x Mon Jan  1 10:00:00 2001\nTo: b@x\n\ninner\n";
    body += "\n";
    if (i % 5 == 1) bytes += "Content-Length: " + std::to_string(body.size()) + "\n";
    if (i % 13 == 6) bytes += "X-Long: " + std::string(longest, 'y') + "\n";
    bytes += "\n" + body;
    if (i % 17 != 8) bytes += "\n";
  }
  return bytes;
}

FolderProfile profile_for(bool counted) {
  FolderProfile profile;
  profile.use_content_length = counted;
  return profile;
}

void check_same(const Recorder& a, const Recorder& b) {
  REQUIRE(a.messages.size() == b.messages.size());
  for (std::size_t i = 0; i < a.messages.size(); ++i) {
    INFO("message " << i);
    CHECK(a.messages[i].offset == b.messages[i].offset);
    CHECK(a.messages[i].resume_at == b.messages[i].resume_at);
    CHECK(a.messages[i].accounting == b.messages[i].accounting);
    CHECK((a.messages[i].bytes == b.messages[i].bytes));
  }
}

TEST_CASE("the size of the window and of the reads changes nothing") {
  const std::string bytes = folder(70'000);
  const FolderProfile profile = profile_for(true);
  const Cancellation never;
  Recorder whole;
  MemorySource source(bytes);
  Scanner reference(source, source, profile, whole, never, 0, {},
                    {.behind = 8192, .step = bytes.size(), .lookahead = 16384});
  const auto total = reference.run();
  REQUIRE(total);
  CHECK(total->sum() == bytes.size());
  CHECK(whole.messages.size() == 60);
  const std::size_t step = GENERATE(3001U, 4096U, 65536U);
  const std::size_t at_most = GENERATE(1013U, 65536U);
  Recorder pieces;
  MemorySource slow(bytes, at_most);
  MemorySource peek(bytes, at_most);
  Scanner scanner(slow, peek, profile, pieces, never, 0, {},
                  {.behind = 8192, .step = step, .lookahead = 16384});
  const auto again = scanner.run();
  REQUIRE(again);
  CHECK(*again == *total);
  check_same(whole, pieces);
}

TEST_CASE("a pass that starts behind any message goes on as the whole pass did") {
  const std::string bytes = folder(3'000);
  const bool counted = GENERATE(true, false);
  const FolderProfile profile = profile_for(counted);
  const Cancellation never;
  Recorder whole;
  MemorySource source(bytes);
  MemorySource peek(bytes);
  const auto total = split(source, peek, profile, whole, never);
  REQUIRE(total);
  for (std::size_t i = 0; i < whole.messages.size(); ++i) {
    Recorder rest;
    const auto resumed = split(source, peek, profile, rest, never, whole.messages[i].resume_at,
                               whole.messages[i].accounting);
    REQUIRE(resumed);
    CHECK(*resumed == *total);
    Recorder expected;
    expected.messages.assign(whole.messages.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                             whole.messages.end());
    check_same(expected, rest);
  }
}

TEST_CASE("a folder that has grown is split anew from its last message") {
  const std::string old = folder(300);
  const std::string grown = old + "\nFrom c@x Tue Jan  2 10:00:00 2001\nTo: c@x\n\nnew\n";
  const Cancellation never;
  Recorder before;
  MemorySource old_source(old);
  REQUIRE(split(old_source, old_source, profile_for(false), before, never));
  Recorder whole;
  MemorySource source(grown);
  const auto total = split(source, source, profile_for(false), whole, never);
  REQUIRE(total);
  const auto& previous = before.messages[before.messages.size() - 2];
  Recorder rest;
  const auto resumed = split(source, source, profile_for(false), rest, never, previous.resume_at,
                             previous.accounting);
  REQUIRE(resumed);
  CHECK(*resumed == *total);
  REQUIRE(rest.messages.size() == 2);
  CHECK(rest.messages[0].bytes == before.messages.back().bytes);
}

/// `prefix`, then `size` bytes of one character, then `suffix`, without holding them.
class SparseSource final : public ByteSource {
 public:
  SparseSource(std::string prefix, std::uint64_t size, char filler, std::string suffix)
      : prefix_(std::move(prefix)), size_(size), filler_(filler), suffix_(std::move(suffix)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    const std::uint64_t start = prefix_.size() + size_;
    if (offset < prefix_.size()) return copy(prefix_, offset, buffer);
    if (offset >= start) return copy(suffix_, offset - start, buffer);
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), start - offset));
    std::memset(buffer.data(), filler_, count);
    return count;
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return prefix_; }

 private:
  static std::size_t copy(const std::string& text, std::uint64_t at, std::span<char> buffer) {
    if (at >= text.size()) return 0;
    return text.copy(buffer.data(), buffer.size(), static_cast<std::size_t>(at));
  }
  const std::string prefix_;
  const std::uint64_t size_;
  const char filler_;
  const std::string suffix_;
};

/// Keeps lengths only.
class Measure final : public MessageSink {
 public:
  Result<void> begin(std::uint64_t, const Envelope&) override {
    ++messages;
    bytes_now_ = 0;
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    bytes_now_ += raw.size();
    largest_piece = std::max(largest_piece, raw.size());
    return ok();
  }
  Result<void> end(std::uint64_t length, std::uint64_t, const Accounting&) override {
    consistent = consistent && length == bytes_now_;
    return ok();
  }
  Result<void> doubt(const Doubt&) override { return ok(); }
  Result<void> problem(const Problem&) override { return ok(); }

  int messages = 0;
  std::size_t largest_piece = 0;
  bool consistent = true;

 private:
  std::uint64_t bytes_now_ = 0;
};

TEST_CASE(
    "a line of any length, more than 4 GiB too, passes in pieces, in a header and in a body") {
  const char filler = GENERATE('\0', '>');
  const std::uint64_t size = (std::uint64_t{filler == '>' ? 1U : 64U} << 26) + 12345;
  const std::string prefix =
      GENERATE(as<std::string>(), "From a@x Mon Jan  1 10:00:00 2001\nSubject: s\n\n",
               "From a@x Mon Jan  1 10:00:00 2001\nSubject: ");
  const std::string suffix = "\n\nFrom b@x Mon Jan  1 10:00:00 2001\nSubject: t\n\ntwo\n";
  SparseSource source(prefix, size, filler, suffix);
  SparseSource peek(prefix, size, filler, suffix);
  Measure sink;
  const Cancellation never;
  const auto total = split(source, peek, FolderProfile{}, sink, never);
  REQUIRE(total);
  CHECK(total->sum() == prefix.size() + size + suffix.size());
  CHECK(sink.messages == 2);
  CHECK(sink.consistent);
  CHECK(sink.largest_piece <= (std::size_t{4} << 20));
}

TEST_CASE("a quoted line longer than the window is counted once, as it is quoted") {
  const std::string prefix = "From a@x Mon Jan  1 10:00:00 2001\nSubject: s\n\n";
  SparseSource source(prefix, std::uint64_t{5} << 20, '>', "From x\n");
  Measure sink;
  const Cancellation never;
  const auto total = split(source, source, FolderProfile{}, sink, never);
  REQUIRE(total);
  CHECK(total->quoting == 1);
}

TEST_CASE("Content-Lengths that lie cost a bounded number of looks ahead") {
  std::string bytes = "From a@x Mon Jan  1 10:00:00 2001\nContent-Length: 4\n\none\n\n";
  // Each message has 63 bytes, and each stated end falls into the middle of one.
  for (int i = 0; i < 20'000; ++i) {
    bytes += "From a@x Mon Jan  1 10:00:00 2001\nContent-Length: " +
             std::to_string(600'042 + 63 * (i * 37 % 1000)) + "\n\none\n\n";
  }
  MemorySource source(bytes);
  MemorySource peek(bytes);
  Measure sink;
  const Cancellation never;
  REQUIRE(split(source, peek, profile_for(true), sink, never));
  CHECK(sink.messages == 20'001);
  CHECK(peek.reads < 200);
}

}  // namespace
}  // namespace mboxferry::mbox
