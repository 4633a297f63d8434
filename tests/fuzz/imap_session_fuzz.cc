// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a whole session with a server whose every word is chosen by the input.
//
// Byte 0 is the way to append and the size of a batch, the line that follows what the client does,
// a letter each. The rest is what the server says, in turns that end with 0x1e: one whenever it is
// waited for, and one that begins with 0x1f as soon as the client looks. 0x1d in it stands for the
// tag of the last command.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imap/target/imap_target.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr std::string_view kPassword = "opensesame";
constexpr std::string_view kBody = "x1 DELETE Victim\r\n";
constexpr std::size_t kMostSteps = 24;

void require(bool holds) {
  if (!holds) std::abort();
}

class Server {
 public:
  explicit Server(std::string_view script) : script_(script) {}

  std::optional<std::string> say(std::string_view sent, bool waited_for) {
    if (script_.empty() || (!waited_for && !script_.starts_with('\x1f'))) return std::nullopt;
    if (script_.starts_with('\x1f')) script_.remove_prefix(1);
    const std::size_t end = std::min(script_.find('\x1e'), script_.size());
    std::string turn;
    for (const char c : script_.substr(0, end)) {
      if (c == '\x1d') {
        turn += last_tag(sent);
      } else {
        turn += c;
      }
    }
    script_.remove_prefix(std::min(end + 1, script_.size()));
    said_plus_ = said_plus_ || turn.find('+') != std::string::npos;
    return turn;
  }

  /// Whether it ever let a message come.
  [[nodiscard]] bool said_plus() const { return said_plus_; }

 private:
  static std::string last_tag(std::string_view sent) {
    std::string tag;
    for (std::size_t at = 0; at < sent.size();) {
      const std::string_view line = sent.substr(at, sent.find('\n', at) - at);
      const std::string_view word = line.substr(0, line.find(' '));
      if (!word.empty() && word.size() < line.size() && std::isdigit(word.back()) != 0 &&
          !line.starts_with(kBody.substr(0, 3))) {
        tag = word;
      }
      at += line.size() + 1;
    }
    return tag;
  }

  std::string_view script_;
  bool said_plus_ = false;
};

class Bodies final : public LiteralSource {
 public:
  Result<void> write(std::size_t, const LiteralWriter& out) override { return out(kBody); }
  Result<void> approve() override { return ok(); }
};

/// Does what the program says, and keeps account of what must be true of every message.
class Client {
 public:
  Client(Target& target, const std::string& sent, std::size_t batch_size)
      : target_(target), sent_(sent), batch_size_(batch_size) {}

  void step(char what) {
    const std::size_t sent_before = sent_.size();
    perform(what);
    // After a BAD the mail's author may be the one who is answered.
    if (got_bad_) require(sent_.size() == sent_before);
  }

  void finish() {
    for (std::size_t i = 0; i <= 2 * answers_.size() && receive(); ++i) {
    }
    std::map<std::pair<std::uint64_t, std::size_t>, int> unanswered;
    for (const Unanswered& part : target_.unanswered()) {
      for (std::size_t i = 0; i < part.count; ++i) ++unanswered[{part.batch, part.first + i}];
    }
    for (const auto& [message, answers] : answers_) {
      require(answers + unanswered[message] == 1);
    }
  }

 private:
  void perform(char what) {
    const std::string mailbox = "Mail";
    switch (what) {
      case 'l':
        return seen(target_.list());
      case 'n':
        return seen(target_.personal_namespace());
      case 'm':
        return seen(target_.mailbox_tree());
      case 's':
        return seen(target_.select(mailbox));
      case 't':
        return seen(target_.status(mailbox));
      case 'o':
        return seen(target_.open_mailbox(mailbox, true));
      case 'c':
        return seen(target_.create(mailbox));
      case 'u':
        return seen(target_.subscribe("M\xc3\xa4il"));
      case 'q':
        return seen(target_.quota(mailbox));
      case 'z':
        return seen(target_.compress(true));
      case 'k':
        return target_.be_careful(true);
      case 'y':
        return static_cast<void>(target_.answer_ready());
      case 'x':
        return target_.log_out();
      case 'a':
        return append();
      case 'r':
        return static_cast<void>(receive());
      case 'w':
        return walk({1, 0xffffffffU});
      case 'W':
        return walk({3, 40});
      case 'b':
        return seen(target_.fetch_body(3, 50, [](std::string_view) { return ok(); }));
      default:
        return;
    }
  }

