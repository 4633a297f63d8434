// SPDX-License-Identifier: Apache-2.0
// Which way to log in is taken, and how each way of being refused ends.
#include "imap/session/login.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "imap/target/imap_target.h"
#include "mboxferry/base/base64.h"
#include "mboxferry/sasl/ways_to_log_in.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr const char* kPassword = "opensesame";

/// Answers line by line. `TAG` in an answer stands for the tag of the last command.
class LineServer {
 public:
  explicit LineServer(std::string capabilities, std::vector<std::string> answers)
      : answers_(std::move(answers)) {
    said_ = "* OK [CAPABILITY " + std::move(capabilities) + "] hello\r\n";
  }

  Result<std::unique_ptr<Target>> connect(const Account& account) {
    const auto script = [this](std::string_view sent,
                               bool waited_for) -> std::optional<std::string> {
      if (!said_.empty()) return std::exchange(said_, {});
      if (!waited_for) return std::nullopt;
      const std::string_view news = sent.substr(seen_);
      seen_ = sent.size();
      if (next_ == answers_.size()) return std::nullopt;
      const std::string_view word = news.substr(0, news.find(' '));
      if (word.starts_with('t') && word.size() < news.size()) tag_ = word;
      std::string answer = answers_[next_++];
      if (const auto at = answer.find("TAG"); at != std::string::npos) answer.replace(at, 3, tag_);
      return answer + "\r\n";
    };
    ConnectionOptions options;
    options.trace = [this](std::string_view line) { trace += std::string(line) + "\n"; };
    return connect_on(std::make_unique<test::ScriptedStream>(script, sent_), account, options,
                      AppendMode::automatic, "t");
  }
  [[nodiscard]] const std::string& heard() const { return *sent_; }

  std::string trace;

 private:
  std::vector<std::string> answers_;
  std::string said_;
  std::string tag_;
  std::size_t seen_ = 0;
  std::size_t next_ = 0;
  std::shared_ptr<std::string> sent_ = std::make_shared<std::string>();
};

class Tokens final : public TokenSource {
 public:
  explicit Tokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  Result<Secret> token() override { return Secret(std::string(tokens_.front())); }
  Result<Secret> token_after(const Secret& refused) override {
    ++renewals;
    if (tokens_.size() > 1) tokens_.erase(tokens_.begin());
    static_cast<void>(refused);
    return token();
  }
  int renewals = 0;

 private:
  std::vector<std::string> tokens_;
};

Account anne() {
  Account account;
  account.host = "server";
  account.user = "anne";
  account.password = Secret(std::string(kPassword));
  return account;
}

Account with_tokens(const std::shared_ptr<Tokens>& tokens) {
  Account account = anne();
  account.password = Secret();
  account.tokens = tokens;
  return account;
}

sasl::MechanismOffer offer(const std::vector<std::string>& names) {
  sasl::MechanismOffer offered;
  for (const std::string& name : names) offered.add(name);
  return offered;
}

Error error_of(LineServer& server, const Account& account) {
  const auto target = server.connect(account);
  REQUIRE(!target);
  CHECK_THAT(describe(target.error()) + server.trace, !Catch::Contains(kPassword));
  return target.error();
}

}  // namespace

