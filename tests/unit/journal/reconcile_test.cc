// SPDX-License-Identifier: Apache-2.0
// What reconciling finds, and what it leaves to the digest.
#include <algorithm>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

struct Reconciliation : Fixture {
  // Adds the messages and puts them in doubt.
  void in_doubt(std::vector<MessageRow>& rows, Uid floor = 1) {
    add(rows);
    intend(rows, floor);
  }

  void begin(Unidentified which = Unidentified::in_doubt, MailboxId of = 0) {
    done(journal->begin_reconcile(of != 0 ? of : mailbox, which));
  }

  void see(const std::vector<Seen>& seen) { done(journal->add_seen(seen)); }

  std::vector<Stored> certain() { return value(journal->certain_matches(1000)); }

  std::vector<MessageRow> samples(std::size_t count) {
    std::vector<MessageRow> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(sample(folder, mailbox, i));
    return rows;
  }

  // Decides the rest by digest, as the runner does: `body(uid)` is what a FETCH would bring.
  template <typename Body>
  void decide_by_digest(Body body) {
    Uid after = 0;
    while (const auto seen = value(journal->next_ambiguous(after))) {
      after = seen->uid;
      if (const auto id = value(journal->doubtful_with_digest(body(after), seen->date))) {
        done(journal->commit_matches(std::vector<Stored>{{*id, after}}));
      }
    }
  }
};

}  // namespace

TEST_CASE("messages with keys of their own are matched without reading them") {
  Reconciliation f;
  auto rows = f.samples(5);
  f.in_doubt(rows, 10);
  f.begin();
  f.see({seen_as(rows[2], 12), seen_as(rows[0], 11)});
  f.see({seen_as(rows[4], 14)});
  const auto matches = f.certain();
  REQUIRE(matches.size() == 3);
  CHECK(matches[0].message == rows[0].id);
  CHECK(matches[0].uid == 11);
  CHECK(value(f.journal->certain_matches(2)).size() == 2);
  done(f.journal->commit_matches(matches));
  CHECK(f.certain().empty());
  CHECK_FALSE(value(f.journal->next_ambiguous(0)));
  CHECK(value(f.journal->plan_rest_again()) == 2);
  CHECK(f.uid(rows[2].id) == 12);
  CHECK(f.state(rows[1].id) == State::planned);
  CHECK(f.state(rows[3].id) == State::planned);
  CHECK(value(f.journal->doubt(f.mailbox)).count.messages == 0);
  CHECK(value(f.journal->doubt(f.mailbox)).uid_floor == 0);
}

TEST_CASE("equal copies are never certain, and each seen copy settles one") {
  Reconciliation f;
  auto rows = f.samples(3);
  rows[1] = rows[0];
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[0], 5), seen_as(rows[2], 6)});
  const auto matches = f.certain();
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].message == rows[2].id);
  done(f.journal->commit_matches(matches));
  f.decide_by_digest([&](Uid) { return rows[0].digest; });
  CHECK(f.state(rows[0].id) == State::stored);
  CHECK(f.uid(rows[0].id) == 5);
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.state(rows[1].id) == State::planned);
}

TEST_CASE("two copies on the server of one message in doubt are left to the digest") {
  Reconciliation f;
  auto rows = f.samples(1);
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[0], 5), seen_as(rows[0], 6)});
  CHECK(f.certain().empty());
  CHECK(value(f.journal->next_ambiguous(0)).value().uid == 5);
  CHECK(value(f.journal->next_ambiguous(5)).value().uid == 6);
  Digest other = rows[0].digest;
  other[15] ^= 1;
  CHECK_FALSE(value(f.journal->doubtful_with_digest(other, 0)));
  f.decide_by_digest([&](Uid uid) { return uid == 6 ? rows[0].digest : other; });
  CHECK(f.uid(rows[0].id) == 6);
  CHECK_FALSE(value(f.journal->doubtful_with_digest(rows[0].digest, 0)));
  CHECK(value(f.journal->plan_rest_again()) == 0);
}

