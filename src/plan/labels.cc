// SPDX-License-Identifier: Apache-2.0
// Labels to mailboxes and keywords.
#include "mboxferry/plan/labels.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "mboxferry/message/gmail_labels.h"

namespace mboxferry::plan {
namespace {

using message::LabelMeaning;

constexpr std::array<std::pair<LabelPolicy, std::string_view>, 3> kPolicyNames{{
    {LabelPolicy::none, "none"},
    {LabelPolicy::first, "first"},
    {LabelPolicy::all, "all"},
}};

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// The labels of one message by what they are good for.
struct SortedLabels {
  std::vector<std::string> discarded;  // Spam and Trash
  std::vector<std::string> mailboxes;
  std::vector<std::string> archived;
  std::vector<std::string> user;
  std::vector<std::string> keywords;
};

void sort_in(SortedLabels& sorted, const std::string& label) {
  switch (message::label_meaning(label)) {
    case LabelMeaning::spam:
    case LabelMeaning::trash:
      return add_once(sorted.discarded, label);
    case LabelMeaning::inbox:
    case LabelMeaning::sent:
    case LabelMeaning::drafts:
      return add_once(sorted.mailboxes, label);
    case LabelMeaning::chat:
      return add_once(sorted.mailboxes, "Chats");
    case LabelMeaning::user:
      add_once(sorted.user, label);
      return add_once(sorted.mailboxes, label);
    case LabelMeaning::archived:
      return add_once(sorted.archived, label);
    case LabelMeaning::important:
      return add_once(sorted.keywords, "$Important");
    case LabelMeaning::keyword:
      return add_once(sorted.keywords, label.substr(message::kKeywordPrefix.size()));
    case LabelMeaning::category:
    case LabelMeaning::muted:
      return add_once(sorted.keywords, label);
    case LabelMeaning::starred:
    case LabelMeaning::opened:
    case LabelMeaning::unread:
      return;
  }
}

}  // namespace

std::string_view label_policy_name(LabelPolicy policy) {
  return kPolicyNames[static_cast<std::size_t>(policy)].second;
}

std::optional<LabelPolicy> label_policy_from_name(std::string_view name) {
  for (const auto& [policy, known] : kPolicyNames) {
    if (known == name) return policy;
  }
  return std::nullopt;
}

LabelChoice choose_labels(const std::vector<std::string>& labels, LabelPolicy policy) {
  SortedLabels sorted;
  for (const std::string& label : labels) sort_in(sorted, label);
  LabelChoice choice;
  choice.keywords = std::move(sorted.keywords);
  if (policy != LabelPolicy::none) {
    choice.mailboxes = !sorted.discarded.empty()   ? std::move(sorted.discarded)
                       : !sorted.mailboxes.empty() ? std::move(sorted.mailboxes)
                                                   : std::move(sorted.archived);
    if (policy == LabelPolicy::first && choice.mailboxes.size() > 1) choice.mailboxes.resize(1);
  }
  for (const std::string& label : sorted.user) {
    const bool has_mailbox = std::find(choice.mailboxes.begin(), choice.mailboxes.end(), label) !=
                             choice.mailboxes.end();
    if (!has_mailbox) add_once(choice.keywords, label);
  }
  return choice;
}

}  // namespace mboxferry::plan
