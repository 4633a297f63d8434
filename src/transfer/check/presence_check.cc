// SPDX-License-Identifier: Apache-2.0
// Samples, and how they are looked for.
#include "transfer/check/presence_check.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "mboxferry/message/digest.h"
#include "transfer/check/body_digests.h"
#include "transfer/check/held_mail.h"
#include "transfer/mailbox/other_places.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kSample = 20;
// A server without an index reads the header of each message for a Message-ID, which takes a tenth
// of the time of storing it. So in mailboxes that hold many, for what is to be sent, only messages
// of the right size are looked at, and fewer are looked for.
constexpr std::size_t kSmallSample = 6;
// Archives grow at their end: what a job under another name has stored is at the beginning.
constexpr std::size_t kBeginning = 4;
constexpr std::size_t kSmallBeginning = 2;
constexpr std::size_t kMostOfSmallBeginnings = 6;
// So many folders of a mailbox are parts that are judged by themselves, too.
constexpr std::size_t kMostParts = 10;
constexpr std::size_t kLeastOfPart = 2;
/// So many messages of a mailbox that hold no more than this share of a job may be ones that two
/// archives of a person have: a list's, a welcome.
constexpr std::size_t kFewFound = 4;
constexpr double kMuchOfJob = 0.25;
constexpr std::uint64_t kFewMessages = 300;
constexpr std::uint64_t kBytesPerMessageThere = 256 << 10;
// One that is far away stores mail more slowly, and may be one that rewrites sizes.
constexpr std::chrono::milliseconds kFar{10};
constexpr std::uint64_t kFewWhenFar = 2000;
constexpr std::uint64_t kBytesPerMessageWhenFar = 16 << 10;
constexpr std::size_t kMostCandidates = 400;
constexpr SampleBounds kBodyBounds{1, kMostCandidates, std::uint64_t{8} << 20};

enum class Likeness { none, maybe, certain };

/// Servers rewrite sizes, and some lose dates; none does both to mail that keeps its Message-ID. A
/// message without one is known by its bytes only, of which status fields do not count.
Likeness compare(const SampleMessage& wanted, const imap::FetchedMessage& seen) {
  const auto grown = static_cast<std::int64_t>(seen.size) - static_cast<std::int64_t>(wanted.size);
  const bool same_size = grown == 0;
  const bool same_date = wanted.date.unix_seconds == seen.internal_date.unix_seconds;
  const std::int64_t seen_hash = message::message_id_hash(seen.message_id);
  if (wanted.message_id_hash != seen_hash) return Likeness::none;
  if (seen_hash == 0) {
    const bool may_be = same_date && std::abs(grown) <= journal::kStatusRoom;
    return may_be ? Likeness::maybe : Likeness::none;
  }
  return same_size || same_date ? Likeness::certain : Likeness::maybe;
}

/// How much of a folder's sample, or of its beginning's, is there.
struct Part {
  std::size_t sampled = 0;
  std::size_t found = 0;
  [[nodiscard]] bool is_there() const { return found >= kLeastOfPart && 2 * found >= sampled; }
};

/// Adds at most `most` messages of each beginning, where the sample has not them already. Returns
/// how many it added.
std::size_t add_beginnings(std::size_t most, const std::vector<SampleMessage>& beginnings,
                           std::vector<SampleMessage>& sample) {
  std::map<int, std::size_t> taken;
  const std::size_t before = sample.size();
  for (const SampleMessage& message : beginnings) {
    const bool in_all = most > kSmallBeginning || sample.size() - before < kMostOfSmallBeginnings;
    if (++taken[message.part] > most || !in_all) continue;
    const auto same = std::find_if(sample.begin(), sample.end(), [&](const SampleMessage& sampled) {
      return sampled.digest == message.digest && sampled.date == message.date;
    });
    if (same == sample.end())
      sample.push_back(message);
    else
      same->part = message.part;
  }
  return sample.size() - before;
}

}  // namespace