TEST_CASE("a key that was shared once stays uncertain after one copy is matched") {
  Reconciliation f;
  auto rows = f.samples(2);
  rows[1].message_id_hash = rows[0].message_id_hash;
  rows[1].date = rows[0].date;
  rows[1].wire_size = rows[0].wire_size;
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[0], 5), seen_as(rows[0], 6)});
  done(f.journal->commit_matches(std::vector<Stored>{{rows[1].id, 5}}));
  CHECK(f.certain().empty());
  f.decide_by_digest([&](Uid) { return rows[0].digest; });
  CHECK(f.uid(rows[0].id) == 6);
}

TEST_CASE("a message without Message-ID is found by its size and digest") {
  Reconciliation f;
  auto rows = f.samples(2);
  rows[0].message_id_hash = rows[1].message_id_hash = 0;
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[1], 9)});
  CHECK(f.certain().empty());
  CHECK(value(f.journal->next_ambiguous(0)).value().uid == 9);
  f.decide_by_digest([&](Uid) { return rows[1].digest; });
  CHECK(f.uid(rows[1].id) == 9);
  CHECK(value(f.journal->plan_rest_again()) == 1);
}

TEST_CASE("of equal messages with other dates the one with the server's date is found") {
  Reconciliation f;
  auto rows = f.samples(3);
  for (auto& row : rows) {
    row.message_id_hash = 0;
    row.digest = rows[0].digest;
    row.wire_size = rows[0].wire_size;
  }
  REQUIRE(rows[0].date.unix_seconds != rows[2].date.unix_seconds);
  f.in_doubt(rows);
  f.begin();
  Seen dateless = seen_as(rows[1], 10);
  dateless.date += 12345;
  f.see({seen_as(rows[2], 9), dateless});
  f.decide_by_digest([&](Uid) { return rows[0].digest; });
  CHECK(f.uid(rows[2].id) == 9);
  CHECK(f.uid(rows[0].id) == 10);
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.state(rows[1].id) == State::planned);
}

TEST_CASE("a server that changes size and date is asked for the body") {
  Reconciliation f;
  auto rows = f.samples(2);
  f.in_doubt(rows);
  f.begin();
  Seen other_date = seen_as(rows[0], 3);
  other_date.date += 7200;
  Seen other_size = seen_as(rows[1], 4);
  other_size.size += 1000;
  Seen stranger = seen_as(rows[0], 5);
  stranger.size += 5000;
  stranger.message_id_hash = 77;
  Seen no_id = stranger;
  no_id.uid = 6;
  no_id.message_id_hash = 0;
  f.see({other_date, other_size, stranger, no_id});
  CHECK(f.certain().empty());
  CHECK(value(f.journal->next_ambiguous(0)).value().uid == 3);
  CHECK(value(f.journal->next_ambiguous(3)).value().uid == 4);
  CHECK_FALSE(value(f.journal->next_ambiguous(4)));
  f.decide_by_digest([&](Uid uid) { return rows[uid - 3].digest; });
  CHECK(f.uid(rows[0].id) == 3);
  CHECK(f.uid(rows[1].id) == 4);
}

TEST_CASE("UIDs that are known, below the floor or seen twice are left out") {
  Reconciliation f;
  auto rows = f.samples(3);
  rows[1] = rows[0];
  rows[2] = rows[0];
  f.add(rows);
  f.intend({rows[0]}, 10);
  done(f.journal->commit({.stored = {{rows[0].id, 10}}}));
  f.intend({rows[1]}, 10);
  f.begin();
  f.see({seen_as(rows[0], 9), seen_as(rows[0], 10), seen_as(rows[0], 0)});
  CHECK(f.certain().empty());
  CHECK_FALSE(value(f.journal->next_ambiguous(0)));
  f.see({seen_as(rows[1], 11), seen_as(rows[1], 11)});
  REQUIRE(f.certain().size() == 1);
  CHECK(f.certain()[0].message == rows[1].id);
  CHECK(f.certain()[0].uid == 11);
}

