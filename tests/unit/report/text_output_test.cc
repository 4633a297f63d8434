// SPDX-License-Identifier: Apache-2.0
// Spools, whole files and the JSON writer.
#include "mboxferry/report/text_output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mboxferry/report/json_stream.h"
#include "report_test_support.h"

using namespace mboxferry;
using namespace mboxferry::report;
namespace fs = std::filesystem;

TEST_CASE("a spool gives back what it took, beyond what it keeps in memory") {
  Spool spool;
  std::string expected;
  for (int i = 0; i < 30'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    REQUIRE(spool.write(line));
    expected += line;
  }
  REQUIRE(spool.size() == expected.size());
  CHECK(text_of(spool) == expected);
  CHECK(text_of(spool) == expected);
  REQUIRE(spool.clear());
  CHECK(text_of(spool).empty());
  REQUIRE(spool.write("again"));
  CHECK(text_of(spool) == "again");
}

TEST_CASE("a spool that was spilled and emptied does not give old text back") {
  Spool spool;
  REQUIRE(spool.write(std::string(200'000, 'a')));
  REQUIRE(spool.clear());
  REQUIRE(spool.write(std::string(100'000, 'b')));
  CHECK(text_of(spool) == std::string(100'000, 'b'));
}

TEST_CASE("a whole file appears only when it is committed") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/report.json";
  {
    auto file = WholeFile::create(path);
    REQUIRE(file);
    REQUIRE((*file)->write("half"));
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(fs::is_empty(folder.path()));
  auto file = WholeFile::create(path);
  REQUIRE(file);
  REQUIRE((*file)->write("whole"));
  REQUIRE((*file)->commit());
  CHECK(content_of(path) == "whole");
  file->reset();
  CHECK(content_of(path) == "whole");
}

TEST_CASE("a whole file replaces the old one, and an uncommitted one leaves it alone") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/report.json";
  const std::string old = R"({"schema":"mboxferry.report/1"})";
  std::ofstream(path) << old;
  {
    auto file = WholeFile::create(path);
    REQUIRE(file);
    REQUIRE((*file)->write("new"));
  }
  CHECK(content_of(path) == old);
  auto file = WholeFile::create(path);
  REQUIRE(file);
  REQUIRE((*file)->write("new"));
  REQUIRE((*file)->commit());
  CHECK(content_of(path) == "new");
}

TEST_CASE("a file of another kind is not replaced") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/report.json";
  for (const char* content : {"From a@b Mon Jan  1 00:00:00 2024\n", "{\"go\": true}", "x"}) {
    std::ofstream(path) << content;
    const auto file = WholeFile::create(path);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == ErrorCode::cannot_create);
    CHECK_FALSE(check_creatable(path));
    CHECK(content_of(path) == content);
  }
  std::ofstream(path) << "";
  CHECK(check_creatable(path));
}

TEST_CASE("a place that cannot be written is told before, and leaves nothing behind") {
  const TemporaryFolder folder;
  CHECK(check_creatable(folder.path() + "/report.json"));
  CHECK(fs::is_empty(folder.path()));
  const auto refused = check_creatable(folder.path() + "/absent/report.json");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::cannot_create);
  CHECK_FALSE(check_creatable(folder.path()));
  CHECK(check_creatable("/dev/null"));
}

TEST_CASE("a device is written directly") {
  auto file = WholeFile::create("/dev/null");
  REQUIRE(file);
  REQUIRE((*file)->write("x"));
  REQUIRE((*file)->commit());
  struct stat status {};
  REQUIRE(::stat("/dev/null", &status) == 0);
  CHECK(S_ISCHR(status.st_mode));
}

TEST_CASE("JSON text drives no terminal and says the same") {
  const std::string hostile = "a\x1b[31m\u0085\u202eb\u2066\x7f\u00e9";
  const std::string json = json_string(hostile);
  CHECK(json == "\"a\\u001b[31m\\u0085\\u202eb\\u2066\\u007f\u00e9\"");
  CHECK(nlohmann::json::parse(json) == hostile);
}

TEST_CASE("the JSON writer places commas and escapes everything") {
  Spool inner;
  JsonStream list(inner);
  list.begin_array().text("a").number(1).end_array();
  Spool out;
  JsonStream json(out);
  json.begin_object()
      .member("text", "quote \" backslash \\ line\n zero ")
      .member("big", std::uint64_t{18446744073709551615u})
      .member("yes", true);
  json.key("none").null().key("rate").decimal(1.25).key("nan").decimal(0.0 / 0.0);
  json.key("empty").begin_array().end_array();
  json.key("list").spooled(inner);
  json.key("objects").begin_array();
  json.begin_object().end_object().begin_object().member("n", 2u).end_object();
  json.end_array().end_object().end_line();
  REQUIRE(json.result());
  const auto parsed = nlohmann::json::parse(text_of(out));
  CHECK(parsed["text"] == "quote \" backslash \\ line\n zero ");
  CHECK(parsed["big"] == 18446744073709551615u);
  CHECK(parsed["yes"] == true);
  CHECK(parsed["none"].is_null());
  CHECK(parsed["rate"] == 1.25);
  CHECK(parsed["nan"] == 0.0);
  CHECK(parsed["empty"].empty());
  CHECK(parsed["list"] == nlohmann::json::parse(R"(["a",1])"));
  CHECK(parsed["objects"].size() == 2);
}

TEST_CASE("bytes that are no UTF-8 become valid JSON") {
  const std::string text = json_string(std::string("a\xff\xc3(\0z", 6));
  CHECK_NOTHROW(nlohmann::json::parse(text));
}

TEST_CASE("the first failing write is kept") {
  const TemporaryFolder folder;
  DescriptorOutput closed(-1, "nowhere");
  JsonStream json(closed);
  json.begin_array();
  for (int i = 0; i < 20'000; ++i) json.text("0123456789");
  json.end_array();
  REQUIRE_FALSE(json.result());
  CHECK(json.result().error().code == ErrorCode::io);
}