PresenceCheck::PresenceCheck(const JobSettings& settings, const std::vector<SourceFolder>& sources,
                             const journal::Journal& journal, const Cancellation& interrupt)
    : settings_(settings), sources_(sources), journal_(journal), interrupt_(interrupt) {}

/// One for each mailbox to be asked, those of a row behind each other; not taken yet.
Result<std::vector<PresenceCheck::Sample>> PresenceCheck::samples_of(
    const std::vector<journal::MailboxRow>& rows, const Directory& directory, Places places) {
  std::vector<Sample> samples;
  MBOXFERRY_ASSIGN(const bool continues, goes_on(journal_));
  MBOXFERRY_ASSIGN(auto all, places_.of(rows, directory));
  for (Candidates& candidates : all) {
    const journal::MailboxRow& row = *candidates.row;
    const imap::ListedMailbox* const listed = directory.find(row.name);
    const bool is_open = listed != nullptr && listed->selectable;
    const bool any_other = !candidates.respelled.empty() || !candidates.renamed.empty();
    if (is_open && (places == Places::all || any_other))
      samples.push_back({&row, listed->name, 0, {}, 0, {}});
    for (std::vector<std::string>* names : {&candidates.respelled, &candidates.renamed})
      for (std::string& name : *names) samples.push_back({&row, std::move(name), 0, {}, 0, {}});
    if (continues && listed == nullptr && row.uid_validity == 0)
      for (const SharedPlace& place : shared_places(row, rows, directory))
        samples.push_back({&row, place.mailbox, 0, {}, 0, {}, false, false, place.row});
    for (std::string& name : candidates.unrouted)
      samples.push_back({&row, std::move(name), 0, {}, 0, {}, true});
    for (std::string& name : candidates.scattered)
      samples.push_back({&row, std::move(name), 0, {}, 0, {}, false, true});
  }
  return samples;
}

Result<bool> PresenceCheck::needs_rows(imap::ReadOnlyTarget& target, const Directory& directory) {
  const bool by_sender = std::any_of(sources_.begin(), sources_.end(),
                                     [](const SourceFolder& source) { return source.by_sender; });
  if (!by_sender) return false;
  MBOXFERRY_ASSIGN(const auto rows, journal_.mailboxes());
  MBOXFERRY_ASSIGN(const auto samples, samples_of(rows, directory, Places::all));
  MBOXFERRY_ASSIGN(const plan::Mapper mapper, directory.mapper(settings_));
  std::vector<imap::Inquiry> inquiries;
  for (const Sample& sample : samples) inquiries.push_back({sample.mailbox, {}, false});
  for (const plan::MappedName& mapped : {mapper.map_junk(), mapper.map_inbox()}) {
    const imap::ListedMailbox* const listed = directory.find(mapped.name);
    if (listed != nullptr && listed->selectable) inquiries.push_back({listed->name, {}, false});
  }
  if (inquiries.empty()) return false;
  MBOXFERRY_ASSIGN(const auto answers, target.inquire(inquiries));
  return std::any_of(answers.begin(), answers.end(),
                     [](const imap::InquiryAnswer& answer) { return answer.exists > 0; });
}

/// Spread over the bytes of all folders that go into the mailbox.
Result<void> PresenceCheck::take_sample(Sample& sample) const {
  std::vector<const SourceFolder*> folders;
  std::uint64_t bytes = 0;
  for (const SourceFolder& source : sources_) {
    if (source.by_message()) return take_rows(sample);
    if (source.row.mailbox != sample.row->id) continue;
    folders.push_back(&source);
    bytes += source.place.bytes_on_disk;
  }
  const bool few = folders.size() <= kMostParts;
  std::uint64_t begin = 0;
  int part = 0;
  for (const SourceFolder* source : folders) {
    // How many of the marks at (2i + 1) / 2n of all bytes are in this folder.
    const auto marks_before = [&](std::uint64_t end) {
      const double share = bytes == 0 ? 0 : static_cast<double>(end) / static_cast<double>(bytes);
      return static_cast<std::size_t>(share * static_cast<double>(kSample) + 0.5);
    };
    const auto take = [&](std::vector<SampleMessage> some, std::vector<SampleMessage>& into) {
      for (SampleMessage& message : some) message.part = part;
      std::move(some.begin(), some.end(), std::back_inserter(into));
      ++part;
    };
    const std::uint64_t end = begin + source->place.bytes_on_disk;
    const std::size_t marks = marks_before(end) - marks_before(begin);
    begin = end;
    MBOXFERRY_ASSIGN(auto some,
                     sample_folder(*source, settings_.index,
                                   few ? std::max(marks, kLeastOfPart) : marks, interrupt_));
    take(std::move(some), sample.messages);
    if (!few) continue;
    MBOXFERRY_ASSIGN(some, sample_beginning(*source, settings_.index, kBeginning, interrupt_));
    take(std::move(some), sample.beginnings);
  }
  return ok();
}

