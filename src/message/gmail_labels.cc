// SPDX-License-Identifier: Apache-2.0
// Gmail's own labels, one row a language and meaning.
#include "mboxferry/message/gmail_labels.h"

#include <array>

#include "message/ascii.h"

namespace mboxferry::message {
namespace {

struct SystemLabel {
  LabelMeaning meaning;
  std::string_view label;
};

constexpr std::array kSystemLabels = std::to_array<SystemLabel>({
    {LabelMeaning::inbox, "Inbox"},
    {LabelMeaning::sent, "Sent"},
    {LabelMeaning::sent, "Sent Mail"},
    {LabelMeaning::drafts, "Drafts"},
    {LabelMeaning::spam, "Spam"},
    {LabelMeaning::trash, "Trash"},
    {LabelMeaning::archived, "Archived"},
    {LabelMeaning::starred, "Starred"},
    {LabelMeaning::important, "Important"},
    {LabelMeaning::opened, "Opened"},
    {LabelMeaning::unread, "Unread"},
    {LabelMeaning::chat, "Chat"},
    {LabelMeaning::chat, "Chats"},
    {LabelMeaning::muted, "Muted"},
});

}  // namespace

LabelMeaning label_meaning(std::string_view label) {
  label = trim(label);
  for (const SystemLabel& row : kSystemLabels) {
    if (equals_ignoring_case(row.label, label)) return row.meaning;
  }
  if (starts_with_ignoring_case(label, "Category ")) return LabelMeaning::category;
  return LabelMeaning::user;
}

}  // namespace mboxferry::message
