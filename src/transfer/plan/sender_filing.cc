// SPDX-License-Identifier: Apache-2.0
// Messages and sender lists.
#include "transfer/plan/sender_filing.h"

#include <strings.h>

#include <algorithm>

namespace mboxferry::transfer {
namespace {

constexpr const char* kJunkKeyword = "$Junk";
constexpr const char* kNotJunkKeyword = "$NotJunk";

using journal::SenderAction;
using Outcome = policy::Verdict::Outcome;

journal::SenderEntry row_of(const policy::ListEntry& entry) {
  return {std::string(entry.file), entry.line, std::string(entry.text),
          entry.kind == policy::EntryKind::allow, entry.scope == policy::ListScope::global};
}

void remove_keyword(std::vector<std::string>& keywords, const char* keyword) {
  keywords.erase(std::remove_if(keywords.begin(), keywords.end(),
                                [&](const std::string& each) {
                                  return strcasecmp(each.c_str(), keyword) == 0;
                                }),
                 keywords.end());
}

}  // namespace

SenderFiling::SenderFiling(const SenderRules& rules, journal::Journal& journal)
    : rules_(rules),
      journal_(journal),
      judge_(*rules.lists, rules.judging),
      known_(rules.lists->size(), 0) {}

void SenderFiling::begin(const SourceFolder& source, const MailboxBook& book) {
  use_ = plan::folder_use(source.place.path);
  if (book.keeps_own_mail(source)) use_ = plan::FolderUse::own;
}

SenderAction SenderFiling::action_for(Outcome outcome, plan::FolderUse use) const {
  if (outcome == Outcome::allow) {
    const bool rescued = rules_.rescue_allowed && use == plan::FolderUse::junk;
    return rescued ? SenderAction::rescue : SenderAction::none;
  }
  switch (rules_.blocked) {
    case BlockedMail::junk:
      break;
    case BlockedMail::tag:
      return SenderAction::tag;
    case BlockedMail::skip:
      return SenderAction::skip;
    case BlockedMail::report:
      return SenderAction::report;
  }
  return SenderAction::junk;
}

Result<std::int64_t> SenderFiling::known_entry(std::uint32_t number) {
  if (known_[number] == 0) {
    MBOXFERRY_ASSIGN(known_[number],
                     journal_.add_sender_entry(row_of(rules_.lists->entry(number))));
  }
  return known_[number];
}

Result<SenderFiling::Decision> SenderFiling::decide(const IndexedMessage& message) {
  Decision decision;
  if (use_ == plan::FolderUse::own) return decision;
  const plan::FolderUse by_label = plan::labels_use(message.labels);
  if (by_label == plan::FolderUse::own) return decision;
  const policy::Verdict verdict = judge_.judge(message.senders, message.from_line);
  if (verdict.outcome == Outcome::none) return decision;
  const bool in_junk = use_ == plan::FolderUse::junk || by_label == plan::FolderUse::junk;
  MBOXFERRY_ASSIGN(decision.entry, known_entry(verdict.entry));
  decision.action =
      action_for(verdict.outcome, in_junk ? plan::FolderUse::junk : plan::FolderUse::any);
  if (decision.action == SenderAction::skip)
    decision.text = journal::describe(row_of(rules_.lists->entry(verdict.entry)));
  return decision;
}

void mark_keywords(SenderAction action, std::vector<std::string>& keywords) {
  const bool junk = action == SenderAction::junk || action == SenderAction::tag;
  if (!junk && action != SenderAction::rescue) return;
  remove_keyword(keywords, kJunkKeyword);
  remove_keyword(keywords, kNotJunkKeyword);
  keywords.emplace_back(junk ? kJunkKeyword : kNotJunkKeyword);
}

Result<std::string> note_sender_lists(const SenderRules& rules, journal::Journal& journal) {
  std::string told;
  if (!rules.any()) return told;
  const std::string digest = rules.digest();
  MBOXFERRY_ASSIGN(const auto before, journal.note(journal::kSenderListsNote));
  if (before && *before != digest)
    told =
        "the sender lists have changed since the last run: messages that it has read stay as they "
        "were decided, and new ones are judged by the lists as they are now";
  MBOXFERRY_TRY(journal.set_note(journal::kSenderListsNote, digest));
  MBOXFERRY_TRY(journal.set_note(journal::kSenderFilesNote, files_text(rules)));
  return told;
}

}  // namespace mboxferry::transfer
