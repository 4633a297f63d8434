// SPDX-License-Identifier: Apache-2.0
// Whose fault a refusal is.
#include "transfer/blame.h"

#include <algorithm>
#include <cctype>

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

constexpr int kMostPatience = 6;    ///< waits for a server that asks for patience
constexpr int kLittlePatience = 4;  ///< for one that only says no
// A server's trouble may be over by then.
constexpr milliseconds kBeforeSecondTry{500};
constexpr milliseconds kBeforeThirdTry{1500};

}  // namespace

std::string lasting_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool number =
        std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number) continue;
    for (const char c : word)
      words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    words += ' ';
  }
  return words;
}

Blame::Blame(Backoff::Random random) : backoff_({milliseconds(1000)}, std::move(random)) {}

Blame::Next Blame::failed(journal::MessageId id, const Complaint& complaint, const Moment& moment) {
  const std::scoped_lock lock(mutex_);
  if (complaint.fault == imap::Fault::message) return Next::refuse;
  Suspect& suspect = suspects_[id];
  const std::string words = lasting_words(complaint.text);
  if (suspect.times == 0 || suspect.words != words) suspect.stored_before = stored_here_;
  suspect.words = words;
  suspect.bad = complaint.bad;
  suspect.closed = complaint.closed;
  ++suspect.times;
  const bool others_pass = stored_here_ > suspect.stored_before;
  suspect.busy = complaint.patience;
  if (!others_pass) note_in_a_row(id, words);
  row_may_be_keywords_ = !complaint.patience && !complaint.bad && !complaint.closed;
  const bool alone = moment.stored_in_job > 0 && in_a_row_.size() < kSeveral;
  // A mailbox that takes others is not at fault, whatever the code says.
  const bool may_be_its_own = others_pass || (alone && complaint.fault != imap::Fault::mailbox);
  const bool its_own = suspect.times >= tries_for(complaint) && may_be_its_own;
  if (its_own && (others_pass || !complaint.patience)) return Next::refuse;
  const bool first_plea = complaint.patience && suspect.times == 1;
  suspect.due.reset();
  // The first BAD may be for its keywords: without them it goes in its place.
  const bool is_dear = complaint.bad || complaint.closed;
  const bool in_place = first_plea || (is_dear && suspect.times == 1);
  if (!in_place)
    suspect.due = moment.now + (suspect.times == 1 ? kBeforeSecondTry : kBeforeThirdTry);
  const bool in_vain =
      complaint.patience || in_a_row_.size() >= kSeveral || suspect.times >= kTries;
  const bool holds = first_plea || complaint.suggested.count() > 0 || (!others_pass && in_vain);
  if (holds && !put_on_hold(complaint, moment) && !others_pass)
    return its_own ? Next::refuse : Next::give_up;
  const bool for_keywords = complaint.bad && suspect.times == 1;
  return first_plea || for_keywords ? Next::again : Next::aside;
}

int Blame::tries_for(const Complaint& complaint) const {
  if (complaint.patience) return kTriesWhileBusy;
  return complaint.closed ? std::min(kTries + proven_cuts_, kTriesWhileCut) : kTries;
}

bool Blame::note_gone(journal::MessageId first, journal::MessageId last) {
  constexpr std::size_t kMost = 1000;
  const std::scoped_lock lock(mutex_);
  const bool before = std::any_of(gone_.begin(), gone_.end(), [&](const auto& range) {
    return range.first <= last && first <= range.second;
  });
  if (before || gone_.size() >= kMost) return false;
  gone_.emplace_back(first, last);
  return true;
}

Blame::Next Blame::failed_together(const Complaint& complaint, const Moment& moment) {
  const std::scoped_lock lock(mutex_);
  const bool waits = complaint.patience && complaint.fault != imap::Fault::message;
  return !waits || put_on_hold(complaint, moment) ? Next::again : Next::give_up;
}

/// False when there was enough waiting. Answers to what was sent before the last hold are no news.
bool Blame::put_on_hold(const Complaint& complaint, const Moment& moment) {
  if (moment.begun < hold_) return true;
  const int most = complaint.patience ? kMostPatience : kLittlePatience;
  if (backoff_.tries() >= (moment.impatient ? 1 : most)) return false;
  hold_ = moment.now + backoff_.next(complaint.suggested);
  return true;
}

void Blame::note_in_a_row(journal::MessageId id, const std::string& words) {
  if (row_words_ != words) in_a_row_.clear();
  row_words_ = words;
  in_a_row_.insert(id);
}

void Blame::stored(journal::MessageId id) {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  if (known != suspects_.end()) {
    if (known->second.closed) ++proven_cuts_;
    suspects_.erase(known);
  }
  something_passed();
}

void Blame::others_passed() {
  const std::scoped_lock lock(mutex_);
  ++proven_cuts_;
  something_passed();
}

void Blame::something_passed() {
  ++stored_here_;
  in_a_row_.clear();
  backoff_.reset();
}

Blame::Tried Blame::tried(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  return known == suspects_.end() ? Tried{}
                                  : Tried{known->second.times, known->second.bad,
                                          known->second.closed, known->second.busy};
}

std::optional<Blame::TimePoint> Blame::due(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  return known == suspects_.end() ? std::nullopt : known->second.due;
}

std::optional<Complaint> Blame::verdict(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  return known == suspects_.end() ? std::nullopt : known->second.verdict;
}

void Blame::set_verdict(journal::MessageId id, Complaint complaint) {
  const std::scoped_lock lock(mutex_);
  suspects_[id].verdict = std::move(complaint);
}

void Blame::forget(journal::MessageId id) {
  const std::scoped_lock lock(mutex_);
  suspects_.erase(id);
}

Blame::TimePoint Blame::hold() const {
  const std::scoped_lock lock(mutex_);
  return hold_;
}

bool Blame::is_probing() const {
  const std::scoped_lock lock(mutex_);
  return backoff_.tries() > 0;
}

bool Blame::suspects_keywords() const {
  const std::scoped_lock lock(mutex_);
  return row_may_be_keywords_ && in_a_row_.size() >= kSeveral && backoff_.tries() % 2 == 1;
}

bool Blame::wants_another_kind() const {
  const std::scoped_lock lock(mutex_);
  return !in_a_row_.empty() && backoff_.tries() > 0 && backoff_.tries() % 2 == 0;
}

}  // namespace mboxferry::transfer
