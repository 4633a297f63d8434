// SPDX-License-Identifier: Apache-2.0
// Requests for tokens: what is asked, how often, and what is told at the end.
#include "mboxferry/auth/token_service.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "auth/private_key.h"
#include "auth/signed_claims.h"
#include "auth_stand_ins.h"
#include "mboxferry/auth/device_login.h"
#include "mboxferry/auth/key_files.h"
#include "mboxferry/auth/profile_tokens.h"
#include "mboxferry/base/base64.h"
#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::auth;
using namespace mboxferry::auth::stand_ins;
using namespace std::chrono_literals;

namespace {

constexpr const char* kGranted = R"({"access_token":"A1","expires_in":3600,"refresh_token":"R2"})";
constexpr const char* kCode =
    R"({"device_code":"opensesame","user_code":"ABCD-EFGH","interval":5,"expires_in":900,
        "verification_uri":"https://login.example/enter"})";

struct World {
  AuthClock clock = {};
  Cancellation interrupt = {};
};

std::string rsa_key(const char* bits = "2048") {
  const Handle<EVP_PKEY, EVP_PKEY_free> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(std::atoi(bits))));
  const Handle<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

const std::string& the_key() {
  static const std::string key = rsa_key();
  return key;
}

std::string from_base64url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return from_base64(text).value_or("");
}

/// The claims, if the signature is right.
nlohmann::json claims_of(std::string_view token, const std::string& key, nlohmann::json& header) {
  const std::size_t dot = token.find('.');
  const std::size_t last = token.rfind('.');
  const std::string signature = from_base64url(std::string(token.substr(last + 1)));
  const auto read = read_private_key(Secret(std::string(key)));
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const std::string_view text = token.substr(0, last);
  REQUIRE(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, read->get()) == 1);
  REQUIRE(EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                           signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()) == 1);
  header = nlohmann::json::parse(from_base64url(std::string(token.substr(0, dot))));
  return nlohmann::json::parse(from_base64url(std::string(token.substr(dot + 1, last - dot - 1))));
}

std::string field(const std::string& form, const std::string& name) {
  const std::size_t at = ("&" + form).find("&" + name + "=");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 1;
  return form.substr(begin, form.find('&', begin) - begin);
}

}  // namespace

TEST_CASE("a refresh token is sent with who asks") {
  World world;
  StandIn stand_in{{{200, kGranted}}};
  Profile profile = device_profile();
  profile.client_secret = Secret(std::string("p&=%"));
  const auto grant = stand_in.service(world.clock, world.interrupt).renew(profile, "");
  REQUIRE(grant);
  CHECK(grant->access_token.reveal() == "A1");
  CHECK(stand_in.forms[0] ==
        "grant_type=refresh_token&refresh_token=R1&scope=mail%20offline&client_id=client-7&"
        "client_secret=p%26%3D%25");
  CHECK(stand_in.urls[0] == "https://login.example/token");
}

TEST_CASE("an application asks in its own name") {
  World world;
  StandIn stand_in{{{200, kGranted}}};
  Profile profile = device_profile();
  profile.flow = Flow::client_credentials;
  profile.client_secret = Secret(std::string("secret"));
  REQUIRE(stand_in.service(world.clock, world.interrupt).renew(profile, ""));
  CHECK(stand_in.forms[0] ==
        "grant_type=client_credentials&scope=mail%20offline&client_id=client-7&"
        "client_secret=secret");
}

