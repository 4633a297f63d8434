// SPDX-License-Identifier: Apache-2.0
// By content, or by size, date and Message-ID where these say enough.
#include "transfer/check/matching.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "mboxferry/message/digest.h"
#include "transfer/check/body_digests.h"
#include "transfer/check/certain_pairs.h"
#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {

/// Rows of the journal in one transaction.
constexpr std::size_t kMatchedAtOnce = 1000;
/// More messages are not on their way at a time.
constexpr std::size_t kMostReadOfCertain = 5000;

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

/// What was not given is gone, or cannot be told from what is in doubt.
Result<void> leave_unproven(const std::set<imap::Uid>& unread, imap::ReadOnlyTarget& target,
                            journal::Journal& journal, WithheldBodies* withheld) {
  if (unread.empty()) return ok();
  MBOXFERRY_ASSIGN(const std::set<imap::Uid> gone, gone_of(unread, target));
  std::vector<journal::Stored> rejected;
  std::vector<imap::Uid> unproven;
  for (const imap::Uid uid : unread) {
    if (gone.contains(uid)) {
      rejected.push_back({0, uid});
      continue;
    }
    unproven.push_back(uid);
    if (withheld != nullptr) withheld->add(uid);
  }
  MBOXFERRY_TRY(journal.reject(rejected));
  MBOXFERRY_TRY(journal.set_unproven(unproven));
  if (withheld == nullptr || withheld->uids().size() <= WithheldBodies::kMost) return ok();
  return Error{ErrorCode::try_later,
               fmt::format("{}: the server gives the content of no message that is asked for",
                           target.label()),
               "", ErrorScope::mailbox};
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
                            const MaskedDigestOf& archived, const Matching& how,
                            const Cancellation& interrupt) {
  std::uint64_t found = 0;
  const auto commit = [&](std::span<const journal::Stored> pairs) -> Result<void> {
    MBOXFERRY_TRY(journal.commit_matches(pairs));
    found += pairs.size();
    return ok();
  };
  const bool alters = how.ways != nullptr && how.ways->alters;
  // Of what a server altered, the size is rarely what was sent.
  const bool by_content = how.reads_certain && (!alters || how.ways->changes_sizes());
  if (by_content) {
    MBOXFERRY_ASSIGN(const auto pairs, journal.certain_matches(kMostReadOfCertain + 1));
    // A mailbox that was made anew: all that was ever stored is in doubt.
    if (alters || pairs.size() > kMostReadOfCertain) {
      const bool tells_others = !alters || how.ways->changed_all();
      CertainPairs certain(
          target, journal, archived, interrupt,
          {tells_others ? CertainPairs::Other::rejected : CertainPairs::Other::unproven,
           CertainPairs::Unread::unproven, how.withheld});
      MBOXFERRY_ASSIGN(found, certain.decide());
    }
  } else {
    for (;;) {
      MBOXFERRY_ASSIGN(const auto pairs, journal.certain_matches(kMatchedAtOnce));
      if (pairs.empty()) break;
      MBOXFERRY_TRY(commit(pairs));
    }
  }
  const auto match_altered = [&]() -> Result<void> {
    if (how.altered == nullptr) return ok();
    MBOXFERRY_ASSIGN(const std::uint64_t pairs, how.altered->match());
    found += pairs;
    return ok();
  };
  // Where content is known to differ, it need not be read.
  if (alters) MBOXFERRY_TRY(match_altered());
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal));
  std::set<imap::Uid> unread;
  // Pairs are committed together: each commit waits for the disk.
  std::vector<journal::Stored> pairs;
  const auto commit_pairs = [&]() -> Result<void> { return commit(std::exchange(pairs, {})); };
  const auto doubtful =
      [&](const journal::Seen& seen,
          const BodyDigests& digests) -> Result<std::optional<journal::MessageId>> {
    MBOXFERRY_ASSIGN(const auto message, journal.doubtful_with_digest(digests.content, seen.date));
    if (message) return message;
    return find_altered(seen, digests.masked, journal, archived);
  };
  const auto decide = [&](const journal::Seen& seen, const BodyDigests& digests) -> Result<void> {
    MBOXFERRY_ASSIGN(auto message, doubtful(seen, digests));
    const bool is_taken = message && std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
                            return pair.message == *message;
                          });
    if (is_taken) {
      MBOXFERRY_TRY(commit_pairs());
      MBOXFERRY_ASSIGN(message, doubtful(seen, digests));
    }
    if (!message) {
      const bool is_cut = how.reads_certain && how.ways != nullptr && how.ways->keeps_sizes() &&
                          digests.size < seen.size;
      if (is_cut) unread.insert(seen.uid);
      return ok();
    }
    pairs.push_back({*message, seen.uid});
    return how.altered == nullptr ? ok() : how.altered->note_kept(*message, seen);
  };
  for (imap::Uid after = 0;;) {
    if (interrupt.requested())
      return interrupted("interrupted while asking the server what it has");
    std::map<imap::Uid, journal::Seen> ambiguous;
    std::vector<imap::WantedBody> bodies;
    while (bodies.size() < how.bodies_at_once) {
      MBOXFERRY_ASSIGN(const auto seen, journal.next_ambiguous(after));
      if (!seen) break;
      after = seen->uid;
      ambiguous.emplace(seen->uid, *seen);
      bodies.push_back({seen->uid, seen->size});
      if (how.reads_certain) unread.insert(seen->uid);
    }
    if (bodies.empty()) break;
    const auto read = digest_bodies(
        bodies, key, target,
        [&](imap::Uid uid, const BodyDigests& digests) {
          unread.erase(uid);
          return decide(ambiguous.at(uid), digests);
        },
        interrupt, how.withheld);
    MBOXFERRY_TRY(commit_pairs());
    MBOXFERRY_TRY(read);
  }
  MBOXFERRY_TRY(leave_unproven(unread, target, journal, how.withheld));
  if (!alters) MBOXFERRY_TRY(match_altered());
  return found;
}

}  // namespace mboxferry::transfer