TEST_CASE("the strongest way that is offered and possible comes first") {
  const sasl::MechanismOffer all =
      offer({"PLAIN", "login", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2",
             "OAUTHBEARER", "GSSAPI"});
  CHECK(sasl::ways_to_log_in(all, {}) ==
        std::vector{sasl::LoginWay::scram_sha_256, sasl::LoginWay::scram_sha_1,
                    sasl::LoginWay::plain, sasl::LoginWay::sasl_login,
                    sasl::LoginWay::login_command});
  CHECK(sasl::ways_to_log_in(all, {.channel_binding = true}).front() ==
        sasl::LoginWay::scram_sha_256_plus);
  CHECK(sasl::ways_to_log_in(all, {.may_scram = false}).front() == sasl::LoginWay::plain);
  CHECK(sasl::ways_to_log_in(all, {.token = true}) ==
        std::vector{sasl::LoginWay::oauthbearer, sasl::LoginWay::xoauth2});
  CHECK(sasl::ways_to_log_in(all, {.wanted = Mechanism::scram_sha_1}) ==
        std::vector{sasl::LoginWay::scram_sha_1});
  CHECK(sasl::ways_to_log_in(all, {.wanted = Mechanism::login, .another_identity = true}).empty());
  CHECK(sasl::ways_to_log_in(offer({"GSSAPI"}), {}) == std::vector{sasl::LoginWay::login_command});
  CHECK(sasl::ways_to_log_in(offer({"GSSAPI"}), {.login_disabled = true}).empty());
  CHECK(all.names() ==
        "PLAIN login SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER GSSAPI");
}

TEST_CASE("a server with nothing that fits is told with what it offers") {
  LineServer other("IMAP4rev1 LOGINDISABLED AUTH=GSSAPI AUTH=XOAUTH2", {});
  Error error = error_of(other, anne());
  CHECK(error.code == ErrorCode::login_refused);
  CHECK_THAT(error.what, Catch::Contains("it offers only GSSAPI XOAUTH2 (LOGINDISABLED)"));
  CHECK_THAT(error.hint, Catch::Contains("--token-file"));
  CHECK(other.heard().empty());

  Account forced = anne();
  forced.mechanism = Mechanism::scram_sha_256;
  LineServer plain("IMAP4rev1 AUTH=PLAIN", {});
  error = error_of(plain, forced);
  CHECK_THAT(error.what, Catch::Contains("does not offer --auth scram-sha-256, but only PLAIN"));
  CHECK(plain.heard().empty());

  LineServer passwords("IMAP4rev1 AUTH=PLAIN", {});
  error = error_of(passwords, with_tokens(std::make_shared<Tokens>(std::vector<std::string>{"T"})));
  CHECK_THAT(error.what, Catch::Contains("takes no access token"));
}

TEST_CASE("PLAIN carries another identity beside or behind the user's name") {
  Account account = anne();
  account.login_as = "admin";
  LineServer beside("IMAP4rev1 SASL-IR AUTH=PLAIN", {"TAG NO no"});
  CHECK(error_of(beside, account).code == ErrorCode::login_refused);
  using namespace std::string_literals;
  CHECK_THAT(beside.heard(),
             Catch::Contains(" AUTHENTICATE PLAIN " + base64("anne\0admin\0opensesame"s)));
  account.login_as = "*admin";
  LineServer behind("IMAP4rev1 SASL-IR AUTH=PLAIN", {"TAG NO no"});
  CHECK(error_of(behind, account).code == ErrorCode::login_refused);
  CHECK_THAT(behind.heard(), Catch::Contains(base64("\0anne*admin\0opensesame"s)));

  account.login_as = "admin";
  for (const Mechanism mechanism : {Mechanism::automatic, Mechanism::login}) {
    account.mechanism = mechanism;
    LineServer none("IMAP4rev1 AUTH=LOGIN", {});
    CHECK_THAT(error_of(none, account).hint, Catch::Contains("--login-as '*MASTER'"));
  }
}

TEST_CASE("SASL LOGIN is asked for name and password") {
  LineServer server("IMAP4rev1 LOGINDISABLED AUTH=LOGIN",
                    {"+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", "TAG OK [CAPABILITY IMAP4rev1] in"});
  CHECK(server.connect(anne()));
  CHECK_THAT(server.heard(), Catch::Contains("t1 AUTHENTICATE LOGIN\r\n" + base64("anne") + "\r\n" +
                                             base64(kPassword) + "\r\n"));
  CHECK_THAT(server.trace, !Catch::Contains(base64(kPassword)));
}

