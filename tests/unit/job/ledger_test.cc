// SPDX-License-Identifier: Apache-2.0
// Whose turn it is, and what is kept between runs.
#include "mboxferry/job/ledger.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::job;
using namespace std::chrono_literals;

namespace {

NewEntry account(int number, const std::string& place = "h:993", std::uint64_t size = 100) {
  NewEntry entry;
  entry.user = fmt::format("u{}", number);
  entry.host = "h";
  entry.place = place;
  entry.account = entry.user + "@" + place;
  entry.key = entry.account + "\n\na";
  entry.line = static_cast<std::uint64_t>(number) + 2;
  entry.offset = static_cast<std::uint64_t>(number) * 10;
  entry.size = size;
  entry.archive_stamp = "1";
  entry.credentials_stamp = "1";
  return entry;
}

std::unique_ptr<Ledger> opened(const std::string& path = "") {
  auto ledger = Ledger::open(path);
  REQUIRE(ledger);
  return std::move(*ledger);
}

void fill(Ledger& ledger, const std::vector<NewEntry>& entries, const Ledger::Choice& choice = {}) {
  REQUIRE(ledger.begin(choice));
  for (const NewEntry& entry : entries) {
    const auto earlier = ledger.add(entry);
    REQUIRE(earlier);
    REQUIRE(!*earlier);
  }
  REQUIRE(ledger.end());
}

const Ledger::TimePoint kStart{};

std::optional<Entry> take(Ledger& ledger, int per_place = 9, Ledger::TimePoint now = kStart) {
  auto entry = ledger.take(per_place, now);
  REQUIRE(entry);
  return std::move(*entry);
}

void settle(Ledger& ledger, const Entry& entry, AccountState state, bool down = false,
            Ledger::TimePoint now = kStart) {
  Outcome outcome;
  outcome.state = state;
  outcome.server_is_down = down;
  REQUIRE(ledger.settle(entry, outcome, now));
}

/// Runs all that wait, each with this end.
std::vector<std::string> run_all(Ledger& ledger, AccountState state = AccountState::complete) {
  std::vector<std::string> users;
  while (const auto entry = take(ledger)) {
    users.push_back(entry->user);
    settle(ledger, *entry, state);
  }
  return users;
}

using Users = std::vector<std::string>;

}  // namespace

TEST_CASE("large archives come first, or as in the file") {
  const std::vector<NewEntry> entries{account(0, "h:993", 5), account(1, "h:993", 50),
                                      account(2, "h:993", 20)};
  const auto ledger = opened();
  SECTION("by size") {
    fill(*ledger, entries);
    CHECK(run_all(*ledger) == Users{"u1", "u2", "u0"});
  }
  SECTION("in order") {
    fill(*ledger, entries, {"", false, false});
    CHECK(run_all(*ledger) == Users{"u0", "u1", "u2"});
  }
}

TEST_CASE("places take turns, and each has only so many at work") {
  const auto ledger = opened();
  fill(*ledger,
       {account(0, "a:993"), account(1, "a:993"), account(2, "a:993"), account(3, "b:993")});
  const auto first = take(*ledger, 2);
  const auto second = take(*ledger, 2);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->place != second->place);
  REQUIRE(take(*ledger, 2));
  CHECK(!take(*ledger, 2));
  settle(*ledger, *(first->place == "a:993" ? first : second), AccountState::complete);
  CHECK(take(*ledger, 2));
}

TEST_CASE("two archives of one account are never at work together") {
  const auto ledger = opened();
  NewEntry other = account(0);
  other.key += "2";
  other.offset = 5;
  fill(*ledger, {account(0), other});
  const auto first = take(*ledger);
  REQUIRE(first);
  CHECK(!take(*ledger));
  settle(*ledger, *first, AccountState::complete);
  CHECK(take(*ledger));
}

TEST_CASE("the same account, mailbox and archive twice is told with the earlier line") {
  const auto ledger = opened();
  REQUIRE(ledger->begin({}));
  REQUIRE(ledger->add(account(0)));
  const auto earlier = ledger->add(account(0));
  REQUIRE(earlier);
  REQUIRE(*earlier);
  CHECK(**earlier == 2);
}

TEST_CASE("another run does what is left") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/x.ledger";
  const auto run = [&](const std::vector<NewEntry>& entries, AccountState state,
                       const Ledger::Choice& choice = {}) {
    const auto ledger = opened(path);
    fill(*ledger, entries, choice);
    return run_all(*ledger, state).size();
  };
  const auto state = GENERATE(AccountState::complete, AccountState::refused, AccountState::later,
                              AccountState::login_refused, AccountState::failed);
  CHECK(run({account(0)}, state) == 1);
  NewEntry changed = account(0);
  SECTION("nothing changed") {
    const bool again = state == AccountState::later || state == AccountState::failed;
    CHECK(run({account(0)}, state) == (again ? 1 : 0));
  }
  SECTION("a row was added") { CHECK(run({account(0), account(1)}, state) >= 1); }
  SECTION("the credentials changed") {
    changed.credentials_stamp = "2";
    const bool again = state != AccountState::complete && state != AccountState::refused;
    CHECK(run({changed}, state) == (again ? 1 : 0));
  }
  SECTION("the archive grew") {
    changed.archive_stamp = "2";
    CHECK(run({changed}, state) == (state == AccountState::login_refused ? 0 : 1));
  }
  SECTION("what failed is to be tried again") {
    CHECK(run({account(0)}, state, {"", true, true}) == (state == AccountState::complete ? 0 : 1));
  }
}

