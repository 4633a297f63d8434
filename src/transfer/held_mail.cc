// SPDX-License-Identifier: Apache-2.0
// Reads a mailbox and finds its messages in the index.
#include "transfer/held_mail.h"

#include <algorithm>

#include "mboxferry/message/digest.h"
#include "transfer/content_digest.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kMostBodies = 20;
constexpr std::uint64_t kLargestBody = std::uint64_t{1} << 20;

}  // namespace

Result<HeldMail> HeldMail::read(const std::string& mailbox, imap::ReadOnlyTarget& target) {
  HeldMail mail;
  MBOXFERRY_TRY(target.select(mailbox));
  MBOXFERRY_TRY(target.fetch({1, imap::kLastUid}, {.with_message_id = true, .just_selected = true},
                             [&](const imap::FetchedMessage& seen) -> Result<void> {
                               if (mail.held_.size() >= kMost) return ok();
                               const std::int64_t hash = seen.message_id.empty()
                                                             ? 0
                                                             : message::short_hash(seen.message_id);
                               mail.held_.push_back(
                                   {hash, seen.size, seen.internal_date.unix_seconds, seen.uid});
                               return ok();
                             }));
  std::sort(mail.held_.begin(), mail.held_.end(), [](const Held& one, const Held& other) {
    return one.message_id_hash < other.message_id_hash;
  });
  return mail;
}

/// As a sample is compared: servers rewrite sizes, and some lose dates; none does both to mail that
/// keeps its Message-ID. A message without one is known by its bytes only.
Result<bool> HeldMail::is_held(const journal::MessageRow& row, const journal::DigestKey& key,
                               imap::ReadOnlyTarget& target) {
  const std::int64_t hash = row.message_id_hash;
  auto at = std::lower_bound(
      held_.begin(), held_.end(), hash,
      [](const Held& held, std::int64_t wanted) { return held.message_id_hash < wanted; });
  for (; at != held_.end() && at->message_id_hash == hash; ++at) {
    if (at->found) continue;
    const bool same_size = at->size == row.wire_size;
    const bool same_date = at->date == row.date.unix_seconds;
    if (hash != 0) {
      at->found = same_size || same_date;
    } else if (same_size && same_date && at->size <= kLargestBody && bodies_read_ < kMostBodies) {
      ++bodies_read_;
      ContentDigest digest(key);
      MBOXFERRY_TRY(target.fetch_body(at->uid, at->size, [&](std::string_view bytes) {
        digest.update(bytes);
        return ok();
      }));
      at->found = digest.finish() == row.digest;
    }
    if (at->found) return true;
  }
  return false;
}

Result<std::size_t> HeldMail::count_planned(journal::MailboxId mailbox,
                                            const journal::Journal& journal,
                                            imap::ReadOnlyTarget& target) {
  std::size_t found = 0;
  MBOXFERRY_ASSIGN(const journal::DigestKey key, journal.digest_key());
  MBOXFERRY_TRY(journal.each(journal::State::planned, mailbox,
                             [&](const journal::MessageRow& row) -> Result<void> {
                               MBOXFERRY_ASSIGN(const bool held, is_held(row, key, target));
                               if (held) ++found;
                               return ok();
                             }));
  return found;
}

}  // namespace mboxferry::transfer
