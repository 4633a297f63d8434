// SPDX-License-Identifier: Apache-2.0
// What a server has taken once need not be waited for again; what it has not, must.
#include "mboxferry/imap/server_knowledge.h"

#include <catch2/catch.hpp>

#include "mboxferry/imap/target.h"
#include "mboxferry/message/metadata.h"
#include "unit/imap/append_message.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using test::message_with;

namespace {

constexpr const char* kBox = "\"Box\"";

}  // namespace

TEST_CASE("each flag is known by itself and in any company") {
  ServerKnowledge known;
  CHECK(!known.covers(kBox, message_with(0)));
  known.learn(kBox, message_with(message::kSeen));
  known.learn(kBox, message_with(message::kAnswered | message::kDraft));
  CHECK(known.covers(kBox, message_with(0)));
  CHECK(known.covers(kBox, message_with(message::kSeen | message::kDraft)));
  CHECK(!known.covers(kBox, message_with(message::kSeen | message::kFlagged)));
}

TEST_CASE("the name of a mailbox that was selected is known, and no flag by it") {
  ServerKnowledge known;
  known.learn_mailbox(kBox);
  CHECK(!known.covers(kBox, message_with(0)));
  known.learn("\"Other\"", message_with(message::kSeen));
  CHECK(known.covers(kBox, message_with(message::kSeen)));
}

TEST_CASE("names are forgotten when there are too many, and learned again") {
  ServerKnowledge known;
  known.learn(kBox, message_with(0));
  for (int i = 0; i < 600; ++i) known.learn_mailbox("\"" + std::to_string(i) + "\"");
  CHECK(!known.covers(kBox, message_with(0)));
  CHECK(known.covers("\"599\"", message_with(0)));
  known.learn_mailbox(kBox);
  CHECK(known.covers(kBox, message_with(0)));
}

TEST_CASE("keywords of a kind are known together, odd ones by their name") {
  ServerKnowledge known;
  known.learn(kBox, message_with(0, {"Work"}));
  for (const char* same : {"Work", "home-2.b_c", "X"}) {
    INFO(same);
    CHECK(known.covers(kBox, message_with(0, {same})));
  }
  for (const char* other :
       {"$Work", "NIL", "nil", "9to5", "a+b", "-a", "Abcdefghijklmnopqrstuvwxyz1234567"}) {
    INFO(other);
    CHECK(!known.covers(kBox, message_with(0, {"Work", other})));
    known.learn(kBox, message_with(0, {other}));
    CHECK(known.covers(kBox, message_with(0, {"Work", other})));
  }
  CHECK(known.covers(kBox, message_with(0, {"$Forwarded"})));
  CHECK(!known.covers(kBox, message_with(0, {"a+c"})));
}

TEST_CASE("a list of very many keywords is always waited for") {
  ServerKnowledge known;
  const std::vector<std::string> many(300, "Work");
  known.learn(kBox, message_with(0, many));
  CHECK(!known.covers(kBox, message_with(0, many)));
  CHECK(known.covers(kBox, message_with(0, {"Work"})));
}

TEST_CASE("no date, an ordinary one and those at the ends of 32 bits are different forms") {
  const std::vector<std::optional<Timestamp>> forms{
      {}, Timestamp{5, 0}, Timestamp{1'000'000'000, 0}, Timestamp{4'000'000'000, 0}};
  for (const auto& learned : forms) {
    ServerKnowledge known;
    known.learn(kBox, message_with(0, {}, learned));
    int covered = 0;
    for (const auto& form : forms) covered += known.covers(kBox, message_with(0, {}, form)) ? 1 : 0;
    CHECK(covered == 1);
  }
}

TEST_CASE("a mailbox's name is known by itself") {
  ServerKnowledge known;
  known.learn(kBox, message_with(0));
  CHECK(!known.covers("\"Other\"", message_with(0)));
}

TEST_CASE("after a BAD nothing is known, and keywords are known by name only") {
  ServerKnowledge known;
  known.learn(kBox, message_with(message::kSeen, {"Work"}));
  known.forget();
  CHECK(!known.covers(kBox, message_with(0)));
  known.learn(kBox, message_with(message::kSeen, {"Work"}));
  CHECK(known.covers(kBox, message_with(message::kSeen, {"Work"})));
  CHECK(!known.covers(kBox, message_with(message::kSeen, {"Home"})));
}
