// SPDX-License-Identifier: Apache-2.0
// Layers of options, and what they become.
#include "cli/options.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "cli/archive_options.h"
#include "cli/connection_options.h"
#include "cli/help.h"
#include "cli/state_place.h"
#include "cli_test_support.h"

using namespace mboxferry;
using namespace mboxferry::cli;

namespace {

namespace po = boost::program_options;

OptionTable table() {
  OptionTable table;
  table.positional = "archive";
  auto group = option_group("all");
  add_target_options(group);
  add_connection_options(group);
  add_password_options(group);
  add_reading_options(group);
  add_sending_options(group);
  group.add_options()("config", po::value<std::string>());
  table.groups.push_back(group);
  return table;
}

Result<Options> read(const Arguments& arguments) { return read_options(table(), arguments); }

Result<ConnectionSettings> read_connection(const Arguments& arguments) {
  MBOXFERRY_ASSIGN(const Options options, read(arguments));
  return read_connection_settings(options);
}

Result<transfer::IndexOptions> read_index(const Arguments& arguments) {
  MBOXFERRY_ASSIGN(const Options options, read(arguments));
  return read_index_options(options);
}

}  // namespace

TEST_CASE("options beat the environment, which beats the job file") {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/job.ini";
  std::ofstream(file)
      << "# a job\nhost = file.example\nuser = file\nport = 1\nca-file = /file.pem\n"
         "include-expunged = true\narchive = /mail/one\narchive = /mail/two\n";
  const EnvironmentVariable user("MBOXFERRY_USER", "environment");
  const EnvironmentVariable port("MBOXFERRY_PORT", "2");
  const EnvironmentVariable unknown("MBOXFERRY_CRASH_AT", "nowhere");
  const auto options = read({"--config", file, "--port=3"});
  REQUIRE(options);
  const auto settings = read_connection_settings(*options);
  REQUIRE(settings);
  CHECK(settings->host == "file.example");
  CHECK(settings->user == "environment");
  CHECK(settings->port == 3);
  CHECK(settings->ca_file == "/file.pem");
  CHECK(options->has_flag("include-expunged"));
  CHECK(archives_of(*options).value() == std::vector<std::string>{"/mail/one", "/mail/two"});
  CHECK(archives_of(*read({"--config", file, "three"})).value() ==
        std::vector<std::string>{"three"});
}

TEST_CASE("--to of a stronger layer beats --host of a weaker one") {
  const EnvironmentVariable host("MBOXFERRY_HOST", "weak");
  const EnvironmentVariable user("MBOXFERRY_USER", "weak");
  const auto settings = read_connection({"--to", "imaps://strong@host.example:99/Box"});
  REQUIRE(settings);
  CHECK(settings->host == "host.example");
  CHECK(settings->user == "strong");
  CHECK(settings->port == 99);
  CHECK(settings->mailbox == "Box");
}

TEST_CASE("a password source of a stronger layer replaces the weaker one's") {
  const EnvironmentVariable weak("MBOXFERRY_PASSWORD_FILE", "/weak");
  const auto settings = read_connection({"--password-env", "STRONG"});
  REQUIRE(settings);
  CHECK(settings->credentials.file.empty());
  CHECK(settings->credentials.environment == "STRONG");
  CHECK_FALSE(read_connection({"--password-env", "A", "--password-file", "b"}));
}

TEST_CASE("an unknown option is named without what follows it") {
  for (const Arguments& arguments :
       {Arguments{"--pass=hunter2"}, Arguments{"--password=hunter2"},
        Arguments{"--password", "hunter2"}, Arguments{"--passwd", "hunter2"}}) {
    const auto options = read(arguments);
    REQUIRE_FALSE(options);
    CHECK(options.error().code == ErrorCode::usage);
    CHECK(describe(options.error()).find("hunter2") == std::string::npos);
  }
  CHECK(describe(read({"--password=x"}).error()).find("--password-file") != std::string::npos);
}

