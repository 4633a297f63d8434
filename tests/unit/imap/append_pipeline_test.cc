// SPDX-License-Identifier: Apache-2.0
// What counts as possibly stored when a connection ends, at every fill of the buffer.
#include "imap/append/append_pipeline.h"

#include <array>
#include <catch2/catch.hpp>
#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "append_message.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr std::size_t kFlight = 32;  // small, so that every fill of it can be tried
const std::string kMailbox = "\"M\"";

/// Reads the client's bytes as a server does, and counts which APPEND commands have ended.
class AppendReader {
 public:
  struct Command {
    std::string tag;
    bool end_begun = false;  ///< a byte behind its last literal has come
    bool ended = false;
  };

  /// What the server says to these bytes. `confirms`: OK to every APPEND.
  std::string read(std::string_view bytes, bool confirms) {
    std::string said;
    for (const char byte : bytes) {
      if (literal_left_ > 0) {
        --literal_left_;
        continue;
      }
      line_ += byte;
      if (in_append_ && line_.front() == '\r') commands.back().end_begun = true;
      if (byte == '\n') said += take_line(confirms);
    }
    return said;
  }

  std::vector<Command> commands;
  bool compress_asked = false;

 private:
  std::string take_line(bool confirms) {
    const std::string line = std::exchange(line_, {});
    const std::string tag = line.substr(0, line.find(' '));
    if (line.find(" COMPRESS ") != std::string::npos) {
      compress_asked = true;
      return tag + " OK\r\n";
    }
    if (line.find(" APPEND ") != std::string::npos) {
      commands.push_back({tag});
      in_append_ = true;
    }
    if (const auto brace = line.find('{'); brace != std::string::npos) {
      literal_left_ = std::stoul(line.substr(brace + 1));
      return line.find('+', brace) == std::string::npos ? "+ go\r\n" : "";
    }
    if (!in_append_) return "";
    in_append_ = false;
    commands.back().ended = true;
    return confirms ? commands.back().tag + " OK\r\n" : "";
  }

  std::string line_;
  std::size_t literal_left_ = 0;
  bool in_append_ = false;
};

/// A server that compresses when asked to, and is gone after so many writes of the client. The last
/// one may have arrived, of which the client knows nothing.
class CuttingStream final : public test::SayingStream {
 public:
  struct State {
    AppendReader reader;
    bool confirms = false;
    std::size_t writes_left = 1'000'000;
  };

  explicit CuttingStream(std::shared_ptr<State> state) : state_(std::move(state)) {
    said_ = "* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hello\r\n";
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    return take(buffer, "the server is deaf");
  }
  Result<void> write(std::string_view bytes) override {
    if (failure_) return *failure_;
    const bool compressed = state_->reader.compress_asked;
    std::string said = state_->reader.read(compressed ? inflated(bytes) : bytes, state_->confirms);
    if (compressed && !said.empty()) said = deflated(said);
    said_ += said;
    if (state_->writes_left-- > 0) return ok();
    fail({ErrorCode::unavailable, "cut", "", ErrorScope::session});
    return *failure_;
  }
  bool readable_now() override { return !said_.empty() || failure_; }

 private:
  std::string inflated(std::string_view bytes) {
    std::string plain;
    for (std::array<char, 4096> out{};;) {
      const auto count = inflater_->inflate(bytes, out);
      REQUIRE(count);
      plain.append(out.data(), *count);
      if (*count < out.size()) return plain;
    }
  }
  std::string deflated(std::string_view bytes) {
    deflated_.clear();
    REQUIRE(deflater_->write(bytes));
    REQUIRE(deflater_->flush());
    return deflated_;
  }

  std::shared_ptr<State> state_;
  std::unique_ptr<Inflater> inflater_ = Inflater::create();
  std::string deflated_;
  std::unique_ptr<Deflater> deflater_ = Deflater::create([this](std::string_view bytes) {
    deflated_ += bytes;
    return ok();
  });
};

class Bodies final : public LiteralSource {
 public:
  explicit Bodies(const std::vector<AppendMessage>& messages) : messages_(messages) {}
  Result<void> write(std::size_t index, const LiteralWriter& out) override {
    return out(std::string(messages_[index].wire_size, 'b'));
  }
  Result<void> approve() override { return ok(); }

 private:
  const std::vector<AppendMessage>& messages_;
};

