// SPDX-License-Identifier: Apache-2.0
// Every transition that is allowed works, every other one changes nothing.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

// One message in each state, by way of the transitions.
struct AllStates : Fixture {
  AllStates() {
    auto rows = add_samples(5);
    rows.push_back(sample(folder, mailbox, 9));
    rows.back().state = State::skipped;
    std::vector<MessageRow> skipped{rows.back()};
    add(skipped);
    planned = rows[0].id;
    intended = rows[1].id;
    stored = rows[2].id;
    without_uid = rows[3].id;
    refused = rows[4].id;
    left_out = skipped[0].id;
    intend({rows[1], rows[2], rows[3], rows[4]}, 20);
    done(journal->commit(
        {.stored = {{stored, 21}, {without_uid, 0}}, .refused = {{refused, "c", "t"}}}));
  }

  // The step must be refused as a bug of the caller, and leave no trace.
  void forbidden(const Step& step) {
    const auto before = states();
    const Error error = failure(journal->commit(step));
    CHECK(error.code == ErrorCode::internal);
    CHECK(states() == before);
    reopen();
    CHECK(states() == before);
  }

  std::vector<State> states() {
    std::vector<State> found;
    for (MessageId id = planned; id <= left_out; ++id) found.push_back(state(id));
    return found;
  }

  Step intend_step(MessageId id) const {
    return {.intents = {{.mailbox = mailbox, .uid_validity = 7, .uid_floor = 1, .messages = {id}}}};
  }

  MessageId planned = 0, intended = 0, stored = 0, without_uid = 0, refused = 0, left_out = 0;
};

}  // namespace

TEST_CASE("messages pass through their states") {
  Fixture f;
  const auto rows = f.add_samples(6);
  f.intend({rows[0], rows[1], rows[2], rows[3]});
  CHECK(f.state(rows[3].id) == State::intended);
  CHECK(f.state(rows[4].id) == State::planned);
  done(f.journal->commit({.stored = {{rows[0].id, 11}, {rows[1].id, 0}},
                          .refused = {{rows[2].id, "too_big", "NO [TOOBIG] no"}},
                          .planned_again = {rows[3].id},
                          .intents = {{.mailbox = f.mailbox,
                                       .uid_validity = 7,
                                       .uid_floor = 12,
                                       .messages = {rows[3].id, rows[5].id}}}}));
  f.reopen();
  CHECK(f.state(rows[0].id) == State::stored);
  CHECK(f.uid(rows[0].id) == 11);
  CHECK(f.state(rows[1].id) == State::stored);
  CHECK(f.uid(rows[1].id) == 0);
  const MessageRow refused = value(f.journal->message(rows[2].id)).value();
  CHECK(refused.state == State::refused);
  CHECK(refused.code == "too_big");
  CHECK(refused.text == "NO [TOOBIG] no");
  CHECK(f.state(rows[3].id) == State::intended);
  CHECK(f.state(rows[4].id) == State::planned);
  CHECK(f.state(rows[5].id) == State::intended);
  done(f.journal->commit({.refused = {{rows[4].id, "zero_bytes", ""}}}));
  CHECK(f.state(rows[4].id) == State::refused);
  done(f.journal->commit({}));
}

TEST_CASE("only a message in doubt can be stored") {
  AllStates f;
  for (const MessageId id : {f.planned, f.stored, f.without_uid, f.refused, f.left_out}) {
    f.forbidden({.stored = {{id, 50}}});
    f.forbidden({.stored = {{id, 0}}});
  }
  f.forbidden({.stored = {{f.left_out + 1, 50}}});
  done(f.journal->commit({.stored = {{f.intended, 50}}}));
}

TEST_CASE("only a planned message can be intended") {
  AllStates f;
  for (const MessageId id : {f.intended, f.stored, f.without_uid, f.refused, f.left_out}) {
    f.forbidden(f.intend_step(id));
  }
  done(f.journal->commit(f.intend_step(f.planned)));
}

TEST_CASE("only a planned message or one in doubt can be refused") {
  AllStates f;
  for (const MessageId id : {f.stored, f.without_uid, f.refused, f.left_out}) {
    f.forbidden({.refused = {{id, "c", "t"}}});
  }
  done(f.journal->commit({.refused = {{f.planned, "c", ""}, {f.intended, "c", ""}}}));
}

TEST_CASE("only a message in doubt can be planned again") {
  AllStates f;
  for (const MessageId id : {f.planned, f.stored, f.without_uid, f.refused, f.left_out}) {
    f.forbidden({.planned_again = {id}});
  }
  done(f.journal->commit({.planned_again = {f.intended}}));
}