Result<void> PresenceCheck::take_rows(Sample& sample) const {
  const journal::MailboxId mailbox = sample.row->id;
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_.counts(mailbox));
  const std::uint64_t all = counts.planned.messages;
  std::uint64_t number = 0;
  return journal_.each(
      journal::State::planned, mailbox, [&](const journal::MessageRow& row) -> Result<void> {
        SampleMessage message{"", row.message_id_hash, row.wire_size, row.date, row.digest};
        const bool is_next = number * kSample >= sample.messages.size() * all;
        if (is_next && sample.messages.size() < kSample) sample.messages.push_back(message);
        message.part = 1;
        if (number++ < kBeginning) sample.beginnings.push_back(std::move(message));
        return ok();
      });
}

/// What the job has stored there, or may have, is no copy of what its owner has in two folders.
Result<void> PresenceCheck::leave_own_mail(Sample& sample) const {
  std::set<journal::Digest> own;
  for (const journal::State state : {journal::State::stored, journal::State::intended})
    MBOXFERRY_TRY(journal_.each(state, sample.shared_with, [&](const journal::MessageRow& row) {
      const auto is_it = [&](const SampleMessage& one) { return one.digest == row.digest; };
      const bool sampled = std::any_of(sample.messages.begin(), sample.messages.end(), is_it) ||
                           std::any_of(sample.beginnings.begin(), sample.beginnings.end(), is_it);
      if (sampled) own.insert(row.digest);
      return ok();
    }));
  const auto is_own = [&](const SampleMessage& one) { return own.contains(one.digest); };
  std::erase_if(sample.messages, is_own);
  std::erase_if(sample.beginnings, is_own);
  return ok();
}

/// In so many messages of the mailbox every header may be read, for what is to be sent.
std::uint64_t PresenceCheck::few_for(const Sample& sample) const {
  std::uint64_t bytes = 0;
  for (const SourceFolder& source : sources_)
    if (source.row.mailbox == sample.row->id) bytes += source.place.bytes_on_disk;
  return is_far_ ? std::max(kFewWhenFar, bytes / kBytesPerMessageWhenFar)
                 : std::max(kFewMessages, bytes / kBytesPerMessageThere);
}

imap::Inquiry PresenceCheck::inquiry_about(const Sample& sample) const {
  imap::Inquiry inquiry{sample.mailbox, {}, sample.exists > few_for(sample)};
  for (const SampleMessage& message : sample.messages)
    inquiry.likenesses.push_back(
        {message.message_id, message.size, message.date,
         message.message_id_hash == 0 ? std::uint64_t{journal::kStatusRoom} : 0});
  return inquiry;
}

