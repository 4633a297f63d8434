// SPDX-License-Identifier: Apache-2.0
// Rows, their places, and what is wrong with them.
#include "mboxferry/job/csv.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::job;

namespace {

using Fields = std::vector<std::string>;

struct WrittenCsv {
  test::TemporaryFolder folder;
  std::string path = folder.path() + "/x.csv";

  explicit WrittenCsv(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  [[nodiscard]] std::vector<CsvRow> rows() const {
    auto file = CsvFile::open(path);
    REQUIRE(file);
    std::vector<CsvRow> rows;
    for (;;) {
      auto row = file->next();
      REQUIRE(row);
      if (!*row) return rows;
      rows.push_back(std::move(**row));
    }
  }
};

}  // namespace

TEST_CASE("comma or semicolon, LF or CRLF, with or without a byte order mark") {
  const std::string separator = GENERATE(",", ";", "\t");
  const std::string line_end = GENERATE("\n", "\r\n", "\r");
  const std::string mark = GENERATE("", "\xef\xbb\xbf");
  const WrittenCsv file(mark + "a" + separator + "b" + line_end + "1" + separator + "2" + line_end);
  const auto rows = file.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].fields == Fields{"a", "b"});
  CHECK(rows[1].fields == Fields{"1", "2"});
  CHECK(rows[1].line == 2);
  CHECK(rows[1].offset == mark.size() + 3 + line_end.size());
}

TEST_CASE("CR ends a line wherever the buffer ends") {
  const std::string line_end = GENERATE("\r", "\r\n");
  // Around 64 KiB, which is read at once.
  for (std::size_t size = 65'520; size < 65'545; ++size) {
    std::string text = "a,b" + line_end;
    while (text.size() + 1'000 < size) text += "1," + std::string(900, 'x') + line_end;
    text += "1," + std::string(size - text.size() - 2, 'y') + line_end;
    text += "3,\"4" + line_end + "5\"" + line_end;
    const auto rows = WrittenCsv(text).rows();
    REQUIRE(rows.size() > 3);
    for (const CsvRow& row : rows) CHECK(row.fields.size() == 2);
    CHECK(rows.back().fields[1] == "4" + line_end + "5");
    CHECK(rows.back().line == rows.size());
  }
}

TEST_CASE("a quoted field may hold separators, quotes and line ends; lines are counted on") {
  const WrittenCsv file("a,b\n\"x,\"\"y\"\"\n;z\",2\n\n  \nlast,3");
  const auto rows = file.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].fields == Fields{"x,\"y\"\n;z", "2"});
  CHECK(rows[1].line == 2);
  CHECK(rows[2].fields == Fields{"last", "3"});
  CHECK(rows[2].line == 6);
}

TEST_CASE("a bad row is told with its line, and those behind it are read") {
  const std::string bad = GENERATE(std::string("a\"b,2"), std::string("\"a\"b,2"),
                                   std::string("nul\0,2", 6), std::string("latin\xe9,2"));
  const WrittenCsv file("h,i\n" + bad + "\n3,4\n");
  const auto rows = file.rows();
  REQUIRE(rows.size() == 3);
  CHECK(!rows[1].problem.empty());
  CHECK(rows[1].line == 2);
  CHECK(rows[2].fields == Fields{"3", "4"});
  CHECK(rows[2].line == 3);
}

TEST_CASE("a quote that is never closed is one problem, and no row is swallowed by it") {
  std::string text = "h,i\n\"open,2\n";
  SECTION("at the end") { text += "3,4\n5,6\n"; }
  SECTION("far from the end") {
    text += "3,4\n5,6\n";
    for (int i = 0; i < 40'000; ++i) text += "7,8\n";
  }
  const auto rows = WrittenCsv(text).rows();
  REQUIRE(rows.size() >= 4);
  CHECK(!rows[1].problem.empty());
  CHECK(rows[2].fields == Fields{"3", "4"});
  CHECK(rows[3].fields == Fields{"5", "6"});
}

TEST_CASE("a row of any length is bounded") {
  const auto rows = WrittenCsv("h,i\n" + std::string(300'000, 'x') + ",1\n3,4\n").rows();
  REQUIRE(rows.size() >= 3);
  CHECK(!rows[1].problem.empty());
  CHECK(rows.back().fields == Fields{"3", "4"});
}

TEST_CASE("a row is found again at its place") {
  const WrittenCsv written("h,i\n\"1\n1\",2\n3,4\n");
  auto file = CsvFile::open(written.path);
  REQUIRE(file);
  const auto rows = written.rows();
  REQUIRE(file->seek(rows[2].line, rows[2].offset));
  auto again = file->next();
  REQUIRE(again);
  REQUIRE(*again);
  CHECK((*again)->fields == rows[2].fields);
  CHECK((*again)->line == 4);
}

TEST_CASE("a file that others can read is known") {
  const WrittenCsv written("h\n");
  for (const auto& [mode, shown] : {std::pair{0600, false}, {0640, true}, {0604, true}}) {
    REQUIRE(::chmod(written.path.c_str(), static_cast<mode_t>(mode)) == 0);
    const auto file = CsvFile::open(written.path);
    REQUIRE(file);
    CHECK(*file->others_can_read() == shown);
  }
}

TEST_CASE("a file that is not there is said") {
  const auto file = CsvFile::open("/nowhere/x.csv");
  REQUIRE(!file);
  CHECK(file.error().code == ErrorCode::configuration);
}
