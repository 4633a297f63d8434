// SPDX-License-Identifier: Apache-2.0
// Messages, mailboxes and batches that are refused or cut short.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "contract_server.h"
#include "mboxferry/imap/server_knowledge.h"
#include "mboxferry/message/metadata.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using namespace mboxferry::contract;

namespace {

/// Sends three messages of which the one in the middle is wrong, and says how many are there then.
std::uint64_t stored_beside(const std::string& plain_name, const AppendMessage& wrong,
                            const std::string& text, std::string& words) {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, plain_name);
  Texts source = texts_of(3);
  source.texts[1] = text;
  auto heads = bare_heads_of(source);
  heads[1] = wrong;
  heads[1].wire_size = text.size();
  const bool atomic = target->mode() == AppendMode::multiappend;
  std::size_t stored = 0;
  // An answer that comes early may end the connection; what it said can be read all the same.
  static_cast<void>(target->append(7, name, heads, source));
  while (const auto outcome = target->receive()) {
    CHECK(outcome->batch == 7);
    CHECK(outcome->count == (atomic ? 3 : 1));
    if (outcome->kind == AppendOutcome::Kind::stored) stored += outcome->count;
    if (outcome->kind != AppendOutcome::Kind::stored) words = outcome->text;
  }
  std::uint64_t in_doubt = 0;
  for (const Unanswered& part : target->unanswered())
    in_doubt += part.may_be_stored ? part.count : 0;
  const std::uint64_t there = connected()->status(name)->exists;
  CHECK(there >= stored);
  CHECK(there <= stored + in_doubt);
  if (!words.empty() && atomic) CHECK(there == 0);
  return there;
}

}  // namespace

TEST_CASE("an empty message is refused, and with it its MULTIAPPEND; Courier stores it") {
  std::string words;
  const std::uint64_t there = stored_beside("empty", {}, "", words);
  INFO(words);
  if (server() == Server::courier) {
    CHECK(words.empty());
    CHECK(there == 3);
    return;
  }
  CHECK(!words.empty());
  // What follows may have ended with the connection: Cyrus takes the line end behind the refused
  // literal for a command and answers BAD to that too.
  CHECK(there <= 2);
}

TEST_CASE("NUL, a bare LF and a bare CR are refused by Cyrus and stored by the others") {
  for (const std::string& text :
       {std::string("Subject: x\r\n\r\na\0b\r\n", 18), std::string("Subject: x\n\nb\n"),
        std::string("Subject: x\r\ra")}) {
    std::string words;
    const std::uint64_t there =
        stored_beside("odd " + std::to_string(text.size()), {}, text, words);
    INFO(words);
    CHECK(words.empty() == (server() != Server::cyrus));
    CHECK((there == 3) == words.empty());
  }
}

TEST_CASE("more keywords than a mailbox can hold are refused by Cyrus and kept by the others") {
  const auto target = connected(AppendMode::synchronizing);
  const std::string name = fresh_mailbox(*target, "keywords");
  Texts source = texts_of(10);
  auto heads = bare_heads_of(source);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    for (std::size_t k = 0; k < 15; ++k) {
      heads[i].keywords.push_back("k" + std::to_string(15 * i + k));
    }
  }
  REQUIRE(target->append(1, name, heads, source));
  std::size_t stored = 0;
  for (const AppendOutcome& outcome : all_outcomes(*target, heads.size())) {
    CHECK(outcome.kind != AppendOutcome::Kind::bad);
    if (outcome.kind == AppendOutcome::Kind::stored) ++stored;
  }
  CHECK(stored >= 6);
  CHECK((stored == 10) == (server() != Server::cyrus));
  CHECK(target->status(name)->exists == stored);
}

TEST_CASE("what no server could read is not sent") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "not sent");
  Texts source = texts_of(1);
  auto heads = bare_heads_of(source);
  SECTION("a keyword that is no atom") { heads[0].keywords = {"two words"}; }
  SECTION("a date before 1970") { heads[0].internal_date = Timestamp{-1, 0}; }
  const auto sent = target->append(1, name, heads, source);
  REQUIRE(!sent);
  REQUIRE(target->unanswered().size() == 1);
  CHECK(!target->unanswered()[0].may_be_stored);
  CHECK(connected()->status(name)->exists == 0);
}

TEST_CASE("an absent mailbox refuses before the first literal") {
  const auto target = connected();
  Texts source;
  source.texts = {text_of(1), text_of(2)};
  REQUIRE(target->append(1, own_name("absent"), heads_of(source), source));
  const auto outcome = target->receive();
  REQUIRE(outcome);
  CHECK(outcome->kind == AppendOutcome::Kind::refused);
  CHECK(outcome->code == ResponseCode::try_create);
  CHECK(target->select("INBOX"));
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
  std::size_t left = 0;
  for (const Unanswered& part : target->unanswered()) {
    CHECK(part.batch == 3);
    CHECK(part.first == left);
    CHECK(!part.may_be_stored);
    left += part.count;
  }
  CHECK(left == 2);
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