TEST_CASE("a password in a job file is refused without repeating it") {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/job.ini";
  std::ofstream(file) << "password = hunter2\n";
  const auto options = read({"--config", file});
  REQUIRE_FALSE(options);
  CHECK(describe(options.error()).find("hunter2") == std::string::npos);
  CHECK(read({"--config", folder.path() + "/absent"}).error().code == ErrorCode::configuration);
}

TEST_CASE("a line of a job file without a value is named and not repeated") {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/job.ini";
  for (const char* line : {"hunter2", "password-file hunter2", "= hunter2", "[password\nhunter2",
                           "  hunter2 # x = y", "# x\nhunter2"}) {
    std::ofstream(file) << "host = h\n[all]\n\n" << line << "\n";
    const auto options = read({"--config", file});
    REQUIRE_FALSE(options);
    CHECK(options.error().code == ErrorCode::usage);
    const std::string told = describe(options.error());
    CHECK(told.find("hunter2") == std::string::npos);
    CHECK(told.find(line[0] == '#' ? "line 5" : "line 4") != std::string::npos);
  }
}

TEST_CASE("options are not guessed from their beginning") {
  CHECK_FALSE(read({"--hos", "x"}));
  CHECK_FALSE(read({"--password-f", "x"}));
}

TEST_CASE("arguments after -- are archives, whatever they look like") {
  const auto options = read({"--", "--help", "-x"});
  REQUIRE(options);
  CHECK(archives_of(*options).value() == std::vector<std::string>{"--help", "-x"});
  CHECK_FALSE(asks_for_help({"--", "--help"}));
  CHECK(asks_for_help({"a", "-h"}));
}

TEST_CASE("the port follows the kind of TLS unless it is given") {
  CHECK(make_account(*read_connection({"--to", "imaps://a@h"}))->port == 993);
  CHECK(make_account(*read_connection({"--to", "imaps://a@h", "--tls", "starttls"}))->port == 143);
  CHECK(make_account(*read_connection({"--to", "imaps://a@h:7", "--tls=starttls"}))->port == 7);
  CHECK_FALSE(make_account(*read_connection({"--host", "h"})));
  CHECK_FALSE(make_account(*read_connection({"--user", "u"})));
}

TEST_CASE("values that cannot be are refused") {
  for (const Arguments& arguments :
       {Arguments{"--port", "0"}, Arguments{"--port", "65536"}, Arguments{"--port", "-1"},
        Arguments{"--port", "x"}, Arguments{"--tls", "none"}, Arguments{"--timeout", "0"},
        Arguments{"--timeout", "99999999999999999999"}, Arguments{"--tls-pin", "abc"},
        Arguments{"--tls-pin", "sha256:12"}, Arguments{"--tls-pin", "md5:" + std::string(64, 'a')},
        Arguments{"--mailbox", "\xff"}}) {
    INFO(arguments[0] << " " << arguments[1]);
    const auto settings = read_connection(arguments);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().code == ErrorCode::usage);
  }
  for (const Arguments& arguments :
       {Arguments{"--dialect", "mbox"}, Arguments{"--internaldate", "now"},
        Arguments{"--internaldate", "from,from"}, Arguments{"--internaldate", ""},
        Arguments{"--default-flags", "seen,recent"}, Arguments{"--default-flags", "none,seen"}}) {
    INFO(arguments[0] << " " << arguments[1]);
    CHECK_FALSE(read_index(arguments));
  }
}

TEST_CASE("a fingerprint may be written as certificate tools print it") {
  std::string printed = "SHA256:AB";
  for (int i = 1; i < 32; ++i) printed += ":CD";
  const auto settings = read_connection({"--tls-pin", printed});
  REQUIRE(settings);
  CHECK(settings->tls_pin->size() == 7 + 64);
  CHECK(settings->tls_pin->starts_with("sha256:abcdcd"));
}