Result<Presence> PresenceCheck::count_found(const Sample& sample,
                                            std::vector<imap::FetchedMessage> candidates,
                                            imap::ReadOnlyTarget& target) const {
  Presence presence;
  presence.mailbox = sample.mailbox;
  presence.meant = sample.row->name;
  presence.elsewhere = !same_mailbox(presence.mailbox, presence.meant);
  presence.unrouted = sample.unrouted;
  presence.scattered = sample.scattered;
  presence.shared = sample.shared_with != 0;
  presence.id = sample.row->id;
  presence.readable = !presence.shared && sample.exists >= kLeastOfPart &&
                      sample.exists <= std::min(few_for(sample), HeldMail::kMost);
  presence.sampled = sample.messages.size() - sample.besides;
  presence.sampled_besides = sample.besides;
  std::map<int, Part> parts;
  const auto note_found = [&](const SampleMessage& message, imap::Uid uid) {
    presence.uids.push_back(uid);
    const bool is_besides = &message >= sample.messages.data() + presence.sampled;
    ++(is_besides ? presence.found_besides : presence.found);
    ++parts[message.part].found;
  };
  std::vector<const SampleMessage*> open;
  for (const SampleMessage& wanted : sample.messages) {
    ++parts[wanted.part].sampled;
    const auto same = std::find_if(candidates.begin(), candidates.end(), [&](const auto& seen) {
      return compare(wanted, seen) == Likeness::certain;
    });
    if (same == candidates.end()) {
      open.push_back(&wanted);
      continue;
    }
    note_found(wanted, same->uid);
    candidates.erase(same);
  }
  const auto may_be = [&](const imap::FetchedMessage& seen) {
    return std::any_of(open.begin(), open.end(), [&](const SampleMessage* wanted) {
      return compare(*wanted, seen) == Likeness::maybe;
    });
  };
  std::vector<imap::WantedBody> bodies;
  for (const imap::FetchedMessage& seen : candidates)
    if (may_be(seen)) bodies.push_back({seen.uid, seen.size});
  if (!bodies.empty()) MBOXFERRY_TRY(target.select(sample.mailbox));
  MBOXFERRY_TRY(digest_bodies(
      smallest_of(std::move(bodies), kBodyBounds), *settings_.index.content_key, target,
      [&](imap::Uid uid, const BodyDigests& digests) -> Result<void> {
        const auto same = std::find_if(open.begin(), open.end(), [&](const SampleMessage* wanted) {
          return wanted->digest == digests.content;
        });
        if (same == open.end()) return ok();
        note_found(**same, uid);
        open.erase(same);
        return ok();
      },
      interrupt_));
  presence.whole_part = std::any_of(parts.begin(), parts.end(),
                                    [](const auto& part) { return part.second.is_there(); });
  return presence;
}

/// For a server that refuses to search: reads what every message of the mailbox is known by.
Result<std::vector<imap::FetchedMessage>> PresenceCheck::walk_through(
    const Sample& sample, imap::ReadOnlyTarget& target) const {
  std::vector<imap::FetchedMessage> candidates;
  MBOXFERRY_TRY(target.select(sample.mailbox));
  MBOXFERRY_TRY(target.fetch({1, imap::kLastUid}, {.with_message_id = true},
                             [&](const imap::FetchedMessage& seen) -> Result<void> {
                               const bool alike =
                                   std::any_of(sample.messages.begin(), sample.messages.end(),
                                               [&](const SampleMessage& wanted) {
                                                 return compare(wanted, seen) != Likeness::none;
                                               });
                               if (alike && candidates.size() < kMostCandidates)
                                 candidates.push_back(seen);
                               return ok();
                             }));
  return candidates;
}

