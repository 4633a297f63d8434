// SPDX-License-Identifier: Apache-2.0
// Trust, logging in, and what each kind of connection may do.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "contract_server.h"
#include "mboxferry/imap/server_knowledge.h"
#include "mboxferry/message/metadata.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using namespace mboxferry::contract;

TEST_CASE("a wrong password is refused with the server's words and never shown", "[direct]") {
  Account account = test_account();
  account.password = Secret("wrong-horse");
  std::string trace;
  ConnectionOptions options;
  options.trace = [&](std::string_view line) { trace += std::string(line) + "\n"; };
  const auto target = connect(account, options, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::login_refused);
  CHECK(target.error().retry.when == Retry::When::never);
  CHECK_THAT(target.error().aside, Catch::Contains("11 bytes long"));
  CHECK_THAT(describe(target.error()), !Catch::Contains("11 bytes"));
  CHECK_THAT(describe(target.error()) + trace, !Catch::Contains("wrong-horse"));
  // Courier has no SASL-IR.
  const bool in_one_line = server() != Server::courier;
  CHECK_THAT(trace, Catch::Contains(in_one_line ? "AUTHENTICATE PLAIN ***" : "C: ***\n"));
}

TEST_CASE("an untrusted certificate is refused before anything is said", "[direct]") {
  Account account = test_account();
  account.ca_file.clear();
  const auto target = connect(account, {}, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::tls);
  CHECK_THAT(target.error().what, Catch::Contains("unknown issuer"));
}

TEST_CASE("a matching pin stands for the chain, another one refuses", "[direct]") {
  Account account = test_account();
  account.ca_file.clear();
  account.tls_pin = "sha256:" + std::string(64, 'a');
  const auto refused = connect(account, {}, AppendMode::automatic);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::tls);
  const auto at = refused.error().what.find("sha256:");
  REQUIRE(at != std::string::npos);
  account.tls_pin = refused.error().what.substr(at, 7 + 64);
  const auto taken = connect(account, {}, AppendMode::automatic);
  if (!taken) FAIL(describe(taken.error()));
  (*taken)->log_out();
}

TEST_CASE("STARTTLS on the clear port secures the connection", "[direct]") {
  Account account = test_account();
  account.port =
      static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_STARTTLS_PORT")));
  account.security = Security::starttls;
  const auto target = connect(account, {}, AppendMode::automatic);
  if (!target) FAIL(describe(target.error()));
  CHECK((*target)->select("INBOX"));
}

TEST_CASE("TLS on the clear port is told apart from a broken server", "[direct]") {
  Account account = test_account();
  account.port =
      static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_STARTTLS_PORT")));
  const auto target = connect(account, {}, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::tls);
  CHECK_THAT(target.error().what, Catch::Contains("does not speak TLS on this port"));
}

TEST_CASE("STARTTLS on the TLS port is told within seconds", "[direct]") {
  Account account = test_account();
  account.security = Security::starttls;
  const auto target = connect(account, {}, AppendMode::automatic);
  REQUIRE(!target);
  CHECK(target.error().code == ErrorCode::tls);
  CHECK_THAT(target.error().what, Catch::Contains("speaks TLS from the start on this port"));
}

TEST_CASE("what only reads reads") {
  const auto target = connect_read_only(test_account(), {});
  if (!target) FAIL(describe(target.error()));
  CHECK((*target)->list());
  CHECK((*target)->select("INBOX"));
  CHECK((*target)->quota("INBOX"));
  (*target)->log_out();
}
