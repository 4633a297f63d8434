// SPDX-License-Identifier: Apache-2.0
// What transfer relies on, held against a real server (MBOXFERRY_TEST_IMAP_*, see
// support/dovecot.py).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "mboxferry/imap/server_knowledge.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/message/metadata.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  REQUIRE(value != nullptr);
  return value;
}

Account test_account() {
  Account account;
  account.host = environment("MBOXFERRY_TEST_IMAP_HOST");
  account.port = static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_PORT")));
  account.user = environment("MBOXFERRY_TEST_IMAP_USER");
  account.ca_file = environment("MBOXFERRY_TEST_IMAP_CA_FILE");
  std::ifstream file(environment("MBOXFERRY_TEST_IMAP_PASSWORD_FILE"), std::ios::binary);
  std::string password{std::istreambuf_iterator<char>(file), {}};
  if (password.ends_with('\n')) password.pop_back();
  account.password = Secret(password);
  return account;
}

std::unique_ptr<Target> connected(AppendMode mode = AppendMode::automatic) {
  auto target = connect(test_account(), {}, mode);
  if (!target) FAIL(describe(target.error()));
  return std::move(*target);
}

/// A mailbox that no other test uses.
std::string fresh_mailbox(Target& target, const std::string& name) {
  const auto created = target.create(name);
  if (!created) FAIL(describe(created.error()));
  return name;
}

/// Messages from memory.
class Texts final : public LiteralSource {
 public:
  std::vector<std::string> texts;
  bool approved = true;
  std::size_t piece = 1000;
  std::size_t withheld = 0;  ///< bytes not written of each message

  Result<void> write(std::size_t index, const LiteralWriter& out) override {
    std::string_view rest = texts.at(index);
    rest.remove_suffix(withheld);
    while (!rest.empty()) {
      MBOXFERRY_TRY(out(rest.substr(0, piece)));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    return ok();
  }
  Result<void> approve() override {
    if (approved) return ok();
    return Error{ErrorCode::archive_changed, "changed", ""};
  }
};

std::string text_of(std::size_t number, std::size_t size = 300) {
  std::string text = "From: a@example.org\r\nMessage-ID: <m" + std::to_string(number) +
                     "@example.org>\r\n\r\nx1 LOGOUT\r\n";
  while (text.size() < size) text += "body of message " + std::to_string(number) + "\r\n";
  return text;
}

std::vector<AppendMessage> heads_of(const Texts& source) {
  std::vector<AppendMessage> heads;
  for (std::size_t i = 0; i < source.texts.size(); ++i) {
    AppendMessage head;
    head.wire_size = source.texts[i].size();
    head.flags = i % 3 == 0 ? message::kSeen : 0;
    if (i % 50 == 7) head.keywords = {"Work"};
    if (i % 10 != 9) {
      head.internal_date = Timestamp{1'000'000'000 + static_cast<std::int64_t>(i), 120};
    }
    heads.push_back(head);
  }
  return heads;
}

std::vector<AppendOutcome> all_outcomes(Target& target, std::size_t messages) {
  std::vector<AppendOutcome> outcomes;
  for (std::size_t answered = 0; answered < messages; answered += outcomes.back().count) {
    auto outcome = target.receive();
    if (!outcome) FAIL(describe(outcome.error()));
    outcomes.push_back(*outcome);
  }
  return outcomes;
}

std::vector<FetchedMessage> fetched(Target& target, const std::string& mailbox) {
  REQUIRE(target.select(mailbox));
  std::vector<FetchedMessage> messages;
  const auto done =
      target.fetch({1, 0xffffffff}, {.with_message_id = true}, [&](const FetchedMessage& message) {
        messages.push_back(message);
        return ok();
      });
  if (!done) FAIL(describe(done.error()));
  return messages;
}

}  // namespace

TEST_CASE("a wrong password is refused with the server's words and never shown") {
  Account account = test_account();
  account.password = Secret("wrong-horse");
  std::string trace;
  ConnectionOptions options;
  options.trace = [&](std::string_view line) { trace += std::string(line) + "\n"; };
  const auto target = connect(account, options, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::login_refused);
  CHECK(target.error().retry.when == Retry::When::never);
  CHECK_THAT(target.error().hint, Catch::Contains("11 bytes long"));
  CHECK_THAT(describe(target.error()) + trace, !Catch::Contains("wrong-horse"));
  CHECK_THAT(trace, Catch::Contains("AUTHENTICATE PLAIN ***"));
}

TEST_CASE("an untrusted certificate is refused before anything is said") {
  Account account = test_account();
  account.ca_file.clear();
  const auto target = connect(account, {}, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::tls);
  CHECK_THAT(target.error().what, Catch::Contains("unknown issuer"));
}

TEST_CASE("a matching pin stands for the chain, another one refuses") {
  Account account = test_account();
  account.ca_file.clear();
  account.tls_pin = "sha256:" + std::string(64, 'a');
  const auto refused = connect(account, {}, AppendMode::automatic);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::tls);
  const auto at = refused.error().what.find("sha256:");
  REQUIRE(at != std::string::npos);
  account.tls_pin = refused.error().what.substr(at, 7 + 64);
  const auto taken = connect(account, {}, AppendMode::automatic);
  if (!taken) FAIL(describe(taken.error()));
  (*taken)->log_out();
}

