// SPDX-License-Identifier: Apache-2.0
// The server that the contract is held against.
#include "contract_server.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "mboxferry/message/metadata.h"

namespace mboxferry::contract {

using namespace imap;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  REQUIRE(value != nullptr);
  return value;
}

Account test_account() {
  Account account;
  account.host = environment("MBOXFERRY_TEST_IMAP_HOST");
  account.port = static_cast<std::uint16_t>(std::stoi(environment("MBOXFERRY_TEST_IMAP_PORT")));
  account.user = environment("MBOXFERRY_TEST_IMAP_USER");
  account.ca_file = environment("MBOXFERRY_TEST_IMAP_CA_FILE");
  std::ifstream file(environment("MBOXFERRY_TEST_IMAP_PASSWORD_FILE"), std::ios::binary);
  std::string password{std::istreambuf_iterator<char>(file), {}};
  if (password.ends_with('\n')) password.pop_back();
  account.password = Secret(std::move(password));
  return account;
}

Server server() {
  const std::string name = environment("MBOXFERRY_TEST_IMAP_SERVER");
  if (name == "fake") return Server::fake;
  if (name == "courier") return Server::courier;
  return name == "cyrus" ? Server::cyrus : Server::dovecot;
}

Namespace name_space() {
  return server() == Server::courier ? Namespace{"INBOX.", '.'} : Namespace{};
}

bool is_hidden(std::string_view capability) {
  const std::string all = " " + environment("MBOXFERRY_TEST_IMAP_HIDDEN") + " ";
  return all.find(" " + std::string(capability) + " ") != std::string::npos;
}

std::unique_ptr<Target> connected(AppendMode mode) {
  auto target = connect(test_account(), {}, mode);
  if (!target) FAIL(describe(target.error()));
  return std::move(*target);
}

std::string own_name(const std::string& name) {
  std::string full = environment("MBOXFERRY_TEST_IMAP_VARIANT") + " " + name;
  std::replace(full.begin(), full.end(), '/', name_space().separator);
  return name_space().prefix + full;
}

std::string fresh_mailbox(Target& target, const std::string& name) {
  const auto created = target.create(own_name(name));
  if (!created) FAIL(describe(created.error()));
  return own_name(name);
}

Result<void> Texts::write(std::size_t index, const LiteralWriter& out) {
  std::string_view rest = texts.at(index);
  rest.remove_suffix(withheld);
  while (!rest.empty()) {
    MBOXFERRY_TRY(out(rest.substr(0, piece)));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  return ok();
}

Result<void> Texts::approve() {
  if (approved) return ok();
  return Error{ErrorCode::archive_changed, "changed", ""};
}

std::string text_of(std::size_t number, std::size_t size) {
  std::string text = "From: a@example.org\r\nMessage-ID: <m" + std::to_string(number) +
                     "@example.org>\r\n\r\nx1 LOGOUT\r\n";
  while (text.size() < size) text += "body of message " + std::to_string(number) + "\r\n";
  return text;
}

std::vector<AppendMessage> heads_of(const Texts& source) {
  std::vector<AppendMessage> heads;
  for (std::size_t i = 0; i < source.texts.size(); ++i) {
    AppendMessage head;
    head.wire_size = source.texts[i].size();
    head.flags = i % 3 == 0 ? message::kSeen : 0;
    if (i % 50 == 7) head.keywords = {"Work"};
    if (i % 10 != 9) {
      head.internal_date = Timestamp{1'000'000'000 + static_cast<std::int64_t>(i), 120};
    }
    heads.push_back(head);
  }
  return heads;
}

std::vector<AppendOutcome> all_outcomes(Target& target, std::size_t messages) {
  std::vector<AppendOutcome> outcomes;
  for (std::size_t answered = 0; answered < messages; answered += outcomes.back().count) {
    auto outcome = target.receive();
    if (!outcome) FAIL(describe(outcome.error()));
    outcomes.push_back(*outcome);
  }
  return outcomes;
}

std::vector<FetchedMessage> fetched(Target& target, const std::string& mailbox) {
  REQUIRE(target.select(mailbox));
  std::vector<FetchedMessage> messages;
  const auto done =
      target.fetch({1, 0xffffffff}, {.with_message_id = true}, [&](const FetchedMessage& message) {
        messages.push_back(message);
        return ok();
      });
  if (!done) FAIL(describe(done.error()));
  return messages;
}

Texts texts_of(std::size_t count) {
  Texts source;
  for (std::size_t i = 0; i < count; ++i) source.texts.push_back(text_of(i));
  return source;
}

std::vector<AppendMessage> bare_heads_of(const Texts& source) {
  std::vector<AppendMessage> heads(source.texts.size());
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i].wire_size = source.texts[i].size();
  return heads;
}

std::vector<Uid> store(Target& target, const std::string& mailbox,
                       const std::vector<AppendMessage>& heads, Texts& source) {
  const auto sent = target.append(1, mailbox, heads, source);
  if (!sent) FAIL(describe(sent.error()));
  std::vector<Uid> uids;
  for (const AppendOutcome& outcome : all_outcomes(target, heads.size())) {
    INFO(outcome.text);
    REQUIRE(outcome.kind == AppendOutcome::Kind::stored);
    REQUIRE(outcome.uids.size() == (target.capabilities().uidplus ? outcome.count : 0));
    uids.insert(uids.end(), outcome.uids.begin(), outcome.uids.end());
  }
  CHECK(target.unanswered().empty());
  return uids;
}

}  // namespace mboxferry::contract