TEST_CASE("the copy of a stored message without UID is not given to its equal in doubt") {
  Reconciliation f;
  auto rows = f.samples(2);
  rows[1] = rows[0];
  f.add(rows);
  f.intend({rows[0]});
  done(f.journal->commit({.stored = {{rows[0].id, 0}}}));
  f.intend({rows[1]});
  f.begin();
  f.see({seen_as(rows[0], 1)});
  CHECK(f.certain().empty());
  f.decide_by_digest([&](Uid) { return rows[0].digest; });
  CHECK(f.uid(rows[0].id) == 1);
  CHECK(f.state(rows[1].id) == State::intended);
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.state(rows[1].id) == State::planned);
}

TEST_CASE("stored messages get their UIDs afterwards, and nothing is planned again") {
  Reconciliation f;
  auto rows = f.samples(3);
  f.in_doubt(rows);
  done(f.journal->commit({.stored = {{rows[0].id, 0}, {rows[1].id, 0}}}));
  f.begin(Unidentified::stored_without_uid);
  f.see({seen_as(rows[0], 1), seen_as(rows[2], 3)});
  const auto matches = f.certain();
  REQUIRE(matches.size() == 1);
  done(f.journal->commit_matches(matches));
  CHECK(value(f.journal->plan_rest_again()) == 0);
  CHECK(f.uid(rows[0].id) == 1);
  CHECK(f.state(rows[1].id) == State::stored);
  CHECK(f.state(rows[2].id) == State::intended);
}

TEST_CASE("another mailbox's doubts are not touched") {
  Reconciliation f;
  const MailboxId other = value(f.journal->add_mailbox({.name = "B"}));
  auto rows = f.samples(2);
  rows[1] = rows[0];
  rows[1].mailbox = other;
  f.add(rows);
  f.intend({rows[0]});
  f.intend({rows[1]});
  f.begin(Unidentified::in_doubt, other);
  f.see({seen_as(rows[0], 1)});
  const auto matches = f.certain();
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].message == rows[1].id);
  CHECK(failure(f.journal->commit_matches(std::vector<Stored>{{rows[0].id, 1}})).code ==
        ErrorCode::internal);
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.state(rows[0].id) == State::intended);
  CHECK(f.state(rows[1].id) == State::planned);
  CHECK(value(f.journal->doubt(f.mailbox)).count.messages == 1);
}

TEST_CASE("a match that cannot be right is refused whole") {
  Reconciliation f;
  auto rows = f.samples(3);
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[0], 1), seen_as(rows[1], 2)});
  const auto refused = [&](const std::vector<Stored>& matches) {
    CHECK(failure(f.journal->commit_matches(matches)).code == ErrorCode::internal);
    CHECK(f.state(rows[0].id) == State::intended);
    CHECK(f.certain().size() == 2);
  };
  refused({{rows[0].id, 1}, {rows[1].id, 1}});
  refused({{rows[0].id, 1}, {rows[0].id, 2}});
  refused({{rows[0].id, 1}, {rows[1].id, 3}});
  refused({{rows[0].id, 1}, {99, 2}});
  done(f.journal->commit_matches(f.certain()));
  CHECK(f.state(rows[0].id) == State::stored);
}

TEST_CASE("reconciling has to be begun") {
  Fixture f;
  CHECK(failure(f.journal->add_seen(std::vector<Seen>{{.uid = 1}})).code == ErrorCode::internal);
  CHECK(failure(f.journal->certain_matches(1)).code == ErrorCode::internal);
  CHECK(failure(f.journal->next_ambiguous(0)).code == ErrorCode::internal);
  CHECK(failure(f.journal->doubtful_with_digest({}, 0)).code == ErrorCode::internal);
  CHECK(failure(f.journal->plan_rest_again()).code == ErrorCode::internal);
}