TEST_CASE("a mailbox is created once and listed under its own name") {
  const auto target = connected();
  const auto space = target->personal_namespace();
  REQUIRE(space);
  const std::string name =
      "Gr\xc3\xbc\xc3\x9f"
      "e & \"quotes\"";
  fresh_mailbox(*target, name);
  CHECK(target->create(name));
  CHECK(target->subscribe(name));
  const auto mailboxes = target->list();
  if (!mailboxes) FAIL(describe(mailboxes.error()));
  CHECK(std::count_if(mailboxes->begin(), mailboxes->end(),
                      [&](const ListedMailbox& listed) { return listed.name == name; }) == 1);
  CHECK(target->create("inbox"));
  target->log_out();
}

TEST_CASE(
    "compression is switched on and off between batches, and changes nothing that is stored") {
  const auto target = connected();
  const std::string mailbox = fresh_mailbox(*target, "Compressed");
  Texts source;
  for (std::size_t i = 0; i < 100; ++i) source.texts.push_back(text_of(i, 3000));
  const auto heads = heads_of(source);
  std::vector<std::uint64_t> on_the_wire;
  for (const std::uint64_t batch : {1u, 2u, 3u}) {
    const auto compressed = target->compress(batch == 2);
    if (!compressed) FAIL(describe(compressed.error()));
    CHECK(*compressed == (batch == 2));
    const std::uint64_t before = target->wire_usage().wire_sent;
    REQUIRE(target->append(batch, mailbox, heads, source));
    for (const AppendOutcome& outcome : all_outcomes(*target, heads.size()))
      CHECK(outcome.kind == AppendOutcome::Kind::stored);
    on_the_wire.push_back(target->wire_usage().wire_sent - before);
  }
  CHECK(on_the_wire[1] < on_the_wire[0] / 4);
  CHECK(on_the_wire[2] > on_the_wire[0] * 9 / 10);
  const auto messages = fetched(*target, mailbox);
  REQUIRE(messages.size() == 300);
  for (const std::size_t i : {5u, 150u, 299u}) {
    std::string body;
    REQUIRE(target->fetch_body(messages[i].uid, messages[i].size, [&](std::string_view bytes) {
      body += bytes;
      return ok();
    }));
    CHECK(body == source.texts[i % 100]);
  }
  target->log_out();
}

TEST_CASE("a mailbox is made, subscribed to and opened at once, also when it is there") {
  const auto target = connected();
  for (int i = 0; i < 2; ++i) {
    const auto opened = target->open_mailbox("Open \xc3\xa9", true);
    if (!opened) FAIL(describe(opened.error()));
    CHECK(opened->uid_validity > 0);
    CHECK(opened->uid_next == 1);
  }
  CHECK(target->open_mailbox("Open \xc3\xa9", false));
  const auto refused = target->open_mailbox("bad\nname", true);
  REQUIRE(!refused);
  CHECK(refused.error().scope == ErrorScope::mailbox);
  const auto tree = target->mailbox_tree();
  if (!tree) FAIL(describe(tree.error()));
  CHECK(std::any_of(tree->listed.begin(), tree->listed.end(),
                    [](const ListedMailbox& listed) { return listed.name == "Open \xc3\xa9"; }));
  target->log_out();
}

TEST_CASE("a walk that is left early leaves the connection in order") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "left early");
  Texts source;
  for (std::size_t i = 0; i < 30; ++i) source.texts.push_back(text_of(i));
  REQUIRE(target->append(1, name, heads_of(source), source));
  REQUIRE(all_outcomes(*target, 30).size() >= 1);
  REQUIRE(target->select(name));
  {
    const auto walk = target->walk({3, 0xffffffff}, {.with_message_id = true});
    REQUIRE(walk);
    const auto first = (*walk)->next();
    REQUIRE(first);
    CHECK((*first)->uid == 3);
    CHECK((*first)->message_id == "<m2@example.org>");
  }
  CHECK(target->status(name)->exists == 30);
  CHECK(fetched(*target, name).size() == 30);
}

