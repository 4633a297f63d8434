// SPDX-License-Identifier: Apache-2.0
// The index pass finds the same whether threads help or not.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "index_support.h"
#include "transfer/index/index_pipeline.h"

namespace mboxferry::test {
namespace {

using transfer::IndexPipelineSizes;

constexpr const char* kFrom = "From a@example.com Thu Jan  1 08:00:00 2015\n";
constexpr IndexPipelineSizes kInline{0, 1, 1, 0};

/// Writes down every call with everything in it; fails at one of them when told to.
class Protocol final : public transfer::IndexSink {
 public:
  Result<void> message(const transfer::IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override {
    return note(fmt::format(
        "message {}+{} wire {} {} {} date {} {} flags {} [{}] [{}] {:d}{:d}{:d}{:d} resume {} {} {}"
        " {} {}",
        message.offset, message.length, message.wire_size, message::to_hex(message.sha256),
        message.message_id, message.date.time.unix_seconds, static_cast<int>(message.date.source),
        message.flags, fmt::join(message.keywords, ","), fmt::join(message.labels, ","),
        message.pseudo, message.expunged, message.final_line_end_added, message.has_nul, resume_at,
        accounting.message, accounting.separator, accounting.quoting, accounting.junk));
  }
  Result<void> doubt(const mbox::Doubt& doubt) override {
    return note(
        fmt::format("doubt {} {} {} {:d}", doubt.offset, doubt.line, doubt.reason, doubt.taken));
  }
  Result<void> problem(const mbox::Problem& problem) override {
    return note(fmt::format("problem {} {} {}", problem.offset, problem.code, problem.text));
  }

  std::vector<std::string> calls;
  std::size_t fail_at = SIZE_MAX;
  Cancellation* cancel = nullptr;  ///< requested at the first call
  const std::thread::id thread = std::this_thread::get_id();

 private:
  Result<void> note(std::string call) {
    CHECK(std::this_thread::get_id() == thread);
    calls.push_back(std::move(call));
    if (cancel != nullptr) cancel->request();
    if (calls.size() == fail_at) return Error{ErrorCode::io, "sink", ""};
    return ok();
  }
};

/// Fails from an offset on.
class BrokenSource final : public ByteSource {
 public:
  BrokenSource(const std::string& bytes, std::uint64_t until) : whole_(bytes), until_(until) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= until_) return Error{ErrorCode::io, "broken", ""};
    const auto left = static_cast<std::size_t>(until_ - offset);
    return whole_.read_at(offset, buffer.first(std::min(buffer.size(), left)));
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return whole_.name(); }

 private:
  MemorySource whole_;
  const std::uint64_t until_;
};

transfer::FolderSurvey survey_of(const std::string& bytes) {
  MemorySource source(bytes);
  return transfer::survey_folder(source, {}).value();
}

Result<mbox::Accounting> run(ByteSource& source, const std::string& bytes,
                             const IndexPipelineSizes& sizes, transfer::IndexSink& sink,
                             const Cancellation& cancel = {}) {
  MemorySource peek(bytes);
  const auto survey = survey_of(bytes);
  const transfer::IndexOptions options;
  transfer::IndexPipeline pipeline(survey, options, sink, sizes);
  auto total = mbox::split(source, peek, survey.profile, pipeline, cancel);
  MBOXFERRY_TRY(pipeline.finish());
  return total;
}

Result<mbox::Accounting> run(const std::string& bytes, const IndexPipelineSizes& sizes,
                             transfer::IndexSink& sink, const Cancellation& cancel = {}) {
  MemorySource source(bytes);
  return run(source, bytes, sizes, sink, cancel);
}

std::vector<std::string> inline_calls(const std::string& bytes) {
  Protocol protocol;
  REQUIRE(run(bytes, kInline, protocol));
  return protocol.calls;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_);
  }

 private:
  std::mt19937 engine_;
};

/// Messages of many lengths, with lines that are quoted, doubtful, without end, or full of NULs.
std::string random_archive(Random& random) {
  const std::string lines[] = {"\n",           "text\n",
                               ">From here\n", "From a@b.example\n",
                               ">>From x\n",   "with crlf\r\n",
                               "cr\rinside\n", ">\n",
                               "From there\n", std::string("\0\n", 2),
                               "\n\nFrom me\n"};
  std::string bytes;
  const std::size_t count = 1 + random.below(30);
  for (std::size_t i = 0; i < count; ++i) {
    bytes += kFrom;
    bytes += fmt::format("Subject: {}\nMessage-ID: <{}@example.com>\n", i, i);
    if (random.below(3) == 0) bytes += "Status: RO\nX-Keywords: a b\n";
    if (random.below(5) == 0) bytes += "X-Mozilla-Status: 0009\n";
    bytes += "\n";
    for (std::size_t left = random.below(60); left > 0; --left)
      bytes += lines[random.below(std::size(lines))];
    if (random.below(8) == 0) bytes += std::string(random.below(6000), 'x');
    if (random.below(10) > 0) bytes += "\n\n";
  }
  return bytes;
}

