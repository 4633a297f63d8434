// SPDX-License-Identifier: Apache-2.0
// Which heads of an APPEND a server has taken before.
#include "mboxferry/imap/server_knowledge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mboxferry/base/words.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kMostKnown = 512;
// Some servers have a limit of their own for longer ones.
constexpr std::size_t kOrdinaryKeyword = 32;
constexpr std::size_t kOrdinaryList = 1000;  ///< bytes of all keywords of a message

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_plain(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// The forms of a date that a server may take differently: none, near the epoch's beginning, behind
/// the end of 32 bits, any other.
std::uint8_t date_form(const AppendMessage& message) {
  constexpr std::int64_t kTwoDays = 2 * 86400;
  constexpr std::int64_t kLast32Bit = 0x7fffffff;
  if (!message.internal_date) return 1;
  const std::int64_t seconds = message.internal_date->unix_seconds;
  if (seconds < kTwoDays) return 2;
  return seconds > kLast32Bit - kTwoDays ? 4 : 8;
}

/// True when the list of keywords is short enough for any server's limit of a line.
bool is_ordinary(const std::vector<std::string>& keywords) {
  std::size_t bytes = 0;
  for (const std::string& word : keywords) bytes += word.size() + 1;
  return bytes <= kOrdinaryList;
}

}  // namespace

/// One word for all keywords of a kind; no keyword has a space.
std::string ServerKnowledge::key_of(const std::string& keyword) const {
  if (!by_kind_ || keyword.size() > kOrdinaryKeyword || same_word(keyword, "NIL")) return keyword;
  const bool dollar = keyword.starts_with('$');
  const std::string_view name = std::string_view(keyword).substr(dollar ? 1 : 0);
  const bool plain =
      !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_plain);
  if (!plain) return keyword;
  return dollar ? "any $" : "any letter";
}

bool ServerKnowledge::covers(std::string_view quoted_mailbox, const AppendMessage& message) const {
  const std::lock_guard guard(mutex_);
  return (message.flags & ~flags_) == 0 && (dates_ & date_form(message)) != 0 &&
         is_ordinary(message.keywords) &&
         std::all_of(
             message.keywords.begin(), message.keywords.end(),
             [this](const std::string& word) { return keywords_.contains(key_of(word)); }) &&
         mailboxes_.find(quoted_mailbox) != mailboxes_.end();
}

void ServerKnowledge::learn_mailbox(std::string_view quoted_mailbox) {
  const std::lock_guard guard(mutex_);
  // Whoever still sends into one of the others asks for it once more.
  if (mailboxes_.size() == kMostKnown) mailboxes_.clear();
  mailboxes_.emplace(quoted_mailbox);
}

void ServerKnowledge::learn(std::string_view quoted_mailbox, const AppendMessage& message) {
  learn_mailbox(quoted_mailbox);
  const std::lock_guard guard(mutex_);
  for (const std::string& word : message.keywords) {
    if (keywords_.size() < kMostKnown) keywords_.insert(key_of(word));
  }
  flags_ |= message.flags;
  dates_ |= date_form(message);
}

void ServerKnowledge::learn_flag_list() {
  const std::lock_guard guard(mutex_);
  wants_flag_list_ = true;
}

bool ServerKnowledge::wants_flag_list() const {
  const std::lock_guard guard(mutex_);
  return wants_flag_list_;
}

void ServerKnowledge::learn_names_beyond_bmp(bool listed) {
  const std::lock_guard guard(mutex_);
  lists_beyond_bmp_ = listed;
}

std::optional<bool> ServerKnowledge::lists_names_beyond_bmp() const {
  const std::lock_guard guard(mutex_);
  return lists_beyond_bmp_;
}

void ServerKnowledge::learn_lost_input() {
  const std::lock_guard guard(mutex_);
  loses_input_ = true;
}

bool ServerKnowledge::loses_input() const {
  const std::lock_guard guard(mutex_);
  return loses_input_;
}

/// Modes are declared from the one that asks most of a server to the one that asks least.
void ServerKnowledge::learn_append_mode(AppendMode most) {
  const std::lock_guard guard(mutex_);
  most_append_mode_ = std::max(most, most_append_mode_.value_or(most));
}

AppendMode ServerKnowledge::possible(AppendMode mode) const {
  const std::lock_guard guard(mutex_);
  return std::max(mode, most_append_mode_.value_or(mode));
}

void ServerKnowledge::learn_cut_page(std::size_t shown) {
  constexpr std::uint64_t kFirstLimit = 256;
  const std::lock_guard guard(mutex_);
  if (++cut_pages_ < 2) return;
  const std::uint64_t fewer =
      page_limit_ ? std::max<std::uint64_t>(*page_limit_ / 8, 1) : kFirstLimit;
  page_limit_ = shown > 0 ? std::min<std::uint64_t>(shown, page_limit_.value_or(shown)) : fewer;
}

std::optional<std::uint64_t> ServerKnowledge::page_limit() const {
  const std::lock_guard guard(mutex_);
  return page_limit_;
}

bool ServerKnowledge::put_off(PutOffSubscription subscription) {
  const std::lock_guard guard(mutex_);
  if (put_off_.size() >= kMostKnown) return false;
  put_off_.push_back(std::move(subscription));
  return true;
}

std::vector<PutOffSubscription> ServerKnowledge::take_put_off(
    std::chrono::steady_clock::time_point by) {
  const std::lock_guard guard(mutex_);
  const auto later = std::stable_partition(put_off_.begin(), put_off_.end(),
                                           [&](const auto& one) { return one.due <= by; });
  std::vector<PutOffSubscription> taken(std::make_move_iterator(put_off_.begin()),
                                        std::make_move_iterator(later));
  put_off_.erase(put_off_.begin(), later);
  return taken;
}

void ServerKnowledge::forget() {
  const std::lock_guard guard(mutex_);
  mailboxes_.clear();
  keywords_.clear();
  flags_ = 0;
  dates_ = 0;
  by_kind_ = false;
}

}  // namespace mboxferry::imap