TEST_CASE("what ran when the process died waits again") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/x.ledger";
  {
    const auto ledger = opened(path);
    fill(*ledger, {account(0)});
    REQUIRE(take(*ledger));
  }
  const auto ledger = opened(path);
  fill(*ledger, {account(0)});
  CHECK(take(*ledger));
}

TEST_CASE("only those whose user matches take part") {
  const auto ledger = opened();
  fill(*ledger, {account(1), account(2), account(12)}, {"*2", false, false});
  CHECK(run_all(*ledger) == Users{"u2", "u12"});
  CHECK(ledger->standing()->accounts == 2);
}

TEST_CASE("a server that is down is left alone for all its accounts, then given up") {
  const auto ledger = opened();
  fill(*ledger, {account(0, "down:993"), account(1, "down:993"), account(2, "up:993")});
  Ledger::TimePoint now = kStart;
  int tries = 0;
  int others = 0;
  while (ledger->standing()->waiting > 0 && tries < 100) {
    const auto entry = take(*ledger, 9, now);
    if (!entry) {
      now += 10s;
      continue;
    }
    const bool down = entry->place == "down:993";
    (down ? tries : others) += 1;
    settle(*ledger, *entry, down ? AccountState::waiting : AccountState::complete, down, now);
    // Not at once.
    if (down) CHECK(!take(*ledger, 9, now + 1s).value_or(Entry{}).place.starts_with("down"));
  }
  CHECK(tries == 4);
  CHECK(ledger->standing()->later == 2);
  CHECK(now < kStart + 10min);
}

TEST_CASE("where each account has a server of its own, one that is down holds up nobody") {
  const auto ledger = opened();
  constexpr int kMany = 300;
  std::vector<NewEntry> entries;
  for (int number = 0; number < kMany; ++number)
    entries.push_back(account(number, fmt::format("h{}:993", number)));
  fill(*ledger, entries);
  Users users;
  const auto down = take(*ledger);
  settle(*ledger, *down, AccountState::waiting, true);
  users = run_all(*ledger);
  CHECK(users.size() == kMany - 1);
  CHECK(ledger->standing()->waiting == 1);
  const auto again = take(*ledger, 9, kStart + 1min);
  REQUIRE(again);
  CHECK(again->user == down->user);
  settle(*ledger, *again, AccountState::complete);
  CHECK(!take(*ledger, 9, kStart + 1h));
}

TEST_CASE("a ledger that another process has is said") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/x.ledger";
  const auto ledger = opened(path);
  const auto second = Ledger::open(path);
  REQUIRE(!second);
  CHECK(second.error().code == ErrorCode::journal_locked);
}

TEST_CASE("a ledger is looked at while another process works with it, and afterwards") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/x.ledger";
  const auto users = [&] {
    const auto reader = Ledger::open_to_read(path);
    REQUIRE(reader);
    std::string seen;
    REQUIRE((*reader)->each_named([&](const Entry& entry) -> Result<void> {
      seen += fmt::format("{} {} {}, ", entry.user, account_state_name(entry.state), entry.journal);
      return ok();
    }));
    return seen;
  };
  CHECK(!Ledger::open_to_read(path));
  {
    const auto ledger = opened(path);
    NewEntry second = account(1);
    second.journal = "u1.journal";
    fill(*ledger, {account(0), second}, {.only = "u1"});
    CHECK(users() == "u0 waiting , u1 waiting u1.journal, ");
    REQUIRE(take(*ledger));
    CHECK(users() == "u0 waiting , u1 running u1.journal, ");
  }
  CHECK(users() == "u0 waiting , u1 running u1.journal, ");
}

TEST_CASE("a ledger is looked at where nothing can be written") {
  constexpr uid_t kNobody = 65534;
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/x.ledger";
  fill(*opened(path), {account(0)});
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(kNobody) == 0);
  const auto refused = Ledger::open_to_read(path);
  const auto reader = Ledger::open_to_read(path, true);
  if (root) REQUIRE(::seteuid(0) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::configuration);
  REQUIRE(reader);
  CHECK((*reader)->standing()->accounts == 1);
}

TEST_CASE("ten thousand accounts are counted and walked through in order") {
  const auto ledger = opened();
  REQUIRE(ledger->begin({}));
  for (int i = 9'999; i >= 0; --i) REQUIRE(ledger->add(account(i, fmt::format("h{}:993", i % 7))));
  REQUIRE(ledger->end());
  CHECK(ledger->standing()->accounts == 10'000);
  std::uint64_t seen = 0;
  REQUIRE(ledger->each([&](const Entry& entry) -> Result<void> {
    CHECK(entry.offset == seen++ * 10);
    return ok();
  }));
  CHECK(seen == 10'000);
}

TEST_CASE("rows that are spelled in another way are found in one reading, and forgotten after it") {
  const auto ledger = std::move(*Ledger::open(""));
  const auto like = [&](const std::string& host, std::uint64_t line, std::int64_t likeness) {
    NewEntry entry = account(0);
    entry.account = "u@" + host + ":993";
    entry.host = host;
    entry.line = line;
    entry.likeness = likeness;
    return std::move(*ledger->others_like(entry));
  };
  REQUIRE(ledger->begin({}));
  CHECK(like("a", 2, 7).empty());
  CHECK(like("b", 3, 8).empty());
  const auto others = like("c", 4, 7);
  REQUIRE(others.size() == 1);
  CHECK(others.front().account == "u@a:993");
  CHECK(others.front().host == "a");
  CHECK(others.front().line == 2);
  for (std::uint64_t line = 5; line < 30; ++line)
    CHECK(like(std::to_string(line), line, 7).size() <= 8);
  REQUIRE(ledger->end());
  REQUIRE(ledger->begin({}));
  CHECK(like("c", 4, 7).empty());
  REQUIRE(ledger->end());
}