TEST_CASE("an application proves with its key who it is, anew each time") {
  World world;
  StandIn stand_in{{{503, ""}, {200, kGranted}}};
  Profile profile = device_profile();
  profile.flow = Flow::client_credentials;
  profile.private_key = Secret(std::string(the_key()));
  profile.certificate_digest = "digest-of-certificate";
  REQUIRE(stand_in.service(world.clock, world.interrupt).renew(profile, ""));
  REQUIRE(stand_in.forms.size() == 2);
  nlohmann::json header;
  std::string id;
  for (const std::string& form : stand_in.forms) {
    CHECK(field(form, "client_secret").empty());
    CHECK(field(form, "client_assertion_type") ==
          "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    const auto claims = claims_of(field(form, "client_assertion"), the_key(), header);
    CHECK(header["alg"] == "RS256");
    CHECK(header["x5t#S256"] == "digest-of-certificate");
    CHECK(claims["iss"] == "client-7");
    CHECK(claims["sub"] == "client-7");
    CHECK(claims["aud"] == "https://login.example/token");
    CHECK(claims["exp"].get<std::int64_t>() - world.clock.unix_seconds() <= 600);
    CHECK(claims["jti"] != id);
    id = claims["jti"];
  }
}

TEST_CASE("a service account asks for one mailbox") {
  World world;
  StandIn stand_in{{{200, kGranted}}};
  Profile profile = device_profile();
  profile.flow = Flow::service_account;
  const std::string json = nlohmann::json{{"client_email", "robot@project.example"},
                                          {"private_key", the_key()},
                                          {"private_key_id", "key-3"},
                                          {"token_uri", "https://own.example/token"}}
                               .dump();
  profile.token_url.clear();
  REQUIRE(take_service_account(Secret(std::string(json)), profile));
  const TokenService service = stand_in.service(world.clock, world.interrupt);
  REQUIRE(service.renew(profile, "alice@example.org"));
  nlohmann::json header;
  const auto claims = claims_of(field(stand_in.forms[0], "assertion"), the_key(), header);
  CHECK(header["kid"] == "key-3");
  CHECK(claims["iss"] == "robot@project.example");
  CHECK(claims["sub"] == "alice@example.org");
  CHECK(claims["scope"] == "mail offline");
  CHECK(claims["aud"] == "https://own.example/token");
  CHECK(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>() == 3600);
  CHECK(service.renew(profile, "").error().code == ErrorCode::usage);
}

TEST_CASE("keys that cannot sign are told without their content") {
  Profile profile;
  for (const std::string& pem : {std::string(), std::string("opensesame"), rsa_key("1024"),
                                 std::string("-----BEGIN PRIVATE KEY-----\nopensesame\n"
                                             "-----END PRIVATE KEY-----\n")}) {
    const auto taken = take_client_certificate(Secret(std::string(pem)), profile);
    REQUIRE(!taken);
    CHECK(taken.error().code == ErrorCode::configuration);
    CHECK_THAT(describe(taken.error()), !Catch::Contains("opensesame"));
  }
  CHECK_THAT(describe(take_client_certificate(Secret(std::string(the_key())), profile).error()),
             Catch::Contains("certificate"));
  for (const char* json :
       {"", "[]", "{}", R"({"client_email":"a"})", R"({"client_email":"a b","private_key":"x"})",
        R"({"client_email":"a","private_key":"opensesame"})"}) {
    const auto taken = take_service_account(Secret(std::string(json)), profile);
    REQUIRE(!taken);
    CHECK_THAT(describe(taken.error()), !Catch::Contains("opensesame"));
  }
}

TEST_CASE("a service in trouble is asked again with pauses that grow") {
  World world;
  StandIn trouble{{{502, "<html>"}, {200, ""}, {0, ""}, {200, kGranted}}};
  REQUIRE(trouble.service(world.clock, world.interrupt).renew(device_profile(), ""));
  CHECK(trouble.forms.size() == 4);
  CHECK(world.clock.passed() == 7s);
  StandIn endless{{{503, "{}"}}};
  const auto later = endless.service(world.clock, world.interrupt).renew(device_profile(), "");
  CHECK(later.error().code == ErrorCode::try_later);
  CHECK(endless.forms.size() == 5);
  StandIn away{{{0, ""}}};
  CHECK(away.service(world.clock, world.interrupt).renew(device_profile(), "").error().code ==
        ErrorCode::unavailable);
  StandIn refusing{{{400, R"({"error":"invalid_grant"})"}}};
  const auto refused = refusing.service(world.clock, world.interrupt).renew(device_profile(), "");
  CHECK(refused.error().code == ErrorCode::login_refused);
  CHECK_THAT(describe(refused.error()), Catch::Contains("run: mboxferry auth login alice"));
  CHECK(refusing.forms.size() == 1);
  world.interrupt.request();
  CHECK(endless.service(world.clock, world.interrupt).renew(device_profile(), "").error().code ==
        ErrorCode::interrupted);
}

TEST_CASE("a profile without a refresh token says what to do") {
  World world;
  StandIn stand_in{{{200, kGranted}}};
  Profile profile = device_profile();
  profile.refresh_token = {};
  const auto renewed = stand_in.service(world.clock, world.interrupt).renew(profile, "");
  CHECK(renewed.error().code == ErrorCode::login_refused);
  CHECK_THAT(describe(renewed.error()), Catch::Contains("mboxferry auth login alice"));
  CHECK(stand_in.forms.empty());
}

TEST_CASE("a device login waits as long as it is told to") {
  World world;
  StandIn stand_in{{{200, kCode},
                    {400, R"({"error":"authorization_pending"})"},
                    {400, R"({"error":"slow_down"})"},
                    {0, ""},
                    {200, kGranted}}};
  std::string shown;
  const auto grant =
      log_in_by_device(device_profile(), stand_in.service(world.clock, world.interrupt),
                       [&](const DeviceCode& code) { shown = code.page + " " + code.user_code; });
  REQUIRE(grant);
  CHECK(shown == "https://login.example/enter ABCD-EFGH");
  // 5, 5, 10 after slow_down, 20 after no answer.
  CHECK(world.clock.passed() == 40s);
  CHECK(stand_in.forms[0] == "scope=mail%20offline&client_id=client-7");
  CHECK(stand_in.urls[0] == "https://login.example/device");
  CHECK(stand_in.forms[1] ==
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&"
        "device_code=opensesame&client_id=client-7");
}

TEST_CASE("a device login ends with what happened") {
  for (const auto& [answer, word] : std::vector<std::pair<const char*, const char*>>{
           {R"({"error":"access_denied"})", "access_denied"},
           {R"({"error":"expired_token"})", "expired_token"},
           {R"({"error":"authorization_pending"})", "in time"},
           {"<html>", "in time"}}) {
    CAPTURE(answer);
    World world;
    StandIn stand_in{{{200, kCode}, {400, answer}}};
    const auto grant = log_in_by_device(
        device_profile(), stand_in.service(world.clock, world.interrupt), [](const DeviceCode&) {});
    REQUIRE(!grant);
    CHECK(grant.error().code == ErrorCode::login_refused);
    CHECK_THAT(describe(grant.error()), Catch::Contains(word) &&
                                            Catch::Contains("run: mboxferry auth login alice") &&
                                            !Catch::Contains("opensesame"));
    CHECK(world.clock.passed() < 1000s);
  }
}

TEST_CASE("what a device endpoint answers is shown only if it is fit for that") {
  const auto read = [](const std::string& body) {
    http::Answer answer;
    answer.status = 200;
    answer.body = Secret(std::string(body));
    return read_device_answer(answer, {});
  };
  auto good = nlohmann::json::parse(kCode);
  REQUIRE(read(good.dump()));
  for (const auto& [name, value] : std::vector<std::pair<const char*, nlohmann::json>>{
           {"verification_uri", "http://login.example/"},
           {"verification_uri", "https://login.example/\x1b[31m"},
           {"verification_uri", 7},
           {"user_code", ""},
           {"user_code", "a\nb"},
           {"user_code", std::string(100, 'x')},
           {"device_code", "two words"},
           {"device_code", nullptr}}) {
    auto bad = good;
    bad[name] = value;
    CAPTURE(bad.dump());
    const auto code = read(bad.dump());
    REQUIRE(!code);
    CHECK_THAT(describe(code.error()), !Catch::Contains("opensesame"));
  }
  for (const auto& [interval, seconds] : std::vector<std::pair<nlohmann::json, int>>{
           {0, 5}, {-3, 5}, {"x", 5}, {1e300, 60}, {7, 7}, {nullptr, 5}}) {
    auto other = good;
    other["interval"] = interval;
    CHECK(read(other.dump())->interval == std::chrono::seconds(seconds));
  }
  CHECK(read("<html>").error().code == ErrorCode::try_later);
  CHECK(read(R"({"error":"invalid_client"})").error().code == ErrorCode::login_refused);
}

TEST_CASE("a profile is renewed once for all who use it") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  Profile profile = device_profile();
  REQUIRE(TokenStore::save(profile, *store.prepare("alice")));
  const Cancellation interrupt;
  StandIn stand_in{{{200, kGranted}, {200, R"({"access_token":"A2","expires_in":3600})"}}};
  const TokenService service = stand_in.service(system_clock(), interrupt);
  ProfileTokens here(store, "alice", "", service);
  ProfileTokens there(store, "alice", "", service);
  const auto both = [&](const std::function<void(ProfileTokens&)>& use) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&, i] { use(i % 2 == 0 ? here : there); });
    for (std::thread& thread : threads) thread.join();
  };
  std::atomic<int> right{0};
  both([&](ProfileTokens& tokens) {
    const auto token = tokens.token();
    if (token && token->reveal() == "A1") ++right;
  });
  CHECK(right == 4);
  CHECK(stand_in.forms.size() == 1);
  CHECK(store.load("alice")->refresh_token.reveal() == "R2");
  both([&](ProfileTokens& tokens) {
    const auto token = tokens.token_after(Secret(std::string("A1")));
    if (token && token->reveal() == "A2") ++right;
  });
  CHECK(right == 8);
  CHECK(stand_in.forms.size() == 2);
  // No refresh token came: the old one stays.
  CHECK(store.load("alice")->refresh_token.reveal() == "R2");
}

