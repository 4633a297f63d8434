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
  CHECK(csv_field("two\r\nlines") == "two\\x0d\\x0alines");
  CHECK(csv_field("=1+1") == "'=1+1");
  CHECK(csv_field("+49") == "'+49");
  CHECK(csv_field("-1") == "'-1");
  CHECK(csv_field("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_field("\t=1") == "\\x09=1");
  CHECK(csv_field("\n=1") == "\\x0a=1");
  CHECK(csv_field(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(csv_field(std::string_view("\0=1", 3)) == "\\x00=1");
  CHECK(csv_field("a\u202eb\u0085") == "a\\u202eb\\u0085");
}
