// SPDX-License-Identifier: Apache-2.0
// What a mailbox holds, and the bytes of a message.
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

std::vector<Uid> walked(Target& target, UidRange range, WalkOptions options = {}) {
  std::vector<Uid> uids;
  const auto done = target.fetch(range, options, [&](const FetchedMessage& message) {
    uids.push_back(message.uid);
    return ok();
  });
  if (!done) FAIL(describe(done.error()));
  return uids;
}

Result<std::string> body_of(Target& target, Uid uid, std::uint64_t size) {
  std::string body;
  MBOXFERRY_TRY(target.fetch_body(uid, size, [&](std::string_view part) {
    body += part;
    return ok();
  }));
  return body;
}

}  // namespace

TEST_CASE("a walk that is left early leaves the connection in order") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "left early");
  Texts source = texts_of(30);
  store(*target, name, heads_of(source), source);
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

TEST_CASE("a walk shows its range and no more, also of an empty mailbox") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "ranges");
  REQUIRE(target->select(name));
  CHECK(walked(*target, {1, 0xffffffff}).empty());
  CHECK(walked(*target, {1, 0xffffffff}, {.just_selected = true}).empty());
  CHECK(walked(*target, {5, 7}).empty());
  Texts source = texts_of(6);
  store(*target, name, heads_of(source), source);
  REQUIRE(target->select(name));
  CHECK(walked(*target, {2, 4}) == std::vector<Uid>{2, 3, 4});
  CHECK(walked(*target, {5, 0xffffffff}) == std::vector<Uid>{5, 6});
  CHECK(walked(*target, {7, 0xffffffff}).empty());
  CHECK(walked(*target, {100, 200}).empty());
}

TEST_CASE("an error of the visitor ends the walk and not the connection") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "visited");
  Texts source = texts_of(4);
  store(*target, name, heads_of(source), source);
  REQUIRE(target->select(name));
  const auto done = target->fetch({1, 0xffffffff}, {}, [](const FetchedMessage&) -> Result<void> {
    return Error{ErrorCode::io, "disk full", ""};
  });
  REQUIRE(!done);
  CHECK(done.error().code == ErrorCode::io);
  CHECK(walked(*target, {1, 0xffffffff}).size() == 4);
}

TEST_CASE("the bytes of a message come back as they were sent, small and large") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "bodies");
  Texts source;
  // Dovecot shows a NUL as 0x80, Cyrus takes none, so there is none here. Cyrus changes a header
  // that is not ASCII. Courier adds a line end where the last is missing.
  const std::string parentheses(400, '(');
  source.texts = {text_of(1), text_of(2, 3'500'000),
                  "Subject: 8-bit\r\n\r\n\xff" + parentheses + "\r\n{99999999999}\r\n* BYE\r\n("};
  if (server() == Server::courier) source.texts.back() += "\r\n";
  source.piece = 70'000;
  store(*target, name, bare_heads_of(source), source);
  REQUIRE(target->select(name));
  for (std::size_t i = 0; i < source.texts.size(); ++i) {
    INFO(i);
    const auto body = body_of(*target, static_cast<Uid>(i + 1), source.texts[i].size());
    if (!body) FAIL(describe(body.error()));
    CHECK((*body == source.texts[i]));
  }
}

TEST_CASE("a message that is not there is an error of scope message") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "gone");
  REQUIRE(target->select(name));
  const auto body = body_of(*target, 77, 100);
  REQUIRE(!body);
  CHECK(body.error().scope == ErrorScope::message);
  CHECK(target->select(name));
}
