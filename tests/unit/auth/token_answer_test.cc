// SPDX-License-Identifier: Apache-2.0
// Each answer of a token endpoint leads to what it asks for, and no text repeats a token.
#include "mboxferry/auth/token_answer.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "support/places.h"

using namespace mboxferry;
using namespace mboxferry::auth;
using namespace std::chrono_literals;

namespace {

using Kind = TokenAnswer::Kind;

http::Answer answer_of(long status, std::string body) {
  http::Answer answer;
  answer.status = status;
  answer.body = Secret(std::move(body));
  return answer;
}

TokenAnswer read(long status, std::string body) {
  return read_token_answer(
      answer_of(status, std::move(body)),
      {"run: the login again", "client-7", "scope-of-mail", "https://login.example/consent"});
}

void check_refused(const std::string& body, const std::string& hint) {
  CAPTURE(body);
  const TokenAnswer answer = read(400, body);
  CHECK(answer.kind == Kind::refused);
  CHECK(answer.error.code == ErrorCode::login_refused);
  CHECK(answer.error.retry.when == Retry::When::never);
  CHECK_THAT(answer.error.hint, Catch::Contains(hint));
}

}  // namespace

TEST_CASE("granted tokens are taken with their lifetime, as services spell it") {
  TokenAnswer answer = read(200, R"({"access_token":"A.b-c","expires_in":3599,
                                     "refresh_token":"R","token_type":"Bearer"})");
  REQUIRE(answer.kind == Kind::granted);
  CHECK(answer.grant.access_token.reveal() == "A.b-c");
  CHECK(answer.grant.refresh_token.reveal() == "R");
  CHECK(answer.grant.lifetime == 3599s);
  for (const auto& [text, lifetime] :
       std::map<std::string, std::optional<std::chrono::seconds>>{{"\"3600\"", 3600s},
                                                                  {"3600.5", 3600s},
                                                                  {"1e300", 86400s},
                                                                  {"\"soon\"", std::nullopt},
                                                                  {"\"\"", std::nullopt},
                                                                  {"-5", std::nullopt},
                                                                  {"0", std::nullopt},
                                                                  {"null", std::nullopt},
                                                                  {"[]", std::nullopt}}) {
    CAPTURE(text);
    answer = read(200, R"({"access_token":"A","expires_in":)" + text + "}");
    REQUIRE(answer.kind == Kind::granted);
    CHECK(answer.grant.lifetime == lifetime);
    CHECK(answer.grant.refresh_token.reveal().empty());
  }
  CHECK(!read(200, R"({"access_token":"A"})").grant.lifetime);
}

TEST_CASE("what is granted must be a token") {
  for (const char* body :
       {R"({"access_token":""})", R"({"access_token":"two words"})", R"({"access_token":"a\nb"})",
        R"({"access_token":"\u0000"})", R"({"access_token":7})", R"({"access_token":null})",
        R"({"access_token":"A","refresh_token":"two words"})", "{}", R"({"token":"A"})"}) {
    CAPTURE(body);
    const TokenAnswer answer = read(200, body);
    CHECK(answer.kind == Kind::refused);
    CHECK_THAT(answer.error.hint, Catch::Contains("token endpoint"));
  }
  CHECK(read(200, R"({"access_token":")" + std::string(20'000, 'x') + "\"}").kind == Kind::refused);
  CHECK(read(400, R"({"access_token":"A"})").kind == Kind::refused);
}

TEST_CASE("a user who has not decided is waited for") {
  CHECK(read(400, R"({"error":"authorization_pending"})").kind == Kind::pending);
  CHECK(read(400, R"({"error":"slow_down"})").kind == Kind::slow_down);
  CHECK(read(200, R"({"error":"slow_down"})").kind == Kind::slow_down);
}

