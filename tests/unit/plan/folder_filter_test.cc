// SPDX-License-Identifier: Apache-2.0
// Includes and excludes.
#include "mboxferry/plan/folder_filter.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::plan;

namespace {

FolderFilter filter(std::vector<std::string> include, std::vector<std::string> exclude) {
  auto made = FolderFilter::create(std::move(include), std::move(exclude));
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace

TEST_CASE("without any rule every folder is moved") {
  CHECK(filter({}, {}).admits("Archive/2019"));
}

TEST_CASE("an exclude holds for the folder and all that is below it") {
  const auto rules = filter({}, {"Archive", "*/tmp"});
  CHECK_FALSE(rules.admits("Archive"));
  CHECK_FALSE(rules.admits("Archive/2019/May"));
  CHECK_FALSE(rules.admits("Work/tmp/x"));
  CHECK(rules.admits("Archives"));
  CHECK(rules.admits("Work/Archive"));
}

TEST_CASE("an include leaves everything else out, and an exclude beats it") {
  const auto rules = filter({"Archive/*", "INBOX"}, {"*/2020"});
  CHECK(rules.admits("Archive/2019"));
  CHECK(rules.admits("Archive/2019/May"));
  CHECK(rules.admits("INBOX/x"));
  CHECK_FALSE(rules.admits("Archive"));
  CHECK_FALSE(rules.admits("Archive/2020/May"));
  CHECK_FALSE(rules.admits("Work"));
}

TEST_CASE("accents match in either spelling") {
  CHECK(filter({"\u00c9t?"}, {}).admits("E\u0301te\u0301"));
}

TEST_CASE("a wildcard that no folder can match is refused") {
  CHECK_FALSE(FolderFilter::create({""}, {}));
  CHECK_FALSE(FolderFilter::create({}, {"/"}));
  const auto bad = FolderFilter::create({"\xff"}, {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == ErrorCode::usage);
}
