// SPDX-License-Identifier: Apache-2.0
// Whose fault a refusal is.
#include "transfer/upload/blame.h"

#include <algorithm>
#include <cctype>
#include <utility>

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
  if (suspect.times == 0 || suspect.words != words) {
    suspect.stored_before = stored_here_;
    suspect.stored_in_job = moment.stored_in_job;
    suspect.passed_before = false;
    suspect.told_passed = false;
  }
  if (!std::exchange(suspect.in_this_run, true)) ++suspect.runs;
  suspect.words = words;
  suspect.bad = complaint.bad;
  suspect.closed = complaint.closed;
  ++suspect.times;
  const bool proven_by_runs = is_proven_by_runs(suspect, complaint, moment);
  const bool others_pass = this->others_pass(suspect) || proven_by_runs;
  suspect.busy = complaint.patience;
  if (!others_pass) note_in_a_row(id, words);
  row_may_be_keywords_ = !complaint.patience && !complaint.bad && !complaint.closed;
  // Tries of earlier runs say nothing of how many others fail likewise now.
  const bool looked_now = suspect.runs <= 1 || backoff_.tries() >= kTries;
  const bool alone = moment.stored_in_job > 0 && in_a_row_.size() < kSeveral && looked_now;
  // A mailbox that takes others is not at fault, whatever the code says.
  const bool may_be_its_own = others_pass || (alone && complaint.fault != imap::Fault::mailbox);
  const bool its_own = suspect.times >= tries_for(complaint, moment) && may_be_its_own;
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

bool Blame::others_pass(const Suspect& suspect) const {
  return suspect.passed_before || stored_here_ > suspect.stored_before;
}

/// When nothing is left that could pass in between: the words were those of other messages only, or
/// other mailboxes took mail while this one took none.
bool Blame::is_proven_by_runs(const Suspect& suspect, const Complaint& complaint,
                              const Moment& moment) const {
  if (!moment.none_untried || complaint.fault == imap::Fault::mailbox) return false;
  const bool by_words = moment.refused_with_words >= kSeveral;
  // What this mailbox took itself was on its way when the trouble began.
  const std::uint64_t stored_before =
      suspect.stored_in_job + (stored_here_ - suspect.stored_before);
  const bool elsewhere = took_mail_ && suspect.runs >= kRunsWhileOthersPass &&
                         moment.stored_in_job >= stored_before + kSeveral;
  return by_words || elsewhere;
}

int Blame::tries_for(const Complaint& complaint, const Moment& moment) const {
  // A server that says the same to what it takes the next time is busy.
  if (complaint.patience || (moment.words_passed && !complaint.closed)) return kTriesWhileBusy;
  const int tries = complaint.closed ? std::min(kTries + proven_cuts_, kTriesWhileCut) : kTries;
  // Each of these costs a login.
  const bool is_known =
      moment.refused_with_words >= kSeveral && (complaint.bad || complaint.closed);
  return is_known ? tries - 1 : tries;
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
  took_mail_ = true;
  in_a_row_.clear();
  backoff_.reset();
}

Blame::Tried Blame::tried(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  return known == suspects_.end()
             ? Tried{}
             : Tried{known->second.times, known->second.bad, known->second.closed,
                     known->second.busy, known->second.words};
}

void Blame::recall(journal::MessageId id, const Evidence& evidence) {
  const std::scoped_lock lock(mutex_);
  const auto [place, is_new] = suspects_.try_emplace(id);
  if (!is_new) return;
  Suspect& suspect = place->second;
  suspect.closed = evidence.last == Last::closed;
  suspect.bad = evidence.last == Last::bad;
  suspect.busy = evidence.last == Last::plea;
  // Connections end for many reasons, and which were the network's is not known any more.
  suspect.times = suspect.closed ? 1 : evidence.times;
  suspect.runs = evidence.runs;
  suspect.passed_before = suspect.told_passed = evidence.others_passed;
  suspect.stored_before = stored_here_;
  suspect.stored_in_job = evidence.stored_in_job;
  suspect.words = evidence.words;
  suspect.due = TimePoint();
}

std::optional<Blame::Evidence> Blame::evidence(journal::MessageId id) const {
  const std::scoped_lock lock(mutex_);
  const auto known = suspects_.find(id);
  if (known == suspects_.end() || known->second.times == 0) return std::nullopt;
  const Suspect& suspect = known->second;
  const Last last = suspect.closed ? Last::closed
                    : suspect.bad  ? Last::bad
                    : suspect.busy ? Last::plea
                                   : Last::no;
  // Where trouble begins, one or two pass that were on their way.
  const bool several_passed =
      suspect.passed_before || stored_here_ >= suspect.stored_before + kSeveral;
  return Evidence{suspect.times,
                  suspect.runs,
                  several_passed,
                  last,
                  suspect.stored_in_job + (stored_here_ - suspect.stored_before),
                  suspect.words};
}

std::vector<journal::MessageId> Blame::newly_passed() {
  const std::scoped_lock lock(mutex_);
  std::vector<journal::MessageId> passed;
  for (auto& [id, suspect] : suspects_) {
    const bool enough = stored_here_ >= suspect.stored_before + kSeveral;
    if (suspect.times == 0 || suspect.told_passed || !enough) continue;
    suspect.told_passed = true;
    passed.push_back(id);
  }
  return passed;
}

void Blame::took_mail() {
  const std::scoped_lock lock(mutex_);
  took_mail_ = true;
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
