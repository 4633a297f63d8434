// SPDX-License-Identifier: Apache-2.0
// Profiles: their names, their text, what a grant changes, and where they are kept.
#include "mboxferry/auth/profile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "auth/profile_text.h"
#include "auth_stand_ins.h"
#include "mboxferry/auth/presets.h"
#include "mboxferry/auth/token_store.h"
#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::auth;
using namespace mboxferry::auth::stand_ins;
using namespace std::chrono_literals;

namespace {

void write_profile(const std::string& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

Result<void> keep(const TokenStore& store, const Profile& profile) {
  MBOXFERRY_ASSIGN(OutputFile place, store.prepare(profile.name));
  return TokenStore::save(profile, std::move(place));
}

}  // namespace

TEST_CASE("names of profiles stay in the folder of the store") {
  for (const char* name : {"alice", "alice@example.org", "a.b", "A-1_b+c", "x.json"})
    CHECK(check_profile_name(name));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("../x"), std::string("a/b"),
        std::string("/etc/passwd"), std::string(".hidden"), std::string("a b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string(65, 'a')}) {
    CAPTURE(name);
    CHECK(check_profile_name(name).error().code == ErrorCode::usage);
  }
}

TEST_CASE("a profile comes back from its text as it was") {
  Profile profile = device_profile();
  profile.flow = Flow::client_credentials;
  profile.user = "al\"ice\\";
  profile.ca_file = "/etc/ca.pem";
  profile.client_secret = Secret(std::string("s\"e\\c ret"));
  profile.private_key = Secret(std::string("-----BEGIN\nx\n-----END\n"));
  profile.certificate_digest = "abc";
  profile.access_token = Secret(std::string("A\"\\b"));
  profile.ends = 1'800'003'600;
  profile.renew_at = 1'800'003'300;
  const auto again = profile_from_text(profile_text(profile).reveal());
  REQUIRE(again);
  CHECK(again->flow == Flow::client_credentials);
  CHECK(again->user == profile.user);
  CHECK(again->ca_file == profile.ca_file);
  CHECK(again->client_secret.reveal() == "s\"e\\c ret");
  CHECK(again->private_key.reveal() == "-----BEGIN\nx\n-----END\n");
  CHECK(again->access_token.reveal() == "A\"\\b");
  CHECK(again->refresh_token.reveal() == "R1");
  CHECK(again->ends == profile.ends);
  CHECK(again->renew_at == profile.renew_at);
  profile.ends.reset();
  CHECK(!profile_from_text(profile_text(profile).reveal())->ends);
}

TEST_CASE("what is no profile is none") {
  const std::string good(profile_text(device_profile()).reveal());
  REQUIRE(profile_from_text(good));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), good.substr(0, good.size() / 2),
        changed("profile 1", "profile 2"), changed("device", "devise"),
        changed("client-7", "client\\n7"), changed("\"R1\"", "\"two words\""),
        changed("https://login.example/token", ""), std::string(100'000, '[')})
    CHECK(!profile_from_text(text));
}

TEST_CASE("a grant is renewed five minutes before its end, or at half of a short life") {
  Profile profile = device_profile();
  Grant grant{Secret(std::string("A")), 3599s, Secret(std::string("R2"))};
  take_grant(profile, grant, 1000);
  CHECK(profile.ends == 1000 + 3599);
  CHECK(profile.renew_at == 1000 + 3299);
  CHECK(profile.refresh_token.reveal() == "R2");
  take_grant(profile, {Secret(std::string("B")), 200s, {}}, 1000);
  CHECK(profile.renew_at == 1100);
  CHECK(profile.refresh_token.reveal() == "R2");
  take_grant(profile, {Secret(std::string("C")), {}, {}}, 1000);
  CHECK(!profile.ends);
  CHECK(!profile.renew_at);
}

TEST_CASE("the store gives back what it was given, to this user alone") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  CHECK(store.names()->empty());
  REQUIRE(store.load("alice").error().code == ErrorCode::configuration);
  REQUIRE(keep(store, device_profile()));
  CHECK(store.load("alice")->refresh_token.reveal() == "R1");
  CHECK(store.load("alice")->name == "alice");
  struct stat status {};
  REQUIRE(::stat(store.path_of("alice").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  CHECK(*store.names() == std::vector<std::string>{"alice"});
  for (const char* name : {"../alice", "", "."}) CHECK(!store.load(name));
  REQUIRE(::chmod(store.path_of("alice").c_str(), 0640) == 0);
  CHECK_THAT(describe(store.load("alice").error()), Catch::Contains("others can read"));
  CHECK(!store.prepare("alice"));
}

TEST_CASE("a damaged profile is told, and can be removed with what writes have left") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  write_profile(store.path_of("alice"), "{\"refresh_token\": \"opensesame\"");
  write_profile(store.path_of("alice") + ".abcdef", "opensesame");
  write_profile(store.path_of("alice.json.b"), "{}");
  const auto damaged = store.load("alice");
  REQUIRE(!damaged);
  CHECK(damaged.error().code == ErrorCode::configuration);
  CHECK_THAT(describe(damaged.error()),
             Catch::Contains("mboxferry auth remove alice") && !Catch::Contains("opensesame"));
  REQUIRE(store.remove("alice"));
  CHECK(!std::filesystem::exists(store.path_of("alice") + ".abcdef"));
  CHECK(*store.names() == std::vector<std::string>{"alice.json.b"});
  CHECK(store.remove("alice").error().code == ErrorCode::configuration);
  write_profile(store.path_of("large"), std::string(300'000, ' '));
  CHECK_THAT(describe(store.load("large").error()), Catch::Contains("too large"));
  std::filesystem::create_symlink(store.path_of("large"), store.path_of("link"));
  CHECK_THAT(describe(store.load("link").error()), Catch::Contains("not a file"));
}

TEST_CASE("a lock is waited for, and ends with its holder") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  Cancellation interrupt;
  AuthClock clock;
  {
    const auto held = store.lock("alice", clock, interrupt);
    REQUIRE(held);
    CHECK(store.lock("bob", clock, interrupt));
    CHECK(store.lock("alice", clock, interrupt).error().code == ErrorCode::try_later);
    CHECK(clock.passed() >= 120s);
    interrupt.request();
    CHECK(store.lock("alice", clock, interrupt).error().code == ErrorCode::interrupted);
  }
  CHECK(store.lock("alice", clock, interrupt));
}

TEST_CASE("presets give what is not given, and no flow that has no mail") {
  Profile profile;
  profile.client_id = "x";
  const auto preset = [](std::string_view name) {
    return *std::find_if(presets().begin(), presets().end(),
                         [&](const Preset& one) { return one.name == name; });
  };
  REQUIRE(apply_preset(preset("microsoft365"), "", profile));
  CHECK(profile.token_url == "https://login.microsoftonline.com/organizations/oauth2/v2.0/token");
  CHECK_THAT(profile.scope, Catch::Contains("IMAP.AccessAsUser.All offline_access"));
  profile = {};
  profile.flow = Flow::client_credentials;
  CHECK_THAT(describe(apply_preset(preset("microsoft365"), "", profile).error()),
             Catch::Contains("--tenant"));
  CHECK(!apply_preset(preset("microsoft365"), "a/b", profile));
  REQUIRE(apply_preset(preset("microsoft365"), "example.org", profile));
  CHECK(profile.token_url == "https://login.microsoftonline.com/example.org/oauth2/v2.0/token");
  profile = {};
  CHECK_THAT(describe(apply_preset(preset("gmail"), "", profile).error()),
             Catch::Contains("--service-account"));
  profile.flow = Flow::service_account;
  profile.token_url = "https://own.example/token";
  REQUIRE(apply_preset(preset("gmail"), "", profile));
  CHECK(profile.token_url == "https://own.example/token");
  CHECK(profile.scope == "https://mail.google.com/");
  for (const Preset& one : presets()) {
    CHECK(!one.source.empty());
    CHECK(one.looked_up.size() == 7);
  }
}
