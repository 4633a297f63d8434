// SPDX-License-Identifier: Apache-2.0
// Notes of the journal about refused messages.
#include "transfer/upload/suspect_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "mboxferry/base/words.h"

namespace mboxferry::transfer {
namespace {

// Who has more of them is left with what one run sees.
constexpr std::size_t kMostSuspects = 1000;
constexpr std::size_t kMostWords = 100;
constexpr std::string_view kSuspectNote = "suspect.";
constexpr std::string_view kWordsNote = "refused_with.";

std::string suspect_note(journal::MailboxId mailbox, journal::MessageId id) {
  return fmt::format("{}{}.{}", kSuspectNote, mailbox, id);
}

template <typename Number>
std::optional<Number> number_of(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// Names of notes are plain ASCII, which words need not be.
std::string key_of(const std::string& words) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : words) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

/// `tries runs passed last stored words`.
std::string to_text(const Blame::Evidence& evidence) {
  return fmt::format("{} {} {} {} {} {}", evidence.times, evidence.runs,
                     evidence.others_passed ? 1 : 0, static_cast<int>(evidence.last),
                     evidence.stored_in_job, evidence.words);
}

std::optional<Blame::Evidence> from_text(std::string_view text) {
  const auto times = number_of<int>(take_word(text));
  const auto runs = number_of<int>(take_word(text));
  const auto passed = number_of<int>(take_word(text));
  const auto last = number_of<int>(take_word(text));
  const auto stored = number_of<std::uint64_t>(take_word(text));
  if (!times || !runs || !passed || !last || !stored || *times < 1 || *runs < 1)
    return std::nullopt;
  if (*last < 0 || *last > static_cast<int>(Blame::Last::closed)) return std::nullopt;
  return Blame::Evidence{
      *times, *runs, *passed != 0, static_cast<Blame::Last>(*last), *stored, std::string(text)};
}

}  // namespace

// The journal has a lock of its own, which its caller may hold: it is never asked under this one.
Result<void> SuspectMemory::resume(const journal::Journal& journal) {
  std::map<journal::MessageId, Suspect> suspects;
  std::map<std::string, Words> words;
  MBOXFERRY_TRY(journal.each_note(
      kSuspectNote, [&suspects](const std::string& name, const std::string& value) -> Result<void> {
        const std::string_view place = std::string_view(name).substr(kSuspectNote.size());
        const std::size_t dot = std::min(place.find('.'), place.size());
        const auto mailbox = number_of<journal::MailboxId>(place.substr(0, dot));
        const auto id =
            number_of<journal::MessageId>(place.substr(std::min(dot + 1, place.size())));
        auto evidence = from_text(value);
        if (mailbox && id && evidence && suspects.size() < kMostSuspects)
          suspects[*id] = {*mailbox, *std::move(evidence)};
        return ok();
      }));
  MBOXFERRY_TRY(journal.each_note(
      kWordsNote, [&words](const std::string& name, const std::string& value) -> Result<void> {
        std::string_view text = value;
        const auto refused = number_of<std::uint64_t>(take_word(text));
        const auto taken = number_of<int>(take_word(text));
        if (refused && taken && words.size() < kMostWords)
          words[name.substr(kWordsNote.size())] = {*refused, *taken != 0};
        return ok();
      }));
  const std::scoped_lock lock(mutex_);
  suspects_ = std::move(suspects);
  words_ = std::move(words);
  return ok();
}

SuspectMemory::Known SuspectMemory::of_mailbox(journal::MailboxId mailbox) const {
  const std::scoped_lock lock(mutex_);
  Known known;
  for (const auto& [id, suspect] : suspects_)
    if (suspect.mailbox == mailbox) known.emplace_back(id, suspect.evidence);
  return known;
}

Result<void> SuspectMemory::note(journal::MailboxId mailbox, journal::MessageId id,
                                 const Blame::Evidence& evidence, journal::Journal& journal) {
  {
    const std::scoped_lock lock(mutex_);
    if (suspects_.size() >= kMostSuspects && !suspects_.contains(id)) return ok();
    suspects_[id] = {mailbox, evidence};
  }
  return journal.set_note(suspect_note(mailbox, id), to_text(evidence));
}

Result<void> SuspectMemory::forget(journal::MessageId id, journal::Journal& journal) {
  std::string name;
  {
    const std::scoped_lock lock(mutex_);
    const auto known = suspects_.find(id);
    if (known == suspects_.end()) return ok();
    name = suspect_note(known->second.mailbox, id);
    suspects_.erase(known);
  }
  return journal.set_note(name, "");
}

template <typename Change>
Result<void> SuspectMemory::change(const std::string& words, const Change& apply,
                                   journal::Journal& journal) {
  const std::string key = key_of(words);
  Words known;
  {
    const std::scoped_lock lock(mutex_);
    if (words_.size() >= kMostWords && !words_.contains(key)) return ok();
    if (!apply(words_[key])) return ok();
    known = words_[key];
  }
  return journal.set_note(std::string(kWordsNote) + key,
                          fmt::format("{} {}", known.refused, known.taken ? 1 : 0));
}

Result<void> SuspectMemory::refused(const std::string& words, journal::Journal& journal) {
  // How many more than several there are makes no difference.
  const auto count = [](Words& known) {
    return known.refused < Blame::kSeveral && ++known.refused;
  };
  return change(words, count, journal);
}

Result<void> SuspectMemory::taken(const std::string& words, journal::Journal& journal) {
  return change(
      words, [](Words& known) { return !std::exchange(known.taken, true); }, journal);
}

std::uint64_t SuspectMemory::refused_with(const std::string& words) const {
  const std::scoped_lock lock(mutex_);
  const auto known = words_.find(key_of(words));
  return known == words_.end() || known->second.taken ? 0 : known->second.refused;
}

bool SuspectMemory::were_taken(const std::string& words) const {
  const std::scoped_lock lock(mutex_);
  const auto known = words_.find(key_of(words));
  return known != words_.end() && known->second.taken;
}

}  // namespace mboxferry::transfer