TEST_CASE("a reconciliation that ends half-way is done again from what was committed") {
  Reconciliation f;
  auto rows = f.samples(4);
  f.in_doubt(rows);
  f.begin();
  f.see({seen_as(rows[0], 1), seen_as(rows[1], 2), seen_as(rows[2], 3)});
  done(f.journal->commit_matches(value(f.journal->certain_matches(1))));
  f.reopen();
  CHECK(f.state(rows[0].id) == State::stored);
  f.begin();
  f.see({seen_as(rows[0], 1), seen_as(rows[1], 2), seen_as(rows[2], 3)});
  const auto matches = f.certain();
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].message == rows[1].id);
  done(f.journal->commit_matches(matches));
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.state(rows[3].id) == State::planned);
}

TEST_CASE("a new UIDVALIDITY puts every stored message in doubt") {
  Reconciliation f;
  const MailboxId other = value(f.journal->add_mailbox({.name = "B", .uid_floor = 1}));
  auto rows = f.samples(6);
  rows[5].mailbox = other;
  f.add(rows);
  f.intend({rows[0], rows[1], rows[2]}, 50);
  f.intend({rows[5]});
  done(f.journal->commit({.stored = {{rows[0].id, 50}, {rows[1].id, 0}, {rows[5].id, 8}},
                          .refused = {{rows[3].id, "c", "t"}}}));
  done(f.journal->doubt_everything(f.mailbox, 8));
  f.reopen();
  CHECK(f.state(rows[0].id) == State::intended);
  CHECK(f.uid(rows[0].id) == 0);
  CHECK(f.state(rows[1].id) == State::intended);
  CHECK(f.state(rows[2].id) == State::intended);
  CHECK(f.state(rows[3].id) == State::refused);
  CHECK(f.state(rows[4].id) == State::planned);
  CHECK(f.state(rows[5].id) == State::stored);
  const Journal::Doubt doubt = value(f.journal->doubt(f.mailbox));
  CHECK(doubt.count.messages == 3);
  CHECK(doubt.uid_floor == 1);
  CHECK(doubt.uid_validity == 8);
  const MailboxRow mailbox = value(f.journal->mailboxes()).front();
  CHECK(mailbox.uid_validity == 8);
  CHECK(mailbox.renewed);
  f.begin();
  f.see({seen_as(rows[0], 1), seen_as(rows[2], 2)});
  done(f.journal->commit_matches(f.certain()));
  CHECK(value(f.journal->plan_rest_again()) == 1);
  CHECK(f.uid(rows[0].id) == 1);
  CHECK(f.state(rows[1].id) == State::planned);
  CHECK(value(f.journal->doubt(f.mailbox)).uid_floor == 0);
  CHECK(failure(f.journal->doubt_everything(99, 8)).code == ErrorCode::internal);
}

TEST_CASE("very many equal copies are settled one by one") {
  // Quadratic lookups would make this run for minutes, which the test's time limit ends.
  Reconciliation f;
  constexpr std::size_t kCopies = 20'000;
  std::vector<MessageRow> rows(kCopies, sample(f.folder, f.mailbox, 1));
  f.in_doubt(rows);
  f.begin();
  std::vector<Seen> seen;
  for (std::size_t i = 0; i < kCopies; ++i)
    seen.push_back(seen_as(rows[0], static_cast<Uid>(i + 1)));
  f.see(seen);
  CHECK(f.certain().empty());
  std::vector<Stored> half;
  for (std::size_t i = 0; i < kCopies - 5; ++i) half.push_back({rows[i].id, seen[i].uid});
  done(f.journal->commit_matches(half));
  CHECK(value(f.journal->next_ambiguous(0)).value().uid == kCopies - 4);
  f.decide_by_digest([&](Uid) { return rows[0].digest; });
  CHECK(value(f.journal->plan_rest_again()) == 0);
  CHECK(value(f.journal->counts(f.mailbox)).stored.messages == kCopies);
}
