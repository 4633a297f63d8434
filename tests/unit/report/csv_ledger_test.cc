// SPDX-License-Identifier: Apache-2.0
// Fields of the CSV ledger.
#include "mboxferry/report/csv_ledger.h"

#include <catch2/catch.hpp>

using mboxferry::report::csv_field;

TEST_CASE("a field is quoted when it has to be, and no formula") {
  CHECK(csv_field("").empty());
  CHECK(csv_field("INBOX") == "INBOX");
  CHECK(csv_field("a=b") == "a=b");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("a;b") == "\"a;b\"");
  CHECK(csv_field("say \"hi\"") == "\"say \"\"hi\"\"\"");
  CHECK(csv_field("two\r\nlines") == "\"two\r\nlines\"");
  CHECK(csv_field("=1+1") == "'=1+1");
  CHECK(csv_field("+49") == "'+49");
  CHECK(csv_field("-1") == "'-1");
  CHECK(csv_field("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_field("\t=1") == "'\t=1");
  CHECK(csv_field("\n=1") == "\"'\n=1\"");
  CHECK(csv_field(std::string_view("a\0b", 3)) == "ab");
  CHECK(csv_field(std::string_view("\0=1", 3)) == "'=1");
}
