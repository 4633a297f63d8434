// SPDX-License-Identifier: Apache-2.0
// What the columns of an accounts file mean.
#include "mboxferry/job/accounts.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::job;

namespace {

const std::vector<std::string> kOptions{"host", "port", "user", "mailbox", "password-file", "map"};

struct Written {
  test::TemporaryFolder folder;
  std::string path = folder.path() + "/accounts.csv";

  explicit Written(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  [[nodiscard]] AccountsFile open() const {
    auto file = AccountsFile::open(path, kOptions);
    REQUIRE(file);
    return std::move(*file);
  }
};

AccountRow next(AccountsFile& file) {
  auto row = file.next();
  REQUIRE(row);
  REQUIRE(*row);
  return std::move(**row);
}

}  // namespace

TEST_CASE("columns are options by name, in any case, with _ or -") {
  const Written written("Archive,HOST,User,Password_File,mailbox\na.mbox,h,u,p.txt,\n");
  AccountsFile file = written.open();
  REQUIRE(file.header_problems().empty());
  const AccountRow row = next(file);
  CHECK(row.values.at("archive") == "a.mbox");
  CHECK(row.values.at("password-file") == "p.txt");
  CHECK(!row.values.contains("mailbox"));
  CHECK(!row.password);
}

TEST_CASE("a row of separators only is empty, however many they are") {
  const Written written("archive,host,user\na.mbox,h,u\n,\n,,,,\n , \nb.mbox,h\n");
  AccountsFile file = written.open();
  next(file);
  for (int i = 0; i < 3; ++i) {
    const AccountRow row = next(file);
    CHECK(row.problem.empty());
    CHECK(row.values.empty());
  }
  CHECK(next(file).problem == "has 2 fields, the header has 3");
}

TEST_CASE("a password is kept apart from what may be shown") {
  const Written written("archive,user,password\na,u,\" s,ecret \"\n");
  AccountsFile file = written.open();
  const AccountRow row = next(file);
  REQUIRE(row.password);
  CHECK(row.password->reveal() == " s,ecret ");
  CHECK(row.values.size() == 2);
}

TEST_CASE("Microsoft's columns are understood") {
  const Written written("EmailAddress,UserName,Password\na@b.example,a,x\nc@b.example,,y\n");
  AccountsFile file = written.open();
  REQUIRE(file.header_problems().empty());
  const AccountRow first = next(file);
  CHECK(first.values.at("address") == "a@b.example");
  CHECK(first.values.at("user") == "a");
  CHECK(next(file).values.at("user") == "c@b.example");
}

TEST_CASE("everything wrong with a header is told, and nothing that may be a secret") {
  const Written written("archive,flavour,archive,S3cret!\n");
  const AccountsFile file = written.open();
  const auto& problems = file.header_problems();
  REQUIRE(problems.size() == 4);
  CHECK(problems[0].find("flavour") == std::string::npos);
  CHECK(problems[0].find("number 2") != std::string::npos);
  CHECK(problems[1].find("twice") != std::string::npos);
  CHECK(problems[2].find("S3cret") == std::string::npos);
  CHECK(problems[2].find("number 4") != std::string::npos);
  CHECK(problems[3].find("user") != std::string::npos);
}

TEST_CASE("names of unknown columns are kept of a header alone") {
  const auto unknown = [](const std::string& text) {
    return Written(text).open().unknown_columns();
  };
  CHECK(unknown("archive,hots,user,mailbox\n") == std::vector<std::string>{"hots"});
  CHECK(unknown("archive,hots,user,mailbox\ra,h,secret,m\r") == std::vector<std::string>{"hots"});
  CHECK(unknown("archive,hots,user,a.mbox\n").empty());
  CHECK(unknown("archive,user,password,inbox,anna,secret\n").empty());
  CHECK(unknown("archive,user,password,inbox,user,secret\n").empty());
  CHECK(Written("archive,user,secret,other,third,words\n").open().has_unknown_columns());
}

TEST_CASE("a row with too few or too many fields is told") {
  const Written written("archive,user\na\na,b,c\na,b\n");
  AccountsFile file = written.open();
  CHECK(!next(file).problem.empty());
  CHECK(!next(file).problem.empty());
  CHECK(next(file).problem.empty());
}

TEST_CASE("a row that has gone is no other row") {
  const Written written("archive,user\na,b\n");
  AccountsFile file = written.open();
  const auto row = file.at(9, 500);
  REQUIRE(row);
  CHECK(!row->problem.empty());
}

TEST_CASE("an empty file is said") {
  const Written written("\n\n");
  CHECK(!AccountsFile::open(written.path, kOptions));
}
