// SPDX-License-Identifier: Apache-2.0
// Messages arrive in order with UID, date and flags.
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

TEST_CASE("messages arrive in order with UID, date and flags in every mode that there is") {
  for (const AppendMode mode : {AppendMode::multiappend, AppendMode::literal_plus,
                                AppendMode::literal_minus, AppendMode::synchronizing}) {
    const std::string plain = "mode-" + std::string(append_mode_name(mode));
    INFO(plain);
    const auto target = connected(mode);
    CHECK(target->mode() == choose_append_mode(target->capabilities(), mode));
    const std::string name = fresh_mailbox(*target, plain);
    const auto before = target->status(name);
    REQUIRE(before);
    constexpr std::size_t kHalf = 30;
    Texts source;
    for (std::size_t i = 0; i < 2 * kHalf; ++i)
      source.texts.push_back(text_of(i, i % 20 == 5 ? 9000 : 300));
    const auto heads = heads_of(source);
    REQUIRE(target->append(1, name, std::span(heads).first(kHalf), source));
    source.texts.erase(source.texts.begin(), source.texts.begin() + kHalf);
    REQUIRE(target->append(2, name, std::span(heads).last(kHalf), source));
    const bool told = target->capabilities().uidplus;
    std::vector<Uid> uids;
    std::size_t answered = 0;
    for (const auto& outcome : all_outcomes(*target, 2 * kHalf)) {
      CHECK(outcome.kind == AppendOutcome::Kind::stored);
      CHECK(outcome.batch == (answered < kHalf ? 1 : 2));
      CHECK(outcome.first == answered % kHalf);
      CHECK(outcome.count == (target->mode() == AppendMode::multiappend ? kHalf : 1));
      CHECK(outcome.uids.size() == (told ? outcome.count : 0));
      CHECK(outcome.uid_validity == (told ? before->uid_validity : 0));
      uids.insert(uids.end(), outcome.uids.begin(), outcome.uids.end());
      answered += outcome.count;
    }
    CHECK(target->unanswered().empty());
    CHECK(target->status(name)->exists == 2 * kHalf);
    const auto messages = fetched(*target, name);
    REQUIRE(messages.size() == 2 * kHalf);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (told) CHECK(messages[i].uid == uids.at(i));
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

TEST_CASE("every system flag and many kinds of keywords stay") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "flags");
  Texts source = texts_of(7);
  auto heads = bare_heads_of(source);
  heads[0].flags = message::kSeen;
  heads[1].flags = message::kAnswered | message::kFlagged;
  heads[2].flags = message::kDraft | message::kDeleted;
  heads[3].keywords = {"$Forwarded"};
  heads[4].keywords = {"$Label1", "NonJunk", "a.b-c_d"};
  heads[5].keywords = {"1st", "+"};
  // Courier takes these for something else than atoms.
  if (server() != Server::courier) heads[5].keywords.insert(heads[5].keywords.end(), {"NIL", "[x"});
  // Dovecot takes 50 characters.
  heads[6].keywords = {std::string(50, 'k')};
  store(*target, name, heads, source);
  const auto messages = fetched(*target, name);
  REQUIRE(messages.size() == 7);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    INFO(i);
    CHECK(messages[i].flags == heads[i].flags);
    auto found = messages[i].keywords;
    auto wanted = heads[i].keywords;
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    CHECK(found == wanted);
  }
}

TEST_CASE("dates keep their second, whatever their zone") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "dates");
  // Cyrus takes second 0 for no date at all, Dovecot what is hours ahead for now.
  const std::vector<Timestamp> dates{
      {1, 0},  {86'399, -720}, {951'782'400, 840}, {1'000'000'000, -90}, {1'700'000'001, 0},
      {1, 840}};
  Texts source = texts_of(dates.size());
  auto heads = bare_heads_of(source);
  for (std::size_t i = 0; i < dates.size(); ++i) heads[i].internal_date = dates[i];
  store(*target, name, heads, source);
  const auto messages = fetched(*target, name);
  REQUIRE(messages.size() == dates.size());
  for (std::size_t i = 0; i < dates.size(); ++i) {
    INFO(i);
    CHECK(messages[i].internal_date.unix_seconds == dates[i].unix_seconds);
  }
}

TEST_CASE("UIDs are named for one message, for several and for batches in turn") {
  const auto target = connected();
  const std::string first = fresh_mailbox(*target, "first");
  const std::string second = fresh_mailbox(*target, "second");
  std::vector<Uid> in_first;
  for (const std::size_t count : {1u, 2u, 5u}) {
    Texts source = texts_of(count);
    const auto some = store(*target, first, bare_heads_of(source), source);
    in_first.insert(in_first.end(), some.begin(), some.end());
    store(*target, second, bare_heads_of(source), source);
  }
  if (target->capabilities().uidplus) {
    CHECK(in_first == std::vector<Uid>{1, 2, 3, 4, 5, 6, 7, 8});
  }
  CHECK(fetched(*target, first).size() == 8);
  CHECK(fetched(*target, second).size() == 8);
}

TEST_CASE("careful sending is one message a command, each literal waited for") {
  const auto target = connected(AppendMode::multiappend);
  const std::string name = fresh_mailbox(*target, "careful");
  target->be_careful(true);
  Texts source = texts_of(3);
  REQUIRE(target->append(1, name, heads_of(source), source));
  CHECK(all_outcomes(*target, 3).size() == 3);
}

TEST_CASE("flags and keywords can be added to a message that is there") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "more flags");
  Texts source = texts_of(2);
  store(*target, name, bare_heads_of(source), source);
  REQUIRE(target->select(name));
  REQUIRE(target->add_flags(2, message::kSeen | message::kFlagged, {"Work", "$Forwarded"}));
  const auto messages = fetched(*target, name);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].keywords.empty());
  CHECK((messages[1].flags & (message::kSeen | message::kFlagged)) ==
        (message::kSeen | message::kFlagged));
  CHECK(messages[1].keywords.size() == 2);
  const auto no_keyword = target->add_flags(1, 0, {"no keyword"});
  REQUIRE(!no_keyword);
  CHECK(no_keyword.error().scope == ErrorScope::message);
}
