// SPDX-License-Identifier: Apache-2.0
// Questions as messages, and messages as answers (RFC 1035 section 4), through ldns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/dns/record.h"

namespace mboxferry::dns {

/// Response codes (RFC 1035 section 4.1.1, RFC 2136 section 2.2); all others are refusals too.
enum Rcode : int {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kYxRrset = 7,
  kNxRrset = 8,
  kNotAuth = 9,
  kNotZone = 10
};
/// "NXDOMAIN".
std::string rcode_name(int rcode);

struct Question {
  std::uint16_t id = 0;  ///< random: new_message_id()
  Name name;
  RecordType type = RecordType::a;
  bool recursive = false;
  bool wants_proof = false;       ///< asks whether DNSSEC proves the answer (RFC 4035)
  bool without_checking = false;  ///< and not to withhold one that DNSSEC disproves
};

struct Reply {
  int rcode = kNoError;
  bool authoritative = false;
  bool authenticated = false;       ///< the AD bit: the resolver has checked DNSSEC
  std::vector<Record> answers;      ///< of class IN and known types only
  std::vector<Record> authorities;  ///< likewise
};

std::uint16_t new_message_id();

std::string question_message(const Question& question);

/// Error `protocol` when it is not the reply to this question, is cut off or cannot be read;
/// `place` names the server in the text.
Result<Reply> parse_reply(std::string_view message, const Question& question,
                          const std::string& place);

}  // namespace mboxferry::dns