TEST_CASE(
    "a password that the server cannot do SCRAM for goes another way, one that was tried not") {
  LineServer unfit("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                   {"TAG NO [AUTHENTICATIONFAILED] no", "TAG OK [CAPABILITY IMAP4rev1] in"});
  CHECK(unfit.connect(anne()));
  CHECK_THAT(unfit.heard(), Catch::Contains("t2 AUTHENTICATE PLAIN "));

  Account forced = anne();
  forced.mechanism = Mechanism::scram_sha_256;
  LineServer only("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN", {"TAG NO no"});
  CHECK(error_of(only, forced).code == ErrorCode::login_refused);
  CHECK_THAT(only.heard(), !Catch::Contains("PLAIN"));

  LineServer busy("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                  {"TAG NO [UNAVAILABLE] later"});
  CHECK(error_of(busy, anne()).code == ErrorCode::try_later);
  CHECK_THAT(busy.heard(), !Catch::Contains("PLAIN"));
}

TEST_CASE(
    "a server that does not understand the first message of SCRAM is not shown the password") {
  LineServer server("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                    {"TAG BAD invalid arguments", "TAG OK [CAPABILITY IMAP4rev1] in"});
  const Error error = error_of(server, anne());
  CHECK(error.code == ErrorCode::login_refused);
  CHECK_THAT(error.hint, Catch::Contains("--auth plain"));
  CHECK_THAT(server.heard(), !Catch::Contains("PLAIN"));

  // Here it has not begun the exchange.
  LineServer unknown("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                     {"TAG BAD unsupported mechanism", "TAG OK [CAPABILITY IMAP4rev1] in"});
  CHECK(unknown.connect(anne()));
}

TEST_CASE("a server that lets in without proving that it knows the password is left") {
  LineServer server("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                    {"TAG OK [CAPABILITY IMAP4rev1] in"});
  const Error error = error_of(server, anne());
  CHECK(error.code == ErrorCode::protocol);
  CHECK_THAT(error.what, Catch::Contains("did not prove"));
  CHECK_THAT(server.heard(), !Catch::Contains("t2 "));  // a nonce may hold "t2"
}

TEST_CASE("a challenge that is none is cancelled, and shown nowhere") {
  for (const char* challenge : {"+ ", "+ ?", "+ cj1vdGhlcixzPXg9LGk9NDA5Ng==", "+ AAAA"}) {
    CAPTURE(challenge);
    LineServer server("IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256", {challenge, "TAG BAD cancelled"});
    const Error error = error_of(server, anne());
    CHECK(error.code == ErrorCode::protocol);
    CHECK_THAT(server.heard(), Catch::EndsWith("*\r\n"));
    CHECK_THAT(server.trace, !Catch::Contains("cj1v"));
  }
}

TEST_CASE("a refused token is told with the server's reasons, after the answer it waits for") {
  const std::string json = R"({"status":"400","schemes":"Bearer","scope":"https://mail.example/"})";
  const auto tokens = std::make_shared<Tokens>(std::vector<std::string>{"TOKEN-1"});
  LineServer google("IMAP4rev1 SASL-IR AUTH=XOAUTH2",
                    {"+ " + base64(json), "TAG NO [AUTHENTICATIONFAILED] Invalid credentials"});
  Error error = error_of(google, with_tokens(tokens));
  CHECK(error.code == ErrorCode::login_refused);
  CHECK_THAT(error.what, Catch::Contains("(status 400, scope https://mail.example/)"));
  CHECK_THAT(error.hint, Catch::Contains("scope"));
  CHECK_THAT(google.heard(), Catch::EndsWith("\r\n\r\n"));
  CHECK(tokens->renewals == 1);
  CHECK_THAT(google.trace, !Catch::Contains("TOKEN-1"));
  CHECK_THAT(google.trace, !Catch::Contains(base64(json)));

  LineServer rfc("IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2",
                 {"+ " + base64(R"({"status":"invalid_token"})"), "TAG NO no"});
  error = error_of(rfc, with_tokens(tokens));
  CHECK_THAT(error.what, Catch::Contains("status invalid_token"));
  CHECK_THAT(rfc.heard(), Catch::EndsWith("AQ==\r\n"));

  LineServer microsoft("IMAP4rev1 SASL-IR AUTH=XOAUTH2", {"TAG NO AUTHENTICATE failed."});
  error = error_of(microsoft, with_tokens(tokens));
  CHECK_THAT(error.hint, Catch::Contains("scope") && Catch::Contains("rights") &&
                             Catch::Contains("switched off"));
}

TEST_CASE("a token that is out of date is renewed once") {
  const auto tokens = std::make_shared<Tokens>(std::vector<std::string>{"OLD", "NEW", "NEWEST"});
  LineServer server(
      "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
      {"+ " + base64(R"({"status":"401"})"), "TAG NO no", "TAG OK [CAPABILITY IMAP4rev1] in"});
  CHECK(server.connect(with_tokens(tokens)));
  CHECK(tokens->renewals == 1);

  const auto more = std::make_shared<Tokens>(std::vector<std::string>{"OLD", "NEW", "NEWEST"});
  LineServer never("IMAP4rev1 SASL-IR AUTH=XOAUTH2", {"TAG NO no", "TAG NO no", "TAG OK in"});
  CHECK(error_of(never, with_tokens(more)).code == ErrorCode::login_refused);
  CHECK(more->renewals == 1);

  const auto kept = std::make_shared<Tokens>(std::vector<std::string>{"OLD", "NEW"});
  LineServer busy("IMAP4rev1 SASL-IR AUTH=XOAUTH2",
                  {"TAG NO Request is throttled. Suggested Backoff Time: 2500 milliseconds"});
  const Error error = error_of(busy, with_tokens(kept));
  CHECK(error.code == ErrorCode::try_later);
  CHECK(error.retry.after.count() == 2500);
  CHECK(kept->renewals == 0);
}

TEST_CASE("challenges of any size are answered, and a second one is not") {
  const auto tokens = std::make_shared<Tokens>(std::vector<std::string>{"T"});
  LineServer huge("IMAP4rev1 SASL-IR AUTH=XOAUTH2",
                  {"+ " + std::string(std::size_t{64} << 10U, 'A'), "TAG NO no"});
  CHECK(error_of(huge, with_tokens(tokens)).code == ErrorCode::login_refused);
  CHECK_THAT(huge.heard(), Catch::EndsWith("\r\n\r\n"));

  LineServer deep("IMAP4rev1 SASL-IR AUTH=XOAUTH2",
                  {"+ " + base64(std::string(8000, '[')), "TAG NO no"});
  CHECK(error_of(deep, with_tokens(tokens)).code == ErrorCode::login_refused);

  LineServer again("IMAP4rev1 SASL-IR AUTH=XOAUTH2", {"+ e30=", "+ e30=", "TAG BAD no"});
  CHECK(error_of(again, with_tokens(tokens)).code == ErrorCode::protocol);
  CHECK_THAT(again.heard(), Catch::EndsWith("\r\n\r\n*\r\n"));
}

TEST_CASE("a login that opens nothing may pass, and says what rights there may not be") {
  const auto tokens = std::make_shared<Tokens>(std::vector<std::string>{"T"});
  LineServer server("IMAP4rev1 SASL-IR AUTH=XOAUTH2",
                    {"TAG OK [CAPABILITY IMAP4rev1] AUTHENTICATE completed.",
                     "TAG BAD User is authenticated but not connected."});
  const auto target = server.connect(with_tokens(tokens));
  REQUIRE(target);
  const auto listed = (*target)->list();
  REQUIRE(!listed);
  CHECK(listed.error().code == ErrorCode::try_later);
  CHECK_THAT(listed.error().hint, Catch::Contains("no right to this mailbox"));
}
