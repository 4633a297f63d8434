// SPDX-License-Identifier: Apache-2.0
// The server that the contract is held against, and the messages that it gets.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/imap/target.h"

namespace mboxferry::contract {

/// Which server it is, where it differs from the others.
enum class Server { fake, dovecot, cyrus, courier };
Server server();
/// How the server names mailboxes.
imap::Namespace name_space();
/// True when the variant hides this capability.
bool is_hidden(std::string_view capability);
std::string environment(const char* name);

imap::Account test_account();
std::unique_ptr<imap::Target> connected(imap::AppendMode mode = imap::AppendMode::automatic);
/// Makes a mailbox that no other test and no other variant uses, and returns its name.
std::string fresh_mailbox(imap::Target& target, const std::string& name);
/// The same without making it. The levels of `name` have `/` between them.
std::string own_name(const std::string& name);

/// Messages from memory.
class Texts final : public imap::LiteralSource {
 public:
  std::vector<std::string> texts;
  bool approved = true;
  std::size_t piece = 1000;
  std::size_t withheld = 0;  ///< bytes not written of each message

  Result<void> write(std::size_t index, const imap::LiteralWriter& out) override;
  Result<void> approve() override;
};

std::string text_of(std::size_t number, std::size_t size = 300);
/// `count` texts, the first of number 0.
Texts texts_of(std::size_t count);
/// With flags, keywords and dates that differ.
std::vector<imap::AppendMessage> heads_of(const Texts& source);
/// Nothing but the size.
std::vector<imap::AppendMessage> bare_heads_of(const Texts& source);
std::vector<imap::AppendOutcome> all_outcomes(imap::Target& target, std::size_t messages);
/// Sends all, and takes it that all is stored; the UIDs, none without UIDPLUS.
std::vector<imap::Uid> store(imap::Target& target, const std::string& mailbox,
                             const std::vector<imap::AppendMessage>& heads, Texts& source);
std::vector<imap::FetchedMessage> fetched(imap::Target& target, const std::string& mailbox);

}  // namespace mboxferry::contract
