// SPDX-License-Identifier: Apache-2.0
// The mailboxes that have a purpose (RFC 6154), by attribute and by what programs call them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/plan/mapping.h"

namespace mboxferry::plan {

enum class SpecialUse : std::uint8_t { inbox, sent, drafts, junk, trash, archive };

/// "INBOX", "\Sent" and so on.
std::string_view attribute_of(SpecialUse use);

/// What a folder of this name is for, by the table of names that mail programs give such folders
/// in English, French, German, Italian, Spanish, Dutch and Portuguese. Case and accents do not
/// count.
std::optional<SpecialUse> special_use_named(std::string_view name);

/// The mailboxes of a server that have a use.
class SpecialMailboxes {
 public:
  explicit SpecialMailboxes(const ServerNames& server);

  /// The mailbox for a use: the one that the server marks so, else one with a name out of the
  /// table, `own` (a whole mailbox name) before all others. Nothing when the server has none.
  [[nodiscard]] std::optional<std::string> find(SpecialUse use, const std::string& own) const;

  /// The use that the server itself gives the mailbox of this name.
  [[nodiscard]] std::optional<SpecialUse> use_of(const std::string& mailbox) const;

 private:
  struct Marked {
    SpecialUse use;
    std::string name;
  };
  struct Named {
    SpecialUse use;
    std::size_t row;  ///< in the table of names
    std::string name;
  };
  std::vector<Marked> marked_;
  std::vector<Named> named_;
};

}  // namespace mboxferry::plan
