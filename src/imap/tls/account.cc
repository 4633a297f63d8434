// SPDX-License-Identifier: Apache-2.0
// Accounts: their labels, and the names of what they are told by.
#include "mboxferry/imap/account.h"

namespace mboxferry::imap {
std::string Account::label() const { return user + "@" + host + ":" + std::to_string(port); }

std::optional<Compression> compression_from_name(std::string_view name) {
  if (name == "auto") return Compression::automatic;
  if (name == "on") return Compression::on;
  if (name == "off") return Compression::off;
  return {};
}

}  // namespace mboxferry::imap