/// A batch whose messages are so long.
std::vector<AppendMessage> batch_of(const std::vector<std::size_t>& sizes) {
  std::vector<AppendMessage> batch;
  for (const std::size_t size : sizes) {
    batch.push_back(test::message_with(0, {}));
    batch.back().wire_size = size;
  }
  return batch;
}

struct Way {
  AppendMode mode;
  bool compressed;
};

class Sending {
 public:
  explicit Sending(Way way) {
    auto connection =
        Connection::open_on(std::make_unique<CuttingStream>(state), {}, "server", "t");
    REQUIRE(connection);
    connection_ = std::move(*connection);
    if (way.compressed) REQUIRE(*connection_->compress(true));
    auto knowledge = std::make_shared<ServerKnowledge>();
    knowledge->learn(kMailbox, test::message_with(0, {}));
    pipeline.emplace(*connection_, way.mode, knowledge, kFlight);
  }

  std::shared_ptr<CuttingStream::State> state = std::make_shared<CuttingStream::State>();

 private:
  std::unique_ptr<Connection> connection_;

 public:
  std::optional<AppendPipeline> pipeline;
};

/// What the server has begun to read the end of, by position in the batch.
std::vector<bool> ends_begun(const AppendReader& reader, AppendMode mode, std::size_t messages) {
  std::vector<bool> begun(messages, false);
  for (std::size_t i = 0; i < reader.commands.size(); ++i) {
    if (mode == AppendMode::multiappend) {
      begun.assign(messages, reader.commands[i].end_begun);
    } else {
      begun[i] = reader.commands[i].end_begun;
    }
  }
  return begun;
}

Way any_way() {
  const auto mode = GENERATE(AppendMode::multiappend, AppendMode::literal_plus,
                             AppendMode::literal_minus, AppendMode::synchronizing);
  const bool compressed = GENERATE(false, true);
  return {mode, compressed};
}

/// Every length of the last message, and with it every place of its end in the buffer, behind
/// batches that are split in different ways.
template <typename Check>
void for_each_split(const Check& check) {
  for (const std::vector<std::size_t>& before :
       {std::vector<std::size_t>{}, {1}, {7, 30}, {kFlight, 1, 2}}) {
    for (std::size_t last = 1; last <= kFlight; ++last) {
      std::vector<std::size_t> sizes = before;
      sizes.push_back(last);
      check(sizes);
    }
  }
}

}  // namespace

TEST_CASE("an end of a command that has left counts as possibly stored at every fill") {
  const Way way = any_way();
  std::size_t cuts = 0;
  for_each_split([&](const std::vector<std::size_t>& sizes) {
    const auto messages = batch_of(sizes);
    for (std::size_t writes = 0;; ++writes) {
      Sending sending(way);
      sending.state->writes_left = writes;
      Bodies bodies(messages);
      const auto sent = sending.pipeline->append(1, kMailbox, messages, bodies);
      const auto begun = ends_begun(sending.state->reader, way.mode, messages.size());
      for (const Unanswered& part : sending.pipeline->unanswered()) {
        bool given = false;
        for (std::size_t i = part.first; i < part.first + part.count; ++i) given |= begun[i];
        INFO("mode " << append_mode_name(way.mode) << ", compressed " << way.compressed
                     << ", last message " << sizes.back() << " of " << sizes.size() << ", cut at "
                     << writes);
        // Compressed bytes may wait inside, and count already.
        if (given || !way.compressed) REQUIRE(part.may_be_stored == given);
      }
      if (sent) break;
      ++cuts;
    }
  });
  // Compressed, a batch is one write.
  CHECK(cuts > (way.compressed ? 100U : 500U));
}

TEST_CASE("a server that answers at once is believed at every fill") {
  const Way way = any_way();
  for_each_split([&](const std::vector<std::size_t>& sizes) {
    const auto messages = batch_of(sizes);
    Sending sending(way);
    sending.state->confirms = true;
    for (const std::uint64_t batch : {1U, 2U}) {
      Bodies bodies(messages);
      const auto sent = sending.pipeline->append(batch, kMailbox, messages, bodies);
      INFO("last message " << sizes.back() << " of " << sizes.size());
      REQUIRE(sent);
    }
    std::size_t stored = 0;
    while (stored < 2 * messages.size()) {
      const auto outcome = sending.pipeline->receive();
      REQUIRE(outcome);
      REQUIRE(outcome->kind == AppendOutcome::Kind::stored);
      stored += outcome->count;
    }
    REQUIRE(sending.pipeline->unanswered().empty());
  });
}