TEST_CASE("a refusal names what the user can do") {
  check_refused(R"({"error":"access_denied"})", "run: the login again");
  check_refused(R"({"error":"expired_token"})", "run: the login again");
  check_refused(R"({"error":"invalid_grant"})", "run: the login again");
  check_refused(R"({"error":"something_new"})", "run: the login again");
  check_refused(R"({"error":"invalid_client"})", "client secret");
  check_refused(R"({"error":"invalid_scope"})", "scope-of-mail");
  check_refused(R"({"error":"unauthorized_client","error_description":"Client is unauthorized"})",
                "client id client-7 with the scope scope-of-mail in the admin console");
  check_refused(R"({"error":"invalid_grant","error_description":"AADSTS65001: no consent"})",
                "https://login.example/consent");
}

TEST_CASE("a service in trouble is asked again later") {
  for (const char* body : {"", "<html>502</html>", "[]", "\"x\"", "{", "{\"a\":", "null"}) {
    CAPTURE(body);
    for (const long status : {200L, 400L, 502L}) {
      const TokenAnswer answer = read(status, body);
      CHECK(answer.kind == Kind::later);
      CHECK(answer.error.code == ErrorCode::try_later);
      CHECK(answer.error.retry.when == Retry::When::later);
    }
  }
  CHECK(read(503, R"({"error":"invalid_grant"})").kind == Kind::later);
  CHECK(read(429, "{}").kind == Kind::later);
  CHECK(read(400, R"({"error":"temporarily_unavailable"})").kind == Kind::later);
  http::Answer busy = answer_of(503, "{}");
  busy.retry_after = 30s;
  const TokenAnswer waits = read_token_answer(busy, {});
  CHECK(waits.wait == 30s);
  CHECK(waits.error.retry.after == 30s);
}

TEST_CASE("a service's words are cut and cleaned, and tokens are in none") {
  const TokenAnswer answer =
      read(400, R"({"error":"x\u001b[31m","error_description":")" + std::string(5000, 'y') +
                    R"(","access_token":"opensesame","refresh_token":"opensesame"})");
  CHECK(answer.kind == Kind::refused);
  CHECK(answer.error.what.size() < 700);
  CHECK_THAT(describe(answer.error), !Catch::Contains("\x1b") && !Catch::Contains("opensesame"));
  CHECK(read(400, std::string(100'000, '[')).kind == Kind::later);
}

TEST_CASE("what was sent is masked where the service repeats it") {
  AskedFor asked;
  asked.hidden.hide({});
  asked.hidden.hide(Secret(std::string("opensesame")));
  const auto words = [&](const std::string& description) {
    return describe(
        read_token_answer(
            answer_of(400, R"({"error":"opensesame","error_description":")" + description + "\"}"),
            asked)
            .error);
  };
  CHECK_THAT(words("bad opensesameopensesame!"),
             Catch::Contains("*** (bad ******!)") && !Catch::Contains("opensesame"));
  // Where it would be cut.
  CHECK_THAT(words(std::string(295, 'x') + "opensesame"), !Catch::Contains("opens"));
}

TEST_CASE("all collected answers end as they should") {
  std::ifstream file(test::corpora() + "/logins/token-replies.dev.jsonl");
  if (!file) {
    WARN("the shared corpora are not here");
    return;
  }
  const std::map<std::string, Kind> kinds{
      {"use; refresh at 3299 s", Kind::granted},
      {"store NEW before use (crash-safe, 0600)", Kind::granted},
      {"accept; refresh on 401", Kind::granted},
      {"wait interval", Kind::pending},
      {"stop", Kind::refused},
      {"Google delegation: name client id and scope that the admin must enter", Kind::refused},
      {"temporary: retry with back-off", Kind::later}};
  int seen = 0;
  for (std::string line; std::getline(file, line);) {
    const auto known = nlohmann::json::parse(line);
    CAPTURE(line);
    const std::string body = known["body"];
    const long status = body.find("\"error\"") != std::string::npos ? 400 : 200;
    const auto wanted = kinds.find(known["expect"].get<std::string>());
    REQUIRE(wanted != kinds.end());
    CHECK(read(status, body).kind == wanted->second);
    ++seen;
  }
  CHECK(seen > 0);
}
