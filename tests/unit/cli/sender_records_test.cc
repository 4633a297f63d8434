// SPDX-License-Identifier: Apache-2.0
// Records of pushes to a provider.
#include "cli/sender_records.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::cli;
using mboxferry::test::TemporaryFolder;

namespace {

const provider::SenderRecord kRecord{
    {{"a@x"}, {"*@\"y\\", "b\xc3\xbc@z"}}, {{{}, {"c@x"}}, {{"d@x"}, {}}}, true};

}  // namespace

TEST_CASE("a record is read as it was written, and found again") {
  const TemporaryFolder folder;
  const SenderRecords records(folder.path(), "https://api.example/1/mail_hostings/7");
  CHECK(records.load("alice")->has_value() == false);
  CHECK(records.mailboxes()->empty());
  REQUIRE(records.save("alice", kRecord));
  REQUIRE(records.save("al/ice", {}));
  const auto found = records.load("alice");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK(**found == kRecord);
  CHECK(*records.mailboxes() == std::vector<std::string>{"al/ice", "alice"});
  const SenderRecords others(folder.path(), "https://api.example/1/mail_hostings/8");
  CHECK(others.mailboxes()->empty());
  REQUIRE(records.remove("alice"));
  REQUIRE(records.remove("alice"));
  CHECK(records.load("alice")->has_value() == false);
}

TEST_CASE("what is no record is none") {
  const std::string text = record_text("service", "alice", kRecord);
  REQUIRE(record_from_text(text));
  CHECK(record_from_text(text)->mailbox == "alice");
  CHECK(!record_from_text(""));
  CHECK(!record_from_text("{}"));
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    CHECK(!record_from_text(text.substr(0, size)));
  CHECK(!record_from_text(R"({"mboxferry":"sender record 1","service":1})"));
}
