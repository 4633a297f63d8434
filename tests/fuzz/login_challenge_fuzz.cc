// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever a server says while it is logged in to, the login ends, lets in nobody that
// did not prove itself, and shows no secret.
//
// Byte 0 is the way to log in. The rest is what the server says, in lines; 0x1d stands for the tag
// of the last command.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "imap/target/imap_target.h"
#include "support/scripted_stream.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr std::string_view kSecret = "opensesame";
constexpr std::string_view kMechanisms[] = {"PLAIN",         "LOGIN",   "SCRAM-SHA-1",
                                            "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"};

void require(bool holds) {
  if (!holds) std::abort();
}

class Tokens final : public TokenSource {
 public:
  Result<Secret> token() override { return Secret(std::string(kSecret)); }
  Result<Secret> token_after(const Secret&) override {
    require(++renewals_ == 1);
    return Secret(std::string(kSecret) + "2");
  }

 private:
  int renewals_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view mechanism = kMechanisms[data[0] % std::size(kMechanisms)];
  std::string_view lines(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string greeting =
      "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGINDISABLED AUTH=" + std::string(mechanism) + "] x\r\n";
  const auto script = [&](std::string_view, bool waited_for) -> std::optional<std::string> {
    if (!greeting.empty()) return std::exchange(greeting, {});
    if (!waited_for || lines.empty()) return std::nullopt;
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    std::string said(line);
    // All commands but the login's renewal have this tag.
    for (std::size_t at = said.find('\x1d'); at != std::string::npos; at = said.find('\x1d'))
      said.replace(at, 1, "t1");
    return said + "\r\n";
  };
  Account account;
  account.host = "server";
  account.user = "anne";
  if (mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER") {
    account.tokens = std::make_shared<Tokens>();
  } else {
    account.password = Secret(std::string(kSecret));
  }
  const auto sent = std::make_shared<std::string>();
  ConnectionOptions options;
  std::string shown;
  options.trace = [&shown](std::string_view line) { shown += line; };
  const auto target = connect_on(std::make_unique<test::ScriptedStream>(script, sent), account,
                                 options, AppendMode::automatic, "t");
  require(target || describe(target.error()).find(kSecret) == std::string::npos);
  require(shown.find(kSecret) == std::string::npos);
  // Nobody who does not know the password can sign for this run's nonce.
  if (mechanism.starts_with("SCRAM")) require(!target);
  // What is sent in any round is bounded.
  require(sent->size() < 20'000);
  return 0;
}
