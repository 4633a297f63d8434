// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are selected and read before their turn.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include "imap/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// A command `UID FETCH first:last` that is on its way.
struct AskedPage {
  std::string tag;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
};

/// Sends SELECT and FETCH of several mailboxes in one piece, so that a tree of many small mailboxes
/// does not cost two round trips for each. A server answers in order, because what a command means
/// depends on the SELECT before it (RFC 3501 section 5.5). See ReadOnlyTarget::look_ahead.
class LookAhead {
 public:
  struct Wanted {
    std::string mailbox;
    std::string quoted_name;  ///< the wire name as a quoted string
    Uid first = 1;
  };

  explicit LookAhead(Connection& connection) : connection_(connection) {}

  Result<void> ask(std::span<const Wanted> wanted);
  /// The answer to the next SELECT on its way; nothing when that is of another mailbox, or there is
  /// none.
  Result<std::optional<SelectedMailbox>> select(const std::string& mailbox);
  /// The page of the mailbox that was selected last, when it holds the whole range. It is the
  /// caller's to read then.
  std::optional<AskedPage> take_page(UidRange range);
  /// Reads what is on its way, for nobody. True: a mailbox has been selected for nobody, too.
  Result<bool> drop();
  [[nodiscard]] bool is_on_its_way() const { return page_ || !looks_.empty(); }

 private:
  struct Look {
    std::string mailbox;
    std::string select_tag;
    AskedPage page;
  };

  Result<void> drop_page();
  Result<void> pass(std::string_view tag);

  Connection& connection_;
  std::deque<Look> looks_;         ///< on their way
  std::optional<AskedPage> page_;  ///< of the mailbox that was selected last
};

}  // namespace mboxferry::imap
