// SPDX-License-Identifier: Apache-2.0
// What the sink keeps of the mail that it was given.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mboxferry::bench {

/// What a comparison asks for; the bytes are forgotten.
struct SinkMail {
  std::uint32_t size = 0;
  std::array<char, 26> date{};  ///< as APPEND gave it
  std::string flags;            ///< separated by spaces
  std::string message_id;       ///< the field's line, without its end; empty when there is none
};

struct SinkMailbox {
  std::uint32_t uid_validity = 0;
  std::deque<SinkMail> mail;  ///< the UID is the position plus one
};

/// The mailboxes of one account, by their names on the wire.
struct SinkAccount {
  std::mutex mutex;
  std::map<std::string, SinkMailbox> mailboxes{{"INBOX", SinkMailbox{1, {}}}};
};

/// All accounts; one is there as soon as somebody logs in. Any thread.
class SinkStore {
 public:
  SinkAccount& account(const std::string& user) {
    const std::scoped_lock lock(mutex_);
    return accounts_[user];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, SinkAccount> accounts_;
};

}  // namespace mboxferry::bench