Result<std::vector<Presence>> PresenceCheck::look(imap::ReadOnlyTarget& target,
                                                  const Directory& directory, Places places) {
  std::vector<Presence> presences;
  MBOXFERRY_ASSIGN(const auto rows, journal_.mailboxes());
  MBOXFERRY_ASSIGN(std::vector<Sample> samples, samples_of(rows, directory, places));
  if (samples.empty()) return presences;
  std::vector<imap::Inquiry> inquiries;
  for (const Sample& sample : samples) inquiries.push_back({sample.mailbox, {}, false});
  const auto begun = std::chrono::steady_clock::now();
  MBOXFERRY_ASSIGN(auto answers, target.inquire(inquiries));
  is_far_ = std::chrono::steady_clock::now() - begun >= kFar;
  inquiries.clear();
  std::vector<Sample> asked;
  Sample taken;  // the last row's
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (answers[i].exists == 0) continue;
    Sample& sample = samples[i];
    sample.exists = answers[i].exists;
    if (taken.row != sample.row) {
      taken = {sample.row, {}, 0, {}, 0, {}, false};
      MBOXFERRY_TRY(take_sample(taken));
    }
    sample.messages = taken.messages;
    sample.beginnings = taken.beginnings;
    if (sample.shared_with != 0) MBOXFERRY_TRY(leave_own_mail(sample));
    const bool small = inquiry_about(sample).exact_size;
    if (small) sample.messages = spread(std::move(sample.messages), kSmallSample);
    sample.besides =
        add_beginnings(small ? kSmallBeginning : kBeginning, sample.beginnings, sample.messages);
    imap::Inquiry inquiry = inquiry_about(sample);
    if (sample.messages.empty()) continue;
    asked.push_back(std::move(sample));
    inquiries.push_back(std::move(inquiry));
  }
  if (asked.empty()) return presences;
  MBOXFERRY_ASSIGN(answers, target.inquire(inquiries));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!answers[i].answered) {
      MBOXFERRY_ASSIGN(answers[i].candidates, walk_through(asked[i], target));
    }
    MBOXFERRY_ASSIGN(Presence presence,
                     count_found(asked[i], std::move(answers[i].candidates), target));
    presences.push_back(std::move(presence));
  }
  return presences;
}

/// How much of what the job would send goes into the mailbox: 0 to 1.
Result<double> PresenceCheck::share_of(journal::MailboxId mailbox) const {
  double own = 0;
  double all = 0;
  bool by_message = false;
  for (const SourceFolder& source : sources_) {
    const auto bytes = static_cast<double>(source.place.bytes_on_disk);
    all += bytes;
    if (source.row.mailbox == mailbox) own += bytes;
    by_message = by_message || source.by_message();
  }
  if (by_message) {
    MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal_.counts(mailbox));
    MBOXFERRY_ASSIGN(const journal::MailboxCounts job, journal_.counts(0));
    own = static_cast<double>(counts.planned.bytes);
    all = static_cast<double>(job.planned.bytes);
  }
  return all > 0 ? own / all : 1;
}

Result<void> PresenceCheck::judge(std::vector<Presence>& found) const {
  double share = 0;
  for (const Presence& presence : found) {
    if (!presence.in_place() || !presence.mostly()) continue;
    MBOXFERRY_ASSIGN(const double own, share_of(presence.id));
    share += own;
  }
  for (Presence& presence : found) {
    const bool more_than_few =
        share >= kMuchOfJob || std::max(presence.all_found(), presence.held_found) > kFewFound;
    presence.stops = presence.in_place() ? presence.mostly() && more_than_few : presence.there();
  }
  return ok();
}

bool PresenceCheck::may_look_closer(const std::vector<Presence>& found, Places places) {
  const auto is_there = [](const Presence& presence) {
    return presence.is_clear() && presence.all_found() > kFewFound;
  };
  const auto is_open = [](const Presence& presence) {
    return presence.readable && !presence.is_clear();
  };
  // One mailbox is enough to stop a job; where it goes on is asked of each.
  const bool is_decided =
      places == Places::all && std::any_of(found.begin(), found.end(), is_there);
  return !is_decided && std::any_of(found.begin(), found.end(), is_open);
}

Result<void> PresenceCheck::look_closer(std::vector<Presence>& found,
                                        imap::ReadOnlyTarget& target) const {
  for (Presence& presence : found) {
    if (!presence.readable || presence.is_clear()) continue;
    if (interrupt_.requested())
      return interrupted("interrupted while asking the server what it has");
    MBOXFERRY_ASSIGN(HeldMail mail, HeldMail::read(presence.mailbox, target));
    presence.held = mail.size();
    MBOXFERRY_ASSIGN(presence.held_found,
                     mail.count_planned(presence.id, journal_, target, interrupt_));
  }
  return ok();
}

}  // namespace mboxferry::transfer
