// SPDX-License-Identifier: Apache-2.0
// SEARCH for a few messages in each of several mailboxes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/session/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// How many mailboxes are asked about in one piece: what is sent, some 2 KB for each, must fit into
/// buffers while nobody reads the answers.
inline constexpr std::size_t kMostInquiries = 16;

/// The keys of a SEARCH for any of these messages; empty when nothing can be searched for.
std::string search_keys(std::span<const Likeness> likenesses, bool exact_size);

/// SELECT and UID SEARCH of several mailboxes, sent in one piece. A server answers in order,
/// because what a SEARCH means depends on the SELECT before it (RFC 3501 section 5.5).
class MailboxSearch {
 public:
  struct Found {
    std::optional<SelectedMailbox> selected;  ///< nothing: it cannot be, or see `was_selected`
    bool was_selected = false;                ///< before; it was not selected again
    bool answered = true;
    std::vector<Uid> uids;      ///< of messages that match, ascending, a bounded number
    std::optional<Error> busy;  ///< the server asks to be asked later
  };

  explicit MailboxSearch(Connection& connection) : connection_(connection) {}

  /// `quoted_name`: the wire name as a quoted string; empty: it is the one that is selected.
  void add(const Inquiry& inquiry, const std::string& quoted_name);
  Result<void> send();
  /// The answer about the next of them. An error means that the connection is gone.
  Result<Found> read(const Inquiry& inquiry);

 private:
  struct Tags {
    std::string select;  ///< empty: not sent
    std::string search;  ///< empty: not sent
  };

  Connection& connection_;
  std::string lines_;
  std::vector<Tags> sent_;
  std::size_t next_ = 0;
};

/// What a walk with Message-IDs tells of these messages of the selected mailbox.
Result<std::vector<FetchedMessage>> fetch_facts(Connection& connection,
                                                const std::vector<Uid>& uids);

}  // namespace mboxferry::imap
