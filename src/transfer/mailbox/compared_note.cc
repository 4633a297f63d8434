// SPDX-License-Identifier: Apache-2.0
// The note as text.
#include "transfer/mailbox/compared_note.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kMostNotedRanges = 10'000;

bool read_number(std::string_view& text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

}  // namespace

void UidSet::add(journal::Uid uid) {
  // The first range that ends at or behind the UID before this one.
  const auto at = std::lower_bound(
      ranges_.begin(), ranges_.end(), uid,
      [](const auto& range, journal::Uid value) { return range.second + 1 < value; });
  if (at == ranges_.end() || at->first > uid + 1) {
    ranges_.insert(at, {uid, uid});
    return;
  }
  at->first = std::min(at->first, uid);
  at->second = std::max(at->second, uid);
  const auto next = at + 1;
  if (next == ranges_.end() || next->first > at->second + 1) return;
  at->second = std::max(at->second, next->second);
  ranges_.erase(next);
}

bool UidSet::contains(journal::Uid uid) const {
  const auto at =
      std::lower_bound(ranges_.begin(), ranges_.end(), uid,
                       [](const auto& range, journal::Uid value) { return range.second < value; });
  return at != ranges_.end() && at->first <= uid;
}

std::string UidSet::to_text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", first) : fmt::format("{}:{}", first, last);
  }
  return text.empty() ? "-" : text;
}

bool UidSet::read(std::string_view text) {
  ranges_.clear();
  if (text == "-") return true;
  for (;;) {
    journal::Uid first = 0;
    if (!read_number(text, first)) return false;
    journal::Uid last = first;
    if (text.starts_with(':')) {
      text.remove_prefix(1);
      if (!read_number(text, last)) return false;
    }
    const bool ascends = first <= last && (ranges_.empty() || ranges_.back().second < first);
    if (!ascends) return false;
    ranges_.emplace_back(first, last);
    if (text.empty()) return true;
    if (!text.starts_with(',')) return false;
    text.remove_prefix(1);
  }
}

std::string Compared::to_text() const {
  if (not_in_order.ranges() > kMostNotedRanges || without_flags.ranges() > kMostNotedRanges)
    return {};
  return fmt::format("{} {} {} {}", uid_validity, last, not_in_order.to_text(),
                     without_flags.to_text());
}

std::string compared_note(journal::MailboxId mailbox) {
  return fmt::format("compared.{}", mailbox);
}

Result<Compared> compared_before(const journal::MailboxRow& mailbox,
                                 const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(compared_note(mailbox.id)));
  Compared compared;
  std::string_view text = note ? std::string_view(*note) : std::string_view();
  std::string_view validity = take_word(text);
  std::string_view last = take_word(text);
  const bool known =
      read_number(validity, compared.uid_validity) && read_number(last, compared.last) &&
      compared.not_in_order.read(take_word(text)) && compared.without_flags.read(take_word(text)) &&
      compared.uid_validity == mailbox.uid_validity;
  if (known) return compared;
  compared = {};
  compared.uid_validity = mailbox.uid_validity;
  return compared;
}

}  // namespace mboxferry::transfer
