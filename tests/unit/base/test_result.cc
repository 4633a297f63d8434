// SPDX-License-Identifier: Apache-2.0
// Results and how errors travel in them.
#include <catch2/catch.hpp>
#include <memory>

#include "mboxferry/base/result.h"

namespace mboxferry {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::usage, "odd", "use an even number"};
  return number / 2;
}

Result<std::unique_ptr<int>> quarter(int number) {
  MBOXFERRY_ASSIGN(const int once, half(number));
  int twice = 0;
  MBOXFERRY_ASSIGN(twice, half(once));
  MBOXFERRY_TRY(half(0));
  return std::make_unique<int>(twice);
}

Result<void> must_be_even(int number) {
  MBOXFERRY_TRY(half(number));
  return ok();
}

TEST_CASE("values and errors pass through functions") {
  REQUIRE(quarter(8));
  CHECK(**quarter(8) == 2);
  REQUIRE_FALSE(quarter(6));
  CHECK(quarter(6).error().what == "odd");
  CHECK(must_be_even(4));
  REQUIRE_FALSE(must_be_even(3));
  CHECK(must_be_even(3).error().code == ErrorCode::usage);
}

TEST_CASE("an error by itself stops the job and is not tried again") {
  const Error error{ErrorCode::io, "what", ""};
  CHECK(error.scope == ErrorScope::job);
  CHECK(error.retry.when == Retry::When::never);
}

TEST_CASE("a user sees what failed, and the hint when there is one") {
  CHECK(describe(Error{ErrorCode::io, "cannot read a", "check the disk"}) ==
        "cannot read a; check the disk");
  CHECK(describe(Error{ErrorCode::io, "cannot read a", ""}) == "cannot read a");
}

}  // namespace
}  // namespace mboxferry