TEST_CASE("an absent mailbox is an error of scope mailbox") {
  const auto target = connected();
  const auto selected = target->select("No such mailbox");
  REQUIRE(!selected);
  CHECK(selected.error().code == ErrorCode::refused);
  CHECK(selected.error().scope == ErrorScope::mailbox);
  CHECK(!target->create("bad\nname"));
  CHECK(target->select("INBOX"));
}

TEST_CASE("200 messages arrive in order with UID, date and flags in every mode") {
  for (const AppendMode mode : {AppendMode::multiappend, AppendMode::literal_plus,
                                AppendMode::literal_minus, AppendMode::synchronizing}) {
    const std::string name = "mode-" + std::string(append_mode_name(mode));
    INFO(name);
    const auto target = connected(mode);
    CHECK(target->mode() == mode);
    fresh_mailbox(*target, name);
    const auto before = target->status(name);
    REQUIRE(before);
    Texts source;
    for (std::size_t i = 0; i < 200; ++i)
      source.texts.push_back(text_of(i, i % 20 == 5 ? 9000 : 300));
    const auto heads = heads_of(source);
    const auto half = std::span(heads).first(100);
    REQUIRE(target->append(1, name, half, source));
    source.texts.erase(source.texts.begin(), source.texts.begin() + 100);
    REQUIRE(target->append(2, name, std::span(heads).last(100), source));
    std::vector<Uid> uids;
    for (const auto& outcome : all_outcomes(*target, 200)) {
      CHECK(outcome.kind == AppendOutcome::Kind::stored);
      CHECK(outcome.batch == (uids.size() < 100 ? 1 : 2));
      CHECK(outcome.first == uids.size() % 100);
      CHECK(outcome.uid_validity == before->uid_validity);
      uids.insert(uids.end(), outcome.uids.begin(), outcome.uids.end());
    }
    CHECK(target->unanswered().empty());
    const auto after = target->status(name);
    REQUIRE(after);
    CHECK(after->exists == 200);
    const auto messages = fetched(*target, name);
    REQUIRE(messages.size() == 200);
    for (std::size_t i = 0; i < 200; ++i) {
      REQUIRE(messages[i].uid == uids.at(i));
      CHECK(messages[i].message_id == "<m" + std::to_string(i) + "@example.org>");
      CHECK(messages[i].size == heads[i].wire_size);
      CHECK(messages[i].flags == heads[i].flags);
      CHECK(messages[i].keywords == heads[i].keywords);
      if (heads[i].internal_date) {
        CHECK(messages[i].internal_date.unix_seconds == heads[i].internal_date->unix_seconds);
      }
    }
    target->log_out();
  }
}

TEST_CASE("the bytes of a message come back as they were sent, small and large") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "bodies");
  Texts source;
  // Dovecot shows a NUL as 0x80, so there is none here.
  source.texts = {text_of(1), text_of(2, 3'500'000), "Subject: 8-bit \xff\r\n\r\n("};
  source.piece = 70'000;
  REQUIRE(target->append(1, name, heads_of(source), source));
  const auto outcome = target->receive();
  REQUIRE(outcome);
  REQUIRE(outcome->uids.size() == 3);
  REQUIRE(target->select(name));
  for (std::size_t i = 0; i < source.texts.size(); ++i) {
    INFO(i);
    std::string body;
    const auto done =
        target->fetch_body(outcome->uids[i], source.texts[i].size(), [&](std::string_view part) {
          body += part;
          return ok();
        });
    if (!done) FAIL(describe(done.error()));
    CHECK((body == source.texts[i]));
  }
}

TEST_CASE("one empty message refuses its whole MULTIAPPEND and the connection goes on") {
  const auto target = connected(AppendMode::multiappend);
  const std::string name = fresh_mailbox(*target, "empty");
  Texts source;
  source.texts = {text_of(1), "", text_of(2)};
  REQUIRE(target->append(7, name, heads_of(source), source));
  const auto outcome = target->receive();
  REQUIRE(outcome);
  CHECK(outcome->kind == AppendOutcome::Kind::refused);
  CHECK(outcome->batch == 7);
  CHECK(outcome->count == 3);
  source.texts = {text_of(1)};
  REQUIRE(target->append(8, name, heads_of(source), source));
  CHECK(target->receive()->kind == AppendOutcome::Kind::stored);
  CHECK(target->status(name)->exists == 1);
}

TEST_CASE("an absent mailbox refuses before the first literal") {
  const auto target = connected();
  Texts source;
  source.texts = {text_of(1), text_of(2)};
  REQUIRE(target->append(1, "absent", heads_of(source), source));
  const auto outcome = target->receive();
  REQUIRE(outcome);
  CHECK(outcome->kind == AppendOutcome::Kind::refused);
  CHECK(outcome->code == ResponseCode::try_create);
  CHECK(target->select("INBOX"));
}

