// SPDX-License-Identifier: Apache-2.0
// A server that talks for ever is left, wherever it is.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "imap/target/imap_target.h"
#include "imap/wire/read_pace.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using namespace std::chrono_literals;

namespace {

/// More than any bound, and little enough for a test to end.
constexpr std::size_t kEndless = std::size_t{6} << 20U;
/// From one packet on a server is not waited for, which is where time does not help.
constexpr std::size_t kPacket = std::size_t{64} << 10U;

/// Says what is given, one after the other when waited for, and then `refrain` for ever.
class EndlessServer {
 public:
  EndlessServer(std::vector<std::string> said, const std::string& refrain)
      : said_(std::move(said)) {
    while (refrain_.size() < kPacket) refrain_ += refrain;
  }

  std::unique_ptr<Target> connect() {
    auto script = [this](std::string_view, bool waited_for) -> std::optional<std::string> {
      if (!waited_for && turn_ < said_.size()) return std::nullopt;
      if (turn_ < said_.size()) return said_[turn_++];
      if (!waited_for && !talks_into_it_) return std::nullopt;
      sung_ += refrain_.size();
      if (sung_ > kEndless) return std::nullopt;
      return refrain_;
    };
    Account account;
    account.host = "server";
    account.user = "anne";
    auto target = connect_on(std::make_unique<test::ScriptedStream>(script, sent_), account, {},
                             AppendMode::automatic, "t");
    if (!target) FAIL(describe(target.error()));
    return std::move(*target);
  }

  /// The refrain comes also while the client has something else to do.
  void talk_into_it() { talks_into_it_ = true; }
  [[nodiscard]] bool was_left() const { return sung_ <= kEndless; }
  [[nodiscard]] const std::string& heard() const { return *sent_; }

 private:
  std::vector<std::string> said_;
  std::string refrain_;
  std::size_t turn_ = 0;
  std::size_t sung_ = 0;
  bool talks_into_it_ = false;
  std::shared_ptr<std::string> sent_ = std::make_shared<std::string>();
};

const std::string kGreeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello\r\n";
const std::string kWelcome =
    "t1 OK [CAPABILITY IMAP4rev1 UIDPLUS LITERAL+ MULTIAPPEND] welcome\r\n";

class OneMessage final : public LiteralSource {
 public:
  Result<void> write(std::size_t, const LiteralWriter& out) override { return out("body"); }
  Result<void> approve() override { return ok(); }
};

/// Lines of a length that makes the test quick.
std::vector<std::string> refrains() {
  const std::string words = std::string(1000, 'w') + "\r\n";
  return {"+ " + words, "* OK " + words, "* 1 EXISTS " + words, "x9 OK " + words};
}

}  // namespace

TEST_CASE("a server that never ends a goodbye is left") {
  for (const std::string& refrain : refrains()) {
    INFO(refrain.substr(0, 10));
    EndlessServer server({kGreeting, kWelcome}, refrain);
    const auto target = server.connect();
    target->log_out();
    CHECK(server.was_left());
    CHECK(server.heard().ends_with("LOGOUT\r\n"));
  }
}

TEST_CASE("a server that talks instead of answering an APPEND is left before the next command") {
  for (const std::string& refrain : refrains()) {
    INFO(refrain.substr(0, 10));
    EndlessServer server({kGreeting, kWelcome, "+ go\r\n"}, refrain);
    const auto target = server.connect();
    OneMessage message;
    const std::vector<AppendMessage> heads{{.wire_size = 4}};
    const auto sent = target->append(1, "INBOX", heads, message);
    if (!sent) FAIL(describe(sent.error()));
    const auto selected = target->select("INBOX");
    REQUIRE(!selected);
    CHECK(selected.error().code == ErrorCode::protocol);
    CHECK(server.was_left());
    CHECK(target->unanswered().size() == 1);
    CHECK(target->unanswered().front().may_be_stored);
  }
}

TEST_CASE("a server that talks into an APPEND is left before the message") {
  for (const std::string& refrain : refrains()) {
    if (refrain.starts_with('+')) continue;
    INFO(refrain.substr(0, 10));
    EndlessServer server({kGreeting, kWelcome}, refrain);
    const auto target = server.connect();
    server.talk_into_it();
    OneMessage message;
    const std::vector<AppendMessage> heads{{.wire_size = 4}};
    const auto sent = target->append(1, "INBOX", heads, message);
    REQUIRE(!sent);
    CHECK(sent.error().code == ErrorCode::protocol);
    CHECK(server.was_left());
    CHECK(server.heard().find("body") == std::string::npos);
    REQUIRE(target->unanswered().size() == 1);
    CHECK(!target->unanswered().front().may_be_stored);
  }
}

TEST_CASE("a message that never ends is not read for ever") {
  const std::string slice(std::size_t{1} << 20U, 'x');
  std::size_t asked = 0;
  const auto script = [&](std::string_view sent, bool waited_for) -> std::optional<std::string> {
    if (sent.empty()) return kGreeting;
    if (!waited_for) return std::nullopt;
    if (sent.find("FETCH") == std::string_view::npos) return kWelcome;
    if (++asked > 100) return std::nullopt;
    return "* 1 FETCH (UID 7 BODY[] {1048576}\r\n" + slice + ")\r\nt" + std::to_string(asked + 1) +
           " OK done\r\n";
  };
  Account account;
  account.user = "anne";
  const auto target =
      connect_on(std::make_unique<test::ScriptedStream>(script, std::make_shared<std::string>()),
                 account, {}, AppendMode::automatic, "t");
  REQUIRE(target);
  const auto read = (*target)->fetch_body(7, 3 << 20, [](std::string_view) { return ok(); });
  REQUIRE(!read);
  CHECK(read.error().code == ErrorCode::protocol);
  CHECK(asked < 20);
}

TEST_CASE("a line may be slow to begin, and its rest may not") {
  ReadPace pace(10s);
  CHECK(!pace.waited(10s));
  pace.received("* OK ");
  CHECK(!pace.waited(9s));
  pace.received("H");
  CHECK(pace.waited(2s));
}

TEST_CASE("a slow network that brings what it can is no slow server") {
  ReadPace pace(10s);
  for (int i = 0; i < 12; ++i) {
    CHECK(!pace.waited(9s));
    pace.received(std::string(1000, 'x'));
  }
  pace.answered();
  for (int i = 0; i < 20; ++i) {
    CHECK(!pace.waited(5s));
    pace.received("* OK Hang in there..\r\n");
  }
}

TEST_CASE("a server that only says that it is alive is waited for a bounded time") {
  ReadPace pace(10s);
  int lines = 0;
  while (lines < 1000 && !pace.waited(9s)) {
    pace.received("* OK Hang in there..\r\n");
    ++lines;
  }
  CHECK(lines >= 15);
  CHECK(lines < 20);
}
