// SPDX-License-Identifier: Apache-2.0
// --map and its kin.
#include "cli/mapping_options.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "cli_test_support.h"

using namespace mboxferry;
using namespace mboxferry::cli;

namespace {

Result<Options> options_of(const Arguments& arguments) {
  OptionTable table;
  table.positional = "archive";
  auto group = option_group("all");
  add_folder_options(group);
  add_mapping_options(group);
  table.groups.push_back(group);
  return read_options(table, arguments);
}

Result<MappingSettings> read_mapping(const Arguments& arguments) {
  MBOXFERRY_ASSIGN(const Options options, options_of(arguments));
  return read_mapping_settings(options);
}

Result<FolderChoice> folders(const Arguments& arguments) {
  MBOXFERRY_ASSIGN(const Options options, options_of(arguments));
  return read_folder_choice(options);
}

Result<MappingSettings> read_file(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/map";
  std::ofstream(path, std::ios::binary) << content;
  return read_mapping({"--map-file", path});
}

}  // namespace

TEST_CASE("nothing said: no rules, special use on") {
  const auto settings = read_mapping({});
  REQUIRE(settings);
  CHECK(settings->rules.maps.empty());
  CHECK(settings->rules.subfolder.empty());
  CHECK(settings->rules.special_use);
  CHECK_FALSE(settings->labels);
  CHECK(folders({})->include.empty());
  CHECK(folders({})->exclude.empty());
}

TEST_CASE("every mapping option is read") {
  const auto settings =
      read_mapping({"--map", "Archive=Old", "--map=a\\=b\\c=INBOX/x=y", "--subfolder=Import",
            "--no-special-use", "--labels=all", "archive.mbox"});
  REQUIRE(settings);
  REQUIRE(settings->rules.maps.size() == 2);
  CHECK(settings->rules.maps[0].from == "Archive");
  CHECK(settings->rules.maps[0].to == "Old");
  CHECK(settings->rules.maps[1].from == "a=b\\c");
  CHECK(settings->rules.maps[1].to == "INBOX/x=y");
  CHECK(settings->rules.subfolder == "Import");
  CHECK_FALSE(settings->rules.special_use);
  CHECK(settings->labels == plan::LabelPolicy::all);
}

TEST_CASE("folders are chosen by wildcards, and ones that cannot be are refused") {
  const auto choice = folders({"--include=A*", "--include", "B", "--exclude", "A/tmp"});
  REQUIRE(choice);
  CHECK(choice->include == std::vector<std::string>{"A*", "B"});
  CHECK(choice->exclude == std::vector<std::string>{"A/tmp"});
  CHECK(folders({"--include="}).error().code == ErrorCode::usage);
  CHECK(folders({"--exclude=/"}).error().code == ErrorCode::usage);
}

TEST_CASE("each policy for labels has its name") {
  CHECK(read_mapping({"--labels=first"})->labels == plan::LabelPolicy::first);
  CHECK(read_mapping({"--labels=none"})->labels == plan::LabelPolicy::none);
  CHECK_FALSE(read_mapping({"--labels=some"}));
}

TEST_CASE("a map file has a rule a line, after those of the command line") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/map";
  std::ofstream(path, std::ios::binary) << "\xEF\xBB\xBF# my rules\r\n\r\nArchive = Old\r\n  # "
                                           "more\nE\\=mc2=Physics\n\xC3\x89t\xC3\xA9=Summer";
  const auto settings = read_mapping({"--map-file", path, "--map", "first=one"});
  REQUIRE(settings);
  const auto& maps = settings->rules.maps;
  REQUIRE(maps.size() == 4);
  CHECK(maps[0].from == "first");
  CHECK(maps[1].from == "Archive");
  CHECK(maps[1].to == "Old");
  CHECK(maps[2].from == "E=mc2");
  CHECK(maps[2].to == "Physics");
  CHECK(maps[3].from == "\xC3\x89t\xC3\xA9");
}

TEST_CASE("an empty map file has no rules") {
  const auto settings = read_file("");
  REQUIRE(settings);
  CHECK(settings->rules.maps.empty());
}

TEST_CASE("a line that is no rule is told with its number") {
  for (const std::string bad : {"no rule", "=to", "from=", "\xff=to"}) {
    const auto settings = read_file("# comment\n" + bad + "\n");
    REQUIRE_FALSE(settings);
    CHECK(settings.error().code == ErrorCode::configuration);
    CHECK(settings.error().what.find("line 2") != std::string::npos);
  }
}

TEST_CASE("a map file that cannot be read is told") {
  CHECK(read_mapping({"--map-file", "/nonexistent/map"}).error().code == ErrorCode::configuration);
  CHECK(read_mapping({"--map-file", "/"}).error().code == ErrorCode::configuration);
}

TEST_CASE("values that cannot be are refused before anything is opened") {
  for (const std::string bad : {"--map=x", "--map==x", "--map=x=", "--map=x\\=y", "--map=\xff=a"}) {
    INFO(bad);
    const auto settings = read_mapping({bad});
    REQUIRE_FALSE(settings);
    CHECK(settings.error().code == ErrorCode::usage);
  }
}