TEST_CASE("a token is renewed when its end is near") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  REQUIRE(TokenStore::save(device_profile(), *store.prepare("alice")));
  World world;
  StandIn stand_in{{{200, kGranted}}};
  ProfileTokens tokens(store, "alice", "", stand_in.service(world.clock, world.interrupt));
  CHECK(tokens.token());
  world.clock.sleep(3299s);
  CHECK(tokens.token());
  CHECK(stand_in.forms.size() == 1);
  world.clock.sleep(1s);
  CHECK(tokens.token());
  CHECK(stand_in.forms.size() == 2);
}

TEST_CASE("a token that lives serves on while the service is in trouble") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  World world;
  Profile profile = device_profile();
  take_grant(profile, {Secret(std::string("A0")), 3600s, {}}, world.clock.unix_seconds());
  REQUIRE(TokenStore::save(profile, *store.prepare("alice")));
  StandIn stand_in{{{503, ""}}};
  ProfileTokens tokens(store, "alice", "", stand_in.service(world.clock, world.interrupt));
  world.clock.sleep(3400s);
  CHECK(tokens.token()->reveal() == "A0");
  const std::size_t asked = stand_in.forms.size();
  CHECK(tokens.token()->reveal() == "A0");
  CHECK(stand_in.forms.size() == asked);
  CHECK(tokens.token_after(Secret(std::string("A0"))).error().code == ErrorCode::try_later);
  world.clock.sleep(200s);
  CHECK(tokens.token().error().code == ErrorCode::try_later);
}

TEST_CASE("tokens of a service account are each for one mailbox, and are not kept") {
  const mboxferry::test::TemporaryFolder folder;
  const TokenStore store(folder.path());
  World world;
  Profile profile = device_profile();
  profile.flow = Flow::service_account;
  profile.private_key = Secret(std::string(the_key()));
  REQUIRE(TokenStore::save(profile, *store.prepare("alice")));
  StandIn stand_in{{{200, kGranted}}};
  const TokenService service = stand_in.service(world.clock, world.interrupt);
  ProfileTokens alice(store, "alice", "alice@example.org", service);
  ProfileTokens bob(store, "alice", "bob@example.org", service);
  CHECK(alice.token());
  CHECK(alice.token());
  CHECK(bob.token());
  CHECK(stand_in.forms.size() == 2);
  CHECK(store.load("alice")->access_token.reveal().empty());
}