/// About 400 messages and 3 MiB.
std::string long_archive() {
  std::string bytes;
  for (int i = 0; i < 400; ++i) {
    bytes += fmt::format("{}Message-ID: <{}@example.com>\n\n", kFrom, i);
    for (int line = 0; line < 100; ++line) bytes += std::string(76, 'x') + "\n";
    bytes += "\n";
  }
  return bytes;
}

TEST_CASE("threads change neither the results nor their order") {
  const auto seed = GENERATE(range(0U, 60U));
  Random random(seed);
  const std::string bytes = random_archive(random);
  const auto expected = inline_calls(bytes);
  for (int i = 0; i < 5; ++i) {
    const IndexPipelineSizes sizes{random.below(bytes.size() + 1), 1 + random.below(5000),
                                   1 + random.below(6), 1 + random.below(4)};
    CAPTURE(seed, sizes.inline_bytes, sizes.block_bytes, sizes.block_count, sizes.workers);
    Protocol protocol;
    const auto total = run(bytes, sizes, protocol);
    REQUIRE(total);
    CHECK(total->sum() == bytes.size());
    CHECK(protocol.calls == expected);
  }
}

TEST_CASE("one message is longer than all blocks together") {
  std::string bytes = std::string(kFrom) + "Subject: x\n\n";
  for (int i = 0; i < 30'000; ++i) bytes += "A line that is neither short nor long.\n";
  bytes += "\n" + std::string(kFrom) + "Subject: y\n\nend\n";
  Protocol protocol;
  REQUIRE(run(bytes, {1000, 4096, 3, 2}, protocol));
  CHECK(protocol.calls == inline_calls(bytes));
}

TEST_CASE("a header goes on from block to block") {
  std::string bytes = std::string(kFrom) + "Subject: x\nX-Long: ";
  bytes +=
      std::string(50'000, 'x') + "\nX-Gmail-Labels: Work\nMessage-ID: <late@example.com>\n\nx\n";
  IndexRecorder recorder;
  REQUIRE(run(bytes, {0, 1000, 4, 2}, recorder));
  REQUIRE(recorder.messages.size() == 1);
  CHECK(recorder.messages[0].message.message_id == "<late@example.com>");
  CHECK(recorder.messages[0].message.labels == std::vector<std::string>{"Work"});
}

TEST_CASE("an error of the sink stops at once and is what comes back") {
  const std::string bytes = long_archive();
  for (const std::size_t fail_at : {1U, 2U, 30U, 399U, 400U}) {
    for (const IndexPipelineSizes& sizes :
         {kInline, IndexPipelineSizes{0, 4096, 4, 2}, IndexPipelineSizes{100'000, 65'536, 12, 3}}) {
      Protocol protocol;
      protocol.fail_at = fail_at;
      const auto total = run(bytes, sizes, protocol);
      REQUIRE_FALSE(total);
      CHECK(total.error().what == "sink");
      CHECK(protocol.calls.size() == fail_at);
    }
  }
}

TEST_CASE("messages before a place that cannot be read are delivered") {
  const std::string bytes = long_archive();
  BrokenSource source(bytes, 2'500'000);
  Protocol protocol;
  const auto total = run(source, bytes, {1000, 4096, 4, 2}, protocol);
  REQUIRE_FALSE(total);
  CHECK(total.error().what == "broken");
  BrokenSource again(bytes, 2'500'000);
  Protocol without_threads;
  REQUIRE_FALSE(run(again, bytes, kInline, without_threads));
  CHECK(protocol.calls == without_threads.calls);
  CHECK(protocol.calls.size() > 10);
}

TEST_CASE("cancelling ends the pass, and what was delivered is true") {
  const std::string bytes = long_archive();
  const auto expected = inline_calls(bytes);
  Cancellation cancel;
  Protocol protocol;
  protocol.cancel = &cancel;
  const auto total = run(bytes, {1000, 4096, 4, 2}, protocol, cancel);
  REQUIRE_FALSE(total);
  CHECK(total.error().code == ErrorCode::interrupted);
  REQUIRE(protocol.calls.size() < expected.size());
  CHECK(std::equal(protocol.calls.begin(), protocol.calls.end(), expected.begin()));
}

TEST_CASE("the whole index pass agrees with itself on one thread") {
  const std::string bytes = long_archive();
  MemorySource source(bytes);
  MemorySource peek(bytes);
  Protocol protocol;
  const Cancellation never;
  REQUIRE(transfer::index_folder(source, peek, survey_of(bytes), {}, protocol, never));
  CHECK(protocol.calls == inline_calls(bytes));
}

}  // namespace
}  // namespace mboxferry::test
