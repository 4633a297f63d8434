// SPDX-License-Identifier: Apache-2.0
// By size, date and Message-ID where these say enough, else by content.
#include "transfer/matching.h"

#include <map>
#include <optional>
#include <vector>

#include "mboxferry/message/digest.h"
#include "transfer/body_digests.h"
#include "transfer/waiting.h"

namespace mboxferry::transfer {
namespace {

/// Rows of the journal in one transaction.
constexpr std::size_t kMatchedAtOnce = 1000;

/// A message of that size in doubt that differs from what the server shows only in bytes that it
/// is known to replace. The journal has no digest for that, so a few are read again.
Result<std::optional<journal::MessageId>> find_altered(const journal::Seen& seen,
                                                       const message::Mac& masked,
                                                       const journal::Journal& journal,
                                                       const MaskedDigestOf& archived) {
  constexpr int kMostRead = 64;
  journal::MessageId after = 0;
  for (int read = 0; archived && read < kMostRead; ++read) {
    MBOXFERRY_ASSIGN(const auto message, journal.doubtful_of_size(seen.size, after));
    if (!message) break;
    after = message->id;
    MBOXFERRY_ASSIGN(const message::Mac digest, archived(*message));
    if (digest == masked) return std::optional(message->id);
  }
  return std::optional<journal::MessageId>();
}

}  // namespace

Result<void> add_seen(const imap::UidRange& range, bool just_selected, imap::ReadOnlyTarget& target,
                      journal::Journal& journal, const Cancellation& interrupt) {
  std::vector<journal::Seen> page;
  const auto flush = [&]() -> Result<void> {
    MBOXFERRY_TRY(journal.add_seen(page));
    page.clear();
    return interrupt.requested() ? Result<void>(interrupted("interrupted while asking the server "
                                                            "what it has"))
                                 : ok();
  };
  MBOXFERRY_TRY(target.fetch(range, {.with_message_id = true, .just_selected = just_selected},
                             [&](const imap::FetchedMessage& seen) -> Result<void> {
                               page.push_back({seen.uid, seen.size, seen.internal_date.unix_seconds,
                                               message::message_id_hash(seen.message_id)});
                               return page.size() < kMatchedAtOnce ? ok() : flush();
                             }));
  return flush();
}

Result<std::uint64_t> match(imap::ReadOnlyTarget& target, journal::Journal& journal,
                            const MaskedDigestOf& archived, AlteredMail* altered, bool alters,
                            const Cancellation& interrupt, std::size_t bodies_at_once) {
  std::uint64_t found = 0;
  for (;;) {
    MBOXFERRY_ASSIGN(const auto pairs, journal.certain_matches(kMatchedAtOnce));
    if (pairs.empty()) break;
    MBOXFERRY_TRY(journal.commit_matches(pairs));
    found += pairs.size();
  }
  const auto match_altered = [&]() -> Result<void> {
    if (altered == nullptr) return ok();
    MBOXFERRY_ASSIGN(const std::uint64_t pairs, altered->match());
    found += pairs;
    return ok();
  };
  // Where content is known to differ, it need not be read.
  if (alters) MBOXFERRY_TRY(match_altered());
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal));
  const auto decide = [&](const journal::Seen& seen, const BodyDigests& digests) -> Result<void> {
    MBOXFERRY_ASSIGN(auto message, journal.doubtful_with_digest(digests.content, seen.date));
    if (!message) {
      MBOXFERRY_ASSIGN(message, find_altered(seen, digests.masked, journal, archived));
    }
    if (!message) return ok();
    const journal::Stored pair{*message, seen.uid};
    MBOXFERRY_TRY(journal.commit_matches({&pair, 1}));
    ++found;
    return ok();
  };
  for (imap::Uid after = 0;;) {
    if (interrupt.requested())
      return interrupted("interrupted while asking the server what it has");
    std::map<imap::Uid, journal::Seen> ambiguous;
    std::vector<imap::WantedBody> bodies;
    while (bodies.size() < bodies_at_once) {
      MBOXFERRY_ASSIGN(const auto seen, journal.next_ambiguous(after));
      if (!seen) break;
      after = seen->uid;
      ambiguous.emplace(seen->uid, *seen);
      bodies.push_back({seen->uid, seen->size});
    }
    if (bodies.empty()) break;
    MBOXFERRY_TRY(digest_bodies(
        bodies, key, target,
        [&](imap::Uid uid, const BodyDigests& digests) {
          return decide(ambiguous.at(uid), digests);
        },
        interrupt));
  }
  if (!alters) MBOXFERRY_TRY(match_altered());
  return found;
}

}  // namespace mboxferry::transfer