TEST_CASE("only a refused message can be tried again, and its reason is forgotten") {
  AllStates f;
  for (const MessageId id : {f.planned, f.intended, f.stored, f.without_uid, f.left_out}) {
    f.forbidden({.retried = {id}});
  }
  f.forbidden({.retried = {f.refused, f.refused}});
  done(f.journal->commit({.retried = {f.refused}}));
  CHECK(f.state(f.refused) == State::planned);
  const auto row = value(f.journal->message(f.refused));
  REQUIRE(row);
  CHECK(row->code.empty());
  CHECK(row->text.empty());
  done(f.journal->commit({.refused = {{f.refused, "again", "no"}}}));
  CHECK(value(f.journal->message(f.refused))->code == "again");
}

TEST_CASE("one forbidden message undoes its whole step") {
  AllStates f;
  f.forbidden({.stored = {{f.intended, 50}, {f.stored, 51}}});
  f.forbidden({.stored = {{f.intended, 50}, {f.intended, 51}}});
  f.forbidden({.refused = {{f.planned, "c", "t"}, {f.planned, "c", "t"}}});
  Step twice = f.intend_step(f.planned);
  twice.intents.push_back(twice.intents.front());
  f.forbidden(twice);
}

TEST_CASE("one step may plan a message again and then refuse it or intend it") {
  AllStates f;
  Step step = f.intend_step(f.intended);
  step.planned_again = {f.intended};
  done(f.journal->commit(step));
  CHECK(f.state(f.intended) == State::intended);
  done(f.journal->commit({.refused = {{f.intended, "c", "t"}}, .planned_again = {f.intended}}));
  CHECK(f.state(f.intended) == State::refused);
}

TEST_CASE("a message cannot be intended for another mailbox") {
  AllStates f;
  Step step = f.intend_step(f.planned);
  step.intents.front().mailbox = value(f.journal->add_mailbox({.name = "Other"}));
  f.forbidden(step);
}

TEST_CASE("runs, gaps and falling order give each message its own UID") {
  Fixture f;
  const auto rows = f.add_samples(6);
  f.intend({rows[5], rows[0], rows[1], rows[2], rows[4], rows[3]});
  done(f.journal->commit({.stored = {{rows[0].id, 30},
                                     {rows[1].id, 31},
                                     {rows[2].id, 40},
                                     {rows[4].id, 41},
                                     {rows[3].id, 0},
                                     {rows[5].id, 42}}}));
  const std::vector<Uid> expected{30, 31, 40, 0, 41, 42};
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(f.uid(rows[i].id) == expected[i]);
}

TEST_CASE("doubt is the sum of the open intents and goes when they are settled") {
  Fixture f;
  const auto rows = f.add_samples(4);
  CHECK(value(f.journal->doubt(f.mailbox)).count.messages == 0);
  CHECK(value(f.journal->doubt(f.mailbox)).uid_floor == 0);
  f.intend({rows[0], rows[1]}, 100);
  f.intend({rows[2], rows[3]}, 102);
  Journal::Doubt doubt = value(f.journal->doubt(f.mailbox));
  CHECK(doubt.count.messages == 4);
  CHECK(doubt.count.bytes ==
        rows[0].wire_size + rows[1].wire_size + rows[2].wire_size + rows[3].wire_size);
  CHECK(doubt.uid_floor == 100);
  CHECK(doubt.uid_validity == 7);
  done(f.journal->commit({.stored = {{rows[0].id, 100}}}));
  CHECK(value(f.journal->doubt(f.mailbox)).uid_floor == 100);
  done(f.journal->commit({.planned_again = {rows[1].id}}));
  doubt = value(f.journal->doubt(f.mailbox));
  CHECK(doubt.count.messages == 2);
  CHECK(doubt.uid_floor == 102);
  done(f.journal->commit({.stored = {{rows[2].id, 102}, {rows[3].id, 103}}}));
  doubt = value(f.journal->doubt(f.mailbox));
  CHECK(doubt.count.messages == 0);
  CHECK(doubt.uid_floor == 0);
}

TEST_CASE("while a stored message has no UID, the doubt reaches back to the job's start") {
  Fixture f;
  MailboxRow mailbox = value(f.journal->mailboxes()).front();
  mailbox.uid_floor = 5;
  done(f.journal->update_mailbox(mailbox));
  const auto rows = f.add_samples(2);
  f.intend({rows[0]}, 90);
  done(f.journal->commit({.stored = {{rows[0].id, 0}}}));
  f.intend({rows[1]}, 100);
  const Journal::Doubt doubt = value(f.journal->doubt(f.mailbox));
  CHECK(doubt.count.messages == 1);
  CHECK(doubt.uid_floor == 5);
  CHECK(doubt.uid_validity == 7);
}
