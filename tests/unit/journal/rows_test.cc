// SPDX-License-Identifier: Apache-2.0
// What is written to a journal comes back as it was, also after opening it again.
#include <fmt/format.h>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

std::vector<MessageId> ids(const std::vector<MessageRow>& rows) {
  std::vector<MessageId> found;
  for (const MessageRow& row : rows) found.push_back(row.id);
  return found;
}

}  // namespace

TEST_CASE("every field of a message survives reopening") {
  Fixture f;
  std::vector<MessageRow> rows{sample(f.folder, f.mailbox, 1), sample(f.folder, f.mailbox, 2),
                               sample(f.folder, f.mailbox, 3)};
  rows[0].offset = 5'000'000'000'000;
  rows[0].length = 9'000'000'000;
  rows[0].wire_size = 9'100'000'000;
  rows[0].message_id_hash = std::numeric_limits<std::int64_t>::min();
  rows[0].date = {.unix_seconds = -86400, .zone_minutes = -720};
  rows[0].date_source = 255;
  rows[0].date_corrected = true;
  rows[0].flags = 255;
  rows[0].keywords = std::string("$Junk caf\xc3\xa9 with\0nul", 18);
  rows[1].keywords = rows[0].keywords;
  rows[1].state = State::skipped;
  rows[1].code = "expunged";
  rows[2].state = State::refused;
  rows[2].code = "too_big";
  rows[2].text = "longer than APPENDLIMIT";
  f.add(rows);
  f.reopen();
  for (const MessageRow& row : rows) {
    INFO("message " << row.id);
    const MessageRow back = value(f.journal->message(row.id)).value();
    CHECK(back.folder == row.folder);
    CHECK(back.mailbox == row.mailbox);
    CHECK(back.offset == row.offset);
    CHECK(back.length == row.length);
    CHECK(back.wire_size == row.wire_size);
    CHECK(back.digest == row.digest);
    CHECK(back.message_id_hash == row.message_id_hash);
    CHECK(back.date == row.date);
    CHECK(back.date_source == row.date_source);
    CHECK(back.date_corrected == row.date_corrected);
    CHECK(back.flags == row.flags);
    CHECK(back.keywords == row.keywords);
    CHECK(back.state == row.state);
    CHECK(back.code == row.code);
    CHECK(back.text == row.text);
    CHECK(back.uid == 0);
  }
  CHECK_FALSE(value(f.journal->message(rows.back().id + 1)));
}

TEST_CASE("the largest UID and the smallest survive") {
  Fixture f;
  const auto rows = f.add_samples(3);
  f.intend(rows);
  done(f.journal->commit(
      {.stored = {{rows[0].id, 1}, {rows[1].id, 4294967295U}, {rows[2].id, 2147483648U}}}));
  CHECK(f.uid(rows[0].id) == 1);
  CHECK(f.uid(rows[1].id) == 4294967295U);
  CHECK(f.uid(rows[2].id) == 2147483648U);
}

TEST_CASE("folders, mailboxes, notes and findings survive reopening") {
  Fixture f;
  FolderRow folder{.archive = "/x/y",
                   .path = "p/\xc3\xa4",
                   .file = "/x/y/p",
                   .identity = "identity",
                   .profile = "profile",
                   .index_state = "state",
                   .index_done = false,
                   .mailbox = f.mailbox};
  folder.id = value(f.journal->add_folder(folder));
  folder.index_state = "further";
  folder.index_done = true;
  const std::vector<Finding> findings{
      {.folder = folder.id, .offset = 17, .code = "doubtful", .text = "From x", .taken = true},
      {.folder = folder.id, .offset = 99, .code = "junk", .text = "", .taken = false}};
  done(f.journal->add_indexed(folder, {}, findings));
  MailboxRow mailbox{.name = "A/B", .uid_validity = 4294967295U, .uid_floor = 4294967295U};
  mailbox.id = value(f.journal->add_mailbox(mailbox));
  mailbox.existed_before = 12;
  mailbox.created = true;
  mailbox.renewed = true;
  done(f.journal->update_mailbox(mailbox));
  done(f.journal->set_note("verdict", "first"));
  done(f.journal->set_note("verdict", ""));
  f.reopen();

  const FolderRow back = value(f.journal->folders()).back();
  CHECK(back.id == folder.id);
  CHECK(back.archive == folder.archive);
  CHECK(back.path == folder.path);
  CHECK(back.file == folder.file);
  CHECK(back.identity == folder.identity);
  CHECK(back.profile == folder.profile);
  CHECK(back.index_state == "further");
  CHECK(back.index_done);
  CHECK(back.mailbox == f.mailbox);
  const MailboxRow mailbox_back = value(f.journal->mailboxes()).back();
  CHECK(mailbox_back.name == "A/B");
  CHECK(mailbox_back.uid_validity == 4294967295U);
  CHECK(mailbox_back.uid_floor == 4294967295U);
  CHECK(mailbox_back.existed_before == 12);
  CHECK(mailbox_back.created);
  CHECK(mailbox_back.renewed);
  CHECK(value(f.journal->note("verdict")).value() == "");
  CHECK_FALSE(value(f.journal->note("absent")));
  std::vector<Finding> seen;
  done(f.journal->each_finding(folder.id, [&](const Finding& finding) {
    seen.push_back(finding);
    return ok();
  }));
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].offset == 17);
  CHECK(seen[0].code == "doubtful");
  CHECK(seen[0].text == "From x");
  CHECK(seen[0].taken);
  CHECK_FALSE(seen[1].taken);
}

