// SPDX-License-Identifier: Apache-2.0
// Mailboxes that are selected and read before their turn.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/session/connection.h"
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
    std::size_t pages = 1;
  };

  explicit LookAhead(Connection& connection) : connection_(connection) {}

  Result<void> ask(std::span<const Wanted> wanted);
  /// The answer to the next SELECT on its way; nothing when that is of another mailbox, or there is
  /// none.
  Result<std::optional<SelectedMailbox>> select(const std::string& mailbox);
  /// Pages of the mailbox that was selected last that hold the whole range, or none. They are the
  /// caller's to read then, before anything else is.
  std::vector<AskedPage> take_pages(UidRange range);
  /// Reads what is on its way, for nobody. True: a mailbox has been selected for nobody, too.
  Result<bool> drop();
  [[nodiscard]] bool is_on_its_way() const { return !pages_.empty() || !looks_.empty(); }

 private:
  struct Look {
    std::string mailbox;
    std::string select_tag;
    std::deque<AskedPage> pages;
  };

  Result<void> drop_pages();
  Result<void> pass(std::string_view tag);

  Connection& connection_;
  std::deque<Look> looks_;       ///< on their way
  std::deque<AskedPage> pages_;  ///< of the mailbox that was selected last
};

}  // namespace mboxferry::imap