  void append() {
    std::vector<AppendMessage> heads(batch_size_);
    for (std::size_t i = 0; i < heads.size(); ++i) {
      heads[i].wire_size = kBody.size();
      if (i % 2 == 1) heads[i].keywords = {"Work"};
    }
    const std::uint64_t batch = ++batches_;
    for (std::size_t i = 0; i < heads.size(); ++i) answers_[{batch, i}] = 0;
    Bodies bodies;
    seen(target_.append(batch, "Mail", heads, bodies));
  }

  bool receive() {
    const auto outcome = target_.receive();
    seen(outcome);
    if (!outcome) return false;
    require(outcome->count > 0);
    if (outcome->kind == AppendOutcome::Kind::bad) {
      got_bad_ = true;
      return true;
    }
    for (std::size_t i = 0; i < outcome->count; ++i) {
      const auto message = answers_.find({outcome->batch, outcome->first + i});
      require(message != answers_.end());
      require(++message->second == 1);
    }
    if (outcome->kind == AppendOutcome::Kind::stored && !outcome->uids.empty()) {
      require(outcome->uids.size() == outcome->count);
      require(std::is_sorted(outcome->uids.begin(), outcome->uids.end()));
      require(outcome->uids.front() > 0 && outcome->uid_validity > 0);
    }
    return true;
  }

  void walk(UidRange range) {
    Uid last = 0;
    seen(target_.fetch(range, {.with_message_id = true}, [&](const FetchedMessage& message) {
      require(message.uid > last && message.uid >= range.first && message.uid <= range.last);
      last = message.uid;
      return ok();
    }));
  }

  template <typename T>
  void seen(const Result<T>& result) {
    if (!result) require(describe(result.error()).find(kPassword) == std::string::npos);
  }

  Target& target_;
  const std::string& sent_;
  const std::size_t batch_size_;
  std::uint64_t batches_ = 0;
  bool got_bad_ = false;
  std::map<std::pair<std::uint64_t, std::size_t>, int> answers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos || line == 0) return 0;
  const auto options = static_cast<unsigned char>(input[0]);
  const std::string_view program = input.substr(1, std::min(line - 1, kMostSteps));
  Server server(input.substr(line + 1));
  const auto sent = std::make_shared<std::string>();
  Account account;
  account.host = "server";
  account.user = "anne";
  account.password = Secret(std::string(kPassword));
  const AppendMode modes[] = {AppendMode::automatic, AppendMode::literal_plus,
                              AppendMode::literal_minus, AppendMode::synchronizing};
  const auto script = [&server](std::string_view said, bool waited_for) {
    return server.say(said, waited_for);
  };
  auto target = connect_on(std::make_unique<test::ScriptedStream>(script, sent), account, {},
                           modes[options % 4], "t");
  if (!target) {
    // A server that has not been told it may say it by chance.
    const bool told =
        sent->find("AUTHENTICATE") != std::string::npos || sent->find("LOGIN") != std::string::npos;
    require(!told || describe(target.error()).find(kPassword) == std::string::npos);
    return 0;
  }
  Client client(**target, *sent, 1 + options / 4 % 4);
  for (const char what : program) client.step(what);
  client.finish();
  if (sent->find("DELETE Victim") != std::string::npos) require(server.said_plus());
  return 0;
}
