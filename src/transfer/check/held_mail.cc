// SPDX-License-Identifier: Apache-2.0
// Reads a mailbox and finds its messages in the index.
#include "transfer/check/held_mail.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "mboxferry/message/digest.h"
#include "transfer/check/body_digests.h"

namespace mboxferry::transfer {
namespace {

constexpr SampleBounds kHeldBounds{1, 500, std::uint64_t{4} << 20};
/// So many planned messages that one without a Message-ID may be are remembered.
constexpr std::size_t kMostAlike = 16;
/// So many of one size, with other dates, are asked whether they are a message.
constexpr std::size_t kMostOfSize = 64;

}  // namespace

Result<HeldMail> HeldMail::read(const std::string& mailbox, imap::ReadOnlyTarget& target) {
  HeldMail mail;
  MBOXFERRY_TRY(target.select(mailbox));
  MBOXFERRY_TRY(target.fetch(
      {1, imap::kLastUid}, {.with_message_id = true, .just_selected = true},
      [&](const imap::FetchedMessage& seen) -> Result<void> {
        if (mail.held_.size() >= kMost) return ok();
        const auto hash = message::message_id_hash(seen.message_id);
        mail.held_.push_back(
            {hash, seen.size, seen.internal_date.unix_seconds, seen.uid, false, {}, {}});
        return ok();
      }));
  std::sort(mail.held_.begin(), mail.held_.end(), [](const Held& one, const Held& other) {
    return std::pair(one.message_id_hash, one.date) < std::pair(other.message_id_hash, other.date);
  });
  for (std::size_t at = 0; at < mail.held_.size(); ++at)
    if (mail.held_[at].message_id_hash == 0) mail.by_size_.emplace_back(mail.held_[at].size, at);
  std::sort(mail.by_size_.begin(), mail.by_size_.end());
  return mail;
}

/// As a sample is compared: servers rewrite sizes, and some lose dates; none does both to mail that
/// keeps its Message-ID. A message without one is known by its bytes only, without status fields.
void HeldMail::note(const journal::MessageRow& row) {
  if (row.message_id_hash == 0) note_of_size(row);
  const std::int64_t hash = row.message_id_hash;
  const std::int64_t date = row.date.unix_seconds;
  auto at = std::lower_bound(held_.begin(), held_.end(), std::pair(hash, hash == 0 ? date : 0),
                             [](const Held& held, const auto& wanted) {
                               const std::int64_t held_date = wanted.first == 0 ? held.date : 0;
                               return std::pair(held.message_id_hash, held_date) < wanted;
                             });
  for (; at != held_.end() && at->message_id_hash == hash; ++at) {
    if (at->found) continue;
    const bool same_date = at->date == date;
    if (hash != 0) {
      at->found = at->size == row.wire_size || same_date;
      if (at->found) return;
      continue;
    }
    if (!same_date) return;
    const auto grown =
        static_cast<std::int64_t>(at->size) - static_cast<std::int64_t>(row.wire_size);
    const bool fits = std::abs(grown) <= journal::kStatusRoom;
    if (fits && at->alike.size() < kMostAlike) at->alike.push_back(row.digest);
  }
}

/// Another tool may have given it another date; then its size must be the same.
void HeldMail::note_of_size(const journal::MessageRow& row) {
  auto at = std::lower_bound(by_size_.begin(), by_size_.end(),
                             std::pair<std::uint64_t, std::size_t>(row.wire_size, 0));
  for (std::size_t asked = 0;
       asked < kMostOfSize && at != by_size_.end() && at->first == row.wire_size; ++asked, ++at) {
    Held& held = held_[at->second];
    if (held.date != row.date.unix_seconds && held.of_size.size() < kMostAlike)
      held.of_size.push_back(row.digest);
  }
}

/// Bodies of a bounded number; the others count in the proportion of these.
Result<std::size_t> HeldMail::count_alike(const ContentKey& key, imap::ReadOnlyTarget& target,
                                          const Cancellation& interrupt) {
  std::map<imap::Uid, const Held*> alike;
  std::vector<imap::WantedBody> bodies;
  for (const Held& held : held_) {
    if (held.alike.empty() && held.of_size.empty()) continue;
    alike.emplace(held.uid, &held);
    bodies.push_back({held.uid, held.size});
  }
  const std::size_t all = bodies.size();
  bodies = smallest_of(std::move(bodies), kHeldBounds);
  std::size_t same = 0;
  MBOXFERRY_TRY(digest_bodies(
      bodies, key, target,
      [&](imap::Uid uid, const BodyDigests& digests) -> Result<void> {
        const Held& held = *alike.at(uid);
        const auto is_among = [&](const std::vector<journal::Digest>& wanted) {
          return std::find(wanted.begin(), wanted.end(), digests.content) != wanted.end();
        };
        if (is_among(held.alike) || is_among(held.of_size)) ++same;
        return ok();
      },
      interrupt));
  return bodies.empty() ? 0 : same * all / bodies.size();
}

Result<std::size_t> HeldMail::count_planned(journal::MailboxId mailbox,
                                            const journal::Journal& journal,
                                            imap::ReadOnlyTarget& target,
                                            const Cancellation& interrupt,
                                            journal::MailboxId except) {
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal));
  MBOXFERRY_TRY(journal.each(journal::State::planned, mailbox,
                             [&](const journal::MessageRow& row) -> Result<void> {
                               if (except == 0 || row.mailbox != except) note(row);
                               return ok();
                             }));
  MBOXFERRY_ASSIGN(const std::size_t alike, count_alike(key, target, interrupt));
  const auto found =
      std::count_if(held_.begin(), held_.end(), [](const Held& held) { return held.found; });
  return static_cast<std::size_t>(found) + alike;
}

}  // namespace mboxferry::transfer
