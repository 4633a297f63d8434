// SPDX-License-Identifier: Apache-2.0
// Messages to be appended, for tests of heads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/imap/target.h"

namespace mboxferry::test {

inline imap::AppendMessage message_with(std::uint8_t flags, std::vector<std::string> keywords = {},
                                        std::optional<Timestamp> date = Timestamp{1'000'000'000,
                                                                                  0}) {
  imap::AppendMessage message;
  message.flags = flags;
  message.keywords = std::move(keywords);
  message.internal_date = date;
  return message;
}

}  // namespace mboxferry::test
