// SPDX-License-Identifier: Apache-2.0
// Sets of entries, compared without regard to spelling.
#include "mboxferry/provider/sender_entries.h"

#include <algorithm>
#include <unordered_set>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::provider {
namespace {

using List = std::vector<std::string>;
using Keys = std::unordered_set<std::string>;

Keys keys_of(const List& list) {
  Keys keys;
  for (const std::string& entry : list) keys.insert(compared_entry(entry));
  return keys;
}

List chosen(const List& list, const List& others, bool wants_shared) {
  const Keys keys = keys_of(others);
  List found;
  for (const std::string& entry : list)
    if (keys.contains(compared_entry(entry)) == wants_shared) found.push_back(entry);
  return found;
}

void append(List& list, const List& more) { list.insert(list.end(), more.begin(), more.end()); }

/// What is wanted on one list and stands neither there nor on the other one.
void add_wanted(const List& wanted, const List& kept, const List& other, List& added,
                List& conflicts) {
  Keys there = keys_of(kept);
  const Keys opposite = keys_of(other);
  for (const std::string& entry : wanted) {
    std::string key = compared_entry(entry);
    if (opposite.contains(key)) {
      conflicts.push_back(entry);
    } else if (there.insert(std::move(key)).second) {
      added.push_back(entry);
    }
  }
}

}  // namespace

std::string compared_entry(std::string_view entry) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = std::min(entry.find_first_not_of(kBlank), entry.size());
  entry = entry.substr(begin, entry.find_last_not_of(kBlank) + 1 - begin);
  const std::size_t at = entry.rfind('@');
  const std::size_t domain = at == std::string_view::npos ? 0 : at + 1;
  std::string key;
  for (const char c : entry.substr(0, domain)) key += to_lower(c);
  policy::append_compared_domain(key, entry.substr(domain));
  return key;
}

SenderEntries without(const SenderEntries& entries, const SenderEntries& others) {
  return {chosen(entries.allowed, others.allowed, false),
          chosen(entries.blocked, others.blocked, false)};
}

SenderEntries in_both(const SenderEntries& entries, const SenderEntries& others) {
  return {chosen(entries.allowed, others.allowed, true),
          chosen(entries.blocked, others.blocked, true)};
}

SenderEntries joined(const SenderEntries& entries, const SenderEntries& others) {
  SenderEntries all = entries;
  const SenderEntries more = without(others, entries);
  append(all.allowed, more.allowed);
  append(all.blocked, more.blocked);
  return all;
}

SenderMerge merge_senders(const SenderEntries& now, const SenderEntries& ours,
                          const SenderEntries& wanted) {
  SenderMerge merge;
  merge.removed = without(in_both(now, ours), wanted);
  merge.result = without(now, merge.removed);
  const SenderEntries kept = merge.result;
  add_wanted(wanted.allowed, kept.allowed, kept.blocked, merge.added.allowed,
             merge.conflicts.allowed);
  add_wanted(wanted.blocked, kept.blocked, kept.allowed, merge.added.blocked,
             merge.conflicts.blocked);
  append(merge.result.allowed, merge.added.allowed);
  append(merge.result.blocked, merge.added.blocked);
  return merge;
}

}  // namespace mboxferry::provider