TEST_CASE("reading options become index options") {
  const auto plain = read_index({});
  REQUIRE(plain);
  CHECK(plain->default_flags == message::kSeen);
  CHECK(plain->date_order.empty());
  const auto index = read_index({"--dialect=mboxcl2", "--internaldate=date,from",
                                 "--default-flags=flagged,draft", "--keep-deleted"});
  REQUIRE(index);
  CHECK(index->dialect == mbox::Dialect::mboxcl2);
  CHECK(index->date_order ==
        message::DateOrder{message::DateSource::header, message::DateSource::envelope});
  CHECK(index->default_flags == (message::kFlagged | message::kDraft));
  CHECK(index->keep_deleted_flag);
  CHECK(read_index({"--default-flags=none"})->default_flags == 0);
  CHECK(read_index({"--internaldate=auto", "--dialect=auto"})->date_order.empty());
}

TEST_CASE("an account is found again in its label, whatever is in the user's name") {
  const auto account = account_of_label("o'brien@example.com@imap.example.org:10993");
  REQUIRE(account);
  CHECK(account->user == "o'brien@example.com");
  CHECK(account->host == "imap.example.org");
  CHECK(account->port == 10993);
  CHECK(account_of_label("alice@::1:993")->host == "::1");
  for (const char* text : {"", "@", "a@b", "a@b:", "a@b:0", "a@b:70000", "@b:1", "a@:1", "ab:1"})
    CHECK_FALSE(account_of_label(text));
}

TEST_CASE("a journal's name is the same for the same job, and another for another") {
  const std::string name = journal_name("a@b@h:993", {"/mail/One Two.mbox"}, {});
  CHECK(name == journal_name("a@b@h:993", {"/mail/../mail/One Two.mbox"}, {}));
  CHECK(name != journal_name("a@b@h:993", {"/mail/One Two.mbox"}, "Box"));
  CHECK(name != journal_name("a@b@h:994", {"/mail/One Two.mbox"}, {}));
  CHECK(name != journal_name("a@b@h:993", {"/mail/One Two.mbox", "/x"}, {}));
  CHECK(name.starts_with("a@b@h_993-One_Two.mbox-"));
  CHECK(journal_name("../../x", {"/"}, {}).find('/') == std::string::npos);
  CHECK_FALSE(journal_name("../../x", {"/"}, {}).starts_with('.'));
}

TEST_CASE("the state folder follows the XDG specification and is private") {
  const TemporaryFolder folder;
  {
    const EnvironmentVariable state("XDG_STATE_HOME", folder.path());
    CHECK(default_state_folder().value() == folder.path() + "/mboxferry");
  }
  const EnvironmentVariable home("HOME", folder.path());
  const EnvironmentVariable relative("XDG_STATE_HOME", "relative");
  const std::string state = default_state_folder().value();
  CHECK(state == folder.path() + "/.local/state/mboxferry");
  REQUIRE(make_state_folder(state));
  REQUIRE(make_state_folder(state));
  CHECK(std::filesystem::status(state).permissions() == std::filesystem::perms::owner_all);
  std::ofstream(folder.path() + "/file") << "x";
  CHECK(make_state_folder(folder.path() + "/file/x").error().code == ErrorCode::cannot_create);
}

TEST_CASE("compression is automatic unless told otherwise") {
  const auto compression = [](const Arguments& arguments) {
    const auto settings = read_connection(arguments);
    REQUIRE(settings);
    const auto options = make_connection_options(*settings);
    REQUIRE(options);
    return options->compression;
  };
  CHECK(compression({}) == imap::Compression::automatic);
  CHECK(compression({"--compress=auto"}) == imap::Compression::automatic);
  CHECK(compression({"--compress=on"}) == imap::Compression::on);
  CHECK(compression({"--compress=off"}) == imap::Compression::off);
  const auto refused = read_connection({"--compress=maybe"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::usage);
}