TEST_CASE("what is not there cannot be updated") {
  Fixture f;
  CHECK(failure(f.journal->update_folder({.id = 99})).code == ErrorCode::internal);
  CHECK(failure(f.journal->update_mailbox({.id = 99})).code == ErrorCode::internal);
  std::vector<MessageRow> rows{sample(99, f.mailbox, 1)};
  CHECK(failure(f.journal->add_indexed({.id = 99}, rows, {})).code == ErrorCode::internal);
  const FolderRow folder = value(f.journal->folders()).front();
  CHECK(failure(f.journal->add_indexed(folder, rows, {})).code == ErrorCode::internal);
  rows[0].folder = f.folder;
  rows[0].state = State::stored;
  CHECK(failure(f.journal->add_indexed(folder, rows, {})).code == ErrorCode::internal);
  CHECK(value(f.journal->counts(0)).stored.messages == 0);
}

TEST_CASE("planned messages come in archive order, folder by folder, page by page") {
  Fixture f;
  const FolderId second =
      value(f.journal->add_folder({.archive = "/b", .path = "b", .mailbox = f.mailbox}));
  const auto first_rows = f.add_samples(5);
  std::vector<MessageRow> second_rows{sample(second, f.mailbox, 50), sample(second, f.mailbox, 51)};
  f.add(second_rows, second);
  const auto more = f.add_samples(2, 10);
  CHECK(ids(value(f.journal->planned(f.folder, f.mailbox, 0, 3))) ==
        std::vector<MessageId>{first_rows[0].id, first_rows[1].id, first_rows[2].id});
  CHECK(ids(value(f.journal->planned(f.folder, f.mailbox, first_rows[2].id, 100))) ==
        std::vector<MessageId>{first_rows[3].id, first_rows[4].id, more[0].id, more[1].id});
  CHECK(ids(value(f.journal->planned(second, f.mailbox, 0, 100))) == ids(second_rows));
  f.intend({first_rows[0], first_rows[1]});
  CHECK(ids(value(f.journal->planned(f.folder, f.mailbox, 0, 1))) ==
        std::vector<MessageId>{first_rows[2].id});
  CHECK(value(f.journal->planned(f.folder, f.mailbox, more[1].id, 1)).empty());
  CHECK(value(f.journal->planned(99, f.mailbox, 0, 10)).empty());
  CHECK(value(f.journal->last_message(f.folder)).value().id == more[1].id);
  CHECK(value(f.journal->last_message(second)).value().id == second_rows[1].id);
  CHECK_FALSE(value(f.journal->last_message(99)));
}

