// SPDX-License-Identifier: Apache-2.0
// Numbers of sender lists, by entry.
#include "mboxferry/report/sender_facts.h"

#include <fmt/format.h>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kMostEntryLines = 10;

std::string_view action_word(const journal::SenderSum& sum) {
  if (sum.entry.allows && sum.action == journal::SenderAction::none) return "allowed";
  return journal::action_name(sum.action);
}

}  // namespace

Result<std::optional<SenderFacts>> sender_facts(const journal::Journal& journal,
                                                std::size_t limit) {
  MBOXFERRY_ASSIGN(const auto lists, journal.note(journal::kSenderListsNote));
  if (!lists) return std::optional<SenderFacts>();
  SenderFacts facts;
  MBOXFERRY_ASSIGN(facts.sums, journal.sender_sums(limit));
  MBOXFERRY_ASSIGN(facts.sum_count, journal.sender_sum_count());
  MBOXFERRY_ASSIGN(const auto totals, journal.sender_totals());
  for (const auto& [mailbox, sum] : totals) {
    facts.totals.blocked += sum.blocked;
    facts.totals.allowed += sum.allowed;
    facts.totals.rescued += sum.rescued;
  }
  return std::optional(std::move(facts));
}

void write_sender_facts(JsonStream& json, const SenderFacts& facts) {
  json.begin_object()
      .member("blocked", facts.totals.blocked)
      .member("allowed", facts.totals.allowed)
      .member("rescued", facts.totals.rescued)
      .member("entries_in_all", facts.sum_count);
  json.key("entries").begin_array();
  for (const journal::SenderSum& sum : facts.sums) {
    json.begin_object()
        .member("file", sum.entry.file)
        .member("line", sum.entry.line)
        .member("entry", sum.entry.text)
        .member("list", sum.entry.global ? "global" : "account")
        .member("kind", sum.entry.allows ? "allow" : "block")
        .member("action", journal::action_name(sum.action))
        .member("messages", sum.messages)
        .end_object();
  }
  json.end_array().end_object();
}

std::string sender_lines(const SenderFacts& facts, std::string_view indent) {
  std::string lines =
      fmt::format("{}sender lists: {} of blocked senders, {} of allowed ones", indent,
                  counted(facts.totals.blocked, "message"), facts.totals.allowed);
  if (facts.totals.rescued > 0) lines += fmt::format(" ({} out of junk)", facts.totals.rescued);
  lines += "\n";
  for (std::size_t i = 0; i < facts.sums.size() && i < kMostEntryLines; ++i) {
    const journal::SenderSum& sum = facts.sums[i];
    lines += fmt::format("{}  {:>8} {}: {}\n", indent, sum.messages, action_word(sum),
                         printable(journal::describe(sum.entry)));
  }
  if (facts.sum_count > kMostEntryLines)
    lines += fmt::format("{}  and {} more; the JSON report has them\n", indent,
                         facts.sum_count - kMostEntryLines);
  return lines;
}

}  // namespace mboxferry::report
