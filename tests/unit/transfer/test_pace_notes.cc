// SPDX-License-Identifier: Apache-2.0
// What a job notes about its pace, for the chart of a report.
#include <catch2/catch.hpp>
#include <map>

#include "transfer/upload/send_context.h"

using namespace mboxferry;
using transfer::SendRecord;

namespace {

class Wristwatch final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return 1'700'000'000 + seconds_; }
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
  }
  void sleep(std::chrono::milliseconds duration) override { seconds_ += duration.count() / 1000; }

 private:
  std::int64_t seconds_ = 0;
};

using Notes = std::map<std::string, std::string>;

Notes notes_of(const journal::Journal& journal) {
  Notes notes;
  REQUIRE(
      journal.each_note(journal::kPaceNote, [&](const std::string& name, const std::string& value) {
        notes[name] = value;
        return ok();
      }));
  return notes;
}

}  // namespace

TEST_CASE("a job notes its pace at both ends and every few seconds, and seldom in a long run") {
  const auto opened = journal::Journal::open("", journal::OpenMode::scratch);
  REQUIRE(opened);
  journal::Journal& journal = **opened;
  REQUIRE(journal.set_note("pac", "before"));
  REQUIRE(journal.set_note("pacf", "behind"));
  Wristwatch clock;
  SendRecord record;
  const auto note = [&](std::uint64_t messages, bool always) {
    REQUIRE(record.note_pace({messages, messages * 10}, always, clock, journal));
  };
  note(0, true);
  clock.sleep(std::chrono::seconds(4));
  note(7, false);
  CHECK(notes_of(journal) == Notes{{"pace.1700000000", "0 0"}});
  clock.sleep(std::chrono::seconds(1));
  note(9, false);
  clock.sleep(std::chrono::seconds(1));
  note(11, true);
  CHECK(notes_of(journal) == Notes{{"pace.1700000000", "0 0"},
                                   {"pace.1700000005", "9 90"},
                                   {"pace.1700000006", "11 110"}});
  // A week, with something stored in each second of it.
  for (int second = 0; second < 7 * 86'400; ++second) {
    clock.sleep(std::chrono::seconds(1));
    note(12, false);
  }
  const std::size_t count = notes_of(journal).size();
  CHECK(count > 200);
  CHECK(count < 3000);
}
