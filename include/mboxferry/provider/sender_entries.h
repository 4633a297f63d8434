// SPDX-License-Identifier: Apache-2.0
// The sender lists of a mailbox at a provider, and how ours are merged into them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::provider {

/// Addresses and patterns, in the order and spelling of whoever wrote them.
struct SenderEntries {
  std::vector<std::string> allowed;
  std::vector<std::string> blocked;

  [[nodiscard]] bool empty() const { return allowed.empty() && blocked.empty(); }
  [[nodiscard]] std::size_t size() const { return allowed.size() + blocked.size(); }
  bool operator==(const SenderEntries&) const = default;
};

/// The form in which entries are compared: small letters, A-labels, no blanks around it.
std::string compared_entry(std::string_view entry);

/// What is in `entries` and not in `others`, list by list.
SenderEntries without(const SenderEntries& entries, const SenderEntries& others);
/// What is in both, list by list, as `entries` spells it.
SenderEntries in_both(const SenderEntries& entries, const SenderEntries& others);
/// `entries`, and behind them what only `others` have, list by list.
SenderEntries joined(const SenderEntries& entries, const SenderEntries& others);

/// Entries by the lists that they come from.
struct ScopedEntries {
  SenderEntries account;
  SenderEntries global;

  [[nodiscard]] SenderEntries all() const { return joined(account, global); }
  bool operator==(const ScopedEntries&) const = default;
};

/// What a push makes of the lists of a mailbox.
struct SenderMerge {
  SenderEntries result;     ///< what the mailbox is to have
  SenderEntries added;      ///< in `result`, and not there before
  SenderEntries removed;    ///< there before, from an earlier push, and no longer wanted
  SenderEntries conflicts;  ///< wanted, and left out: the mailbox has it on its other list

  [[nodiscard]] bool changes() const { return !added.empty() || !removed.empty(); }
};

/// `now`: what the mailbox has. `ours`: what earlier pushes added to it. Only entries of `ours` are
/// ever removed, and nothing that the mailbox has changes its place or spelling.
SenderMerge merge_senders(const SenderEntries& now, const SenderEntries& ours,
                          const SenderEntries& wanted);

}  // namespace mboxferry::provider