TEST_CASE("counts add up by state and mailbox") {
  Fixture f;
  const MailboxId other = value(f.journal->add_mailbox({.name = "B"}));
  std::vector<MessageRow> rows;
  for (std::uint64_t i = 0; i < 6; ++i) {
    rows.push_back(sample(f.folder, i % 2 == 0 ? f.mailbox : other, i));
    rows.back().wire_size = 100 + i;
  }
  rows[4].state = State::skipped;
  f.add(rows);
  f.intend({rows[0], rows[2]});
  done(f.journal->commit({.stored = {{rows[0].id, 5}, {rows[2].id, 0}}}));
  f.intend({rows[1]});
  done(f.journal->commit({.refused = {{rows[3].id, "no", "NO it is"}}}));
  const MailboxCounts mine = value(f.journal->counts(f.mailbox));
  CHECK(mine.stored.messages == 2);
  CHECK(mine.stored.bytes == 202);
  CHECK(mine.skipped.messages == 1);
  CHECK(mine.planned.messages == 0);
  const MailboxCounts theirs = value(f.journal->counts(other));
  CHECK(theirs.intended.messages == 1);
  CHECK(theirs.intended.bytes == 101);
  CHECK(theirs.refused.messages == 1);
  CHECK(theirs.planned.messages == 1);
  CHECK(value(f.journal->counts(0)).stored.messages == 2);
  CHECK(value(f.journal->counts(0)).refused.bytes == 103);
}

TEST_CASE("the ledger is sorted by UID and a visitor may use the journal") {
  Fixture f;
  const auto rows = f.add_samples(2500);
  f.intend(rows);
  std::vector<Stored> stored;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    stored.push_back({rows[i].id, static_cast<Uid>(i == 0 ? 0 : 10000 - i)});
  }
  done(f.journal->commit({.stored = stored}));
  Uid last = 0;
  std::size_t visited = 0;
  done(f.journal->ledger(f.mailbox, [&](const MessageRow& row) -> Result<void> {
    CHECK(row.uid > last);
    last = row.uid;
    ++visited;
    return f.journal->set_note("at", fmt::format("{}", row.uid));
  }));
  CHECK(visited == 2499);
  CHECK(last == 9999);
  CHECK(value(f.journal->note("at")).value() == "9999");

  MessageId previous = 0;
  visited = 0;
  done(f.journal->each(State::stored, f.mailbox, [&](const MessageRow& row) -> Result<void> {
    CHECK(row.id > previous);
    previous = row.id;
    ++visited;
    return f.journal->set_note("id", fmt::format("{}", row.id));
  }));
  CHECK(visited == 2500);
}

TEST_CASE("a visitor's error ends the walk and is passed on") {
  Fixture f;
  f.add_samples(3);
  int visited = 0;
  const auto result = f.journal->each(State::planned, 0, [&](const MessageRow&) -> Result<void> {
    ++visited;
    return Error{.code = ErrorCode::interrupted, .what = "stop", .hint = {}};
  });
  CHECK(failure(result).code == ErrorCode::interrupted);
  CHECK(visited == 1);
}

TEST_CASE("a message costs at most 120 bytes in the file, stored or not") {
  Fixture f;
  constexpr std::size_t kMessages = 200'000;
  constexpr std::size_t kChunk = 5'000;
  const auto size = [&] {
    f.reopen();
    f.journal.reset();
    const auto bytes = std::filesystem::file_size(f.path());
    f.reopen();
    return static_cast<double>(bytes) / kMessages;
  };
  for (std::size_t i = 0; i < kMessages; i += kChunk) f.add_samples(kChunk, i);
  const double indexed = size();
  MessageId after = 0;
  Uid uid = 1;
  while (true) {
    const auto rows = value(f.journal->planned(f.folder, f.mailbox, after, kChunk));
    if (rows.empty()) break;
    after = rows.back().id;
    f.intend(rows, uid);
    Step step;
    for (const MessageRow& row : rows) step.stored.push_back({row.id, uid++});
    done(f.journal->commit(step));
  }
  const double stored = size();
  WARN(fmt::format("bytes a message: {:.1f} indexed, {:.1f} stored", indexed, stored));
  CHECK(value(f.journal->counts(f.mailbox)).stored.messages == kMessages);
  CHECK(indexed <= 120);
  CHECK(stored <= 120);
}

TEST_CASE("folders and mailboxes are kept in memory, and have a bound that the advice names") {
  Fixture f;
  const std::string part(100'000, 'x');
  int added = 1;
  auto last = f.journal->add_mailbox({.name = part});
  for (; last && added < 2000; ++added) last = f.journal->add_mailbox({.name = part});
  CHECK(added < 1100);
  const Error error = failure(last);
  CHECK(error.code == ErrorCode::configuration);
  CHECK(error.what.find("more mailboxes than one job keeps") != std::string::npos);
  CHECK(error.hint.find("--include") != std::string::npos);
}