TEST_CASE("the first use of a flag waits for the server, known ones in any company do not") {
  std::vector<std::string> heads;
  ConnectionOptions options;
  options.trace = [&](std::string_view line) {
    if (line.starts_with("C: ") && line.ends_with('}')) heads.emplace_back(line);
  };
  const auto knowledge = std::make_shared<ServerKnowledge>();
  Texts source;
  for (std::size_t i = 0; i < 6; ++i) source.texts.push_back(text_of(i));
  auto messages = heads_of(source);
  const std::vector<std::uint8_t> flags{message::kSeen,
                                        message::kSeen,
                                        message::kSeen | message::kFlagged,
                                        message::kFlagged,
                                        0,
                                        message::kSeen | message::kFlagged};
  for (std::size_t i = 0; i < 6; ++i) messages[i].flags = flags[i];
  messages[4].keywords = {"NewOne"};
  messages[5].keywords = {"Other"};
  const auto send = [&](const std::string& name) {
    heads.clear();
    auto target = connect(test_account(), options, AppendMode::literal_plus, knowledge);
    REQUIRE(target);
    REQUIRE((*target)->open_mailbox(name, true));
    REQUIRE((*target)->append(1, name, messages, source));
    REQUIRE(all_outcomes(**target, 6).size() == 6);
    REQUIRE(heads.size() == 6);
    std::string waited;
    for (const std::string& head : heads) waited += head.ends_with("+}") ? '-' : 'W';
    return waited;
  };
  CHECK(send("first use") == "W-W-W-");
  SECTION("another connection knows it too") {
    CHECK(send("first use") == "------");
    CHECK(send("first use elsewhere") == "W-----");
  }
}

TEST_CASE("careful sending is one message a command, each literal waited for") {
  const auto target = connected(AppendMode::multiappend);
  const std::string name = fresh_mailbox(*target, "careful");
  target->be_careful(true);
  Texts source;
  source.texts = {text_of(1), text_of(2), text_of(3)};
  REQUIRE(target->append(1, name, heads_of(source), source));
  CHECK(all_outcomes(*target, 3).size() == 3);
}

TEST_CASE("a batch that is not approved is not stored") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "not approved");
  Texts source;
  source.texts = {text_of(1), text_of(2)};
  source.approved = false;
  const auto sent = target->append(3, name, heads_of(source), source);
  REQUIRE(!sent);
  CHECK(sent.error().code == ErrorCode::archive_changed);
  const auto left = target->unanswered();
  REQUIRE(left.size() == 1);
  CHECK(left[0].batch == 3);
  CHECK(left[0].count == 2);
  CHECK(!left[0].may_be_stored);
  CHECK(!target->receive());
  CHECK(connected()->status(name)->exists == 0);
}

TEST_CASE("a message shorter than announced ends the connection with nothing stored of it") {
  const auto target = connected(AppendMode::literal_plus);
  const std::string name = fresh_mailbox(*target, "short");
  Texts source;
  source.texts = {text_of(1), text_of(2)};
  const auto heads = heads_of(source);
  source.withheld = 1;
  REQUIRE(!target->append(1, name, heads, source));
  const auto left = target->unanswered();
  REQUIRE(left.size() == 2);
  CHECK(!left[0].may_be_stored);
  CHECK(left[1].first == 1);
  CHECK(!left[1].may_be_stored);
  CHECK(connected()->status(name)->exists == 0);
}

TEST_CASE("everything sent and unread may be stored") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "unread");
  Texts source;
  source.texts = {text_of(1)};
  REQUIRE(target->append(1, name, heads_of(source), source));
  const auto left = target->unanswered();
  REQUIRE(left.size() == 1);
  CHECK(left[0].may_be_stored);
}

TEST_CASE("what only reads reads") {
  const auto target = connect_read_only(test_account(), {});
  if (!target) FAIL(describe(target.error()));
  CHECK((*target)->list());
  CHECK((*target)->select("INBOX"));
  CHECK((*target)->quota("INBOX"));
  (*target)->log_out();
}

TEST_CASE("STARTTLS on the clear port secures the connection") {
  Account account = test_account();
  account.port =
      static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_STARTTLS_PORT")));
  account.security = Security::starttls;
  const auto target = connect(account, {}, AppendMode::automatic);
  if (!target) FAIL(describe(target.error()));
  CHECK((*target)->select("INBOX"));
}

TEST_CASE("TLS on the clear port is told apart from a broken server") {
  Account account = test_account();
  account.port =
      static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_STARTTLS_PORT")));
  const auto target = connect(account, {}, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::tls);
  CHECK_THAT(target.error().what, Catch::Contains("does not speak TLS on this port"));
}
