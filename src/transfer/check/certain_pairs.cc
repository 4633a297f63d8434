// SPDX-License-Identifier: Apache-2.0
// Compares bodies.
#include "transfer/check/certain_pairs.h"

#include <algorithm>
#include <map>
#include <set>

#include "transfer/check/body_digests.h"

namespace mboxferry::transfer {
namespace {

// All of most mailboxes, in ten round trips; the smallest of the sample are taken where it is more.
constexpr std::size_t kSampledPairs = 10 * imap::ReadOnlyTarget::kMostBodies;
constexpr SampleBounds kSampleBounds{1, kSampledPairs, std::uint64_t{16} << 20};
constexpr std::size_t kPairsAtOnce = 1000;

}  // namespace

/// What is the same is committed together: each commit waits for the disk.
Result<void> CertainPairs::commit_same() {
  MBOXFERRY_TRY(journal_.commit_matches(same_));
  found_ += same_.size();
  compared_ += same_.size();
  same_.clear();
  return ok();
}

Result<void> CertainPairs::judge(const journal::Stored& pair, const journal::Digest& content,
                                 const journal::Digest& masked) {
  MBOXFERRY_ASSIGN(const auto row, journal_.message(pair.message));
  if (!row)
    return Error{ErrorCode::internal, "a message that is matched is not in the journal", ""};
  bool is_same = row->digest == content;
  if (!is_same && archived_) {
    MBOXFERRY_ASSIGN(const journal::Digest own, archived_(*row));
    is_same = own == masked;
  }
  if (is_same) {
    same_.push_back(pair);
    return ok();
  }
  ++different_;
  MBOXFERRY_TRY(commit_same());
  // It may be another one of the archive.
  MBOXFERRY_ASSIGN(const auto other,
                   journal_.doubtful_with_digest(content, row->date.unix_seconds));
  if (!other) {
    return rules_.other == Other::rejected ? journal_.reject({&pair, 1})
                                           : journal_.set_unproven({&pair.uid, 1});
  }
  same_.push_back({*other, pair.uid});
  return commit_same();
}

/// It has gone meanwhile, or the server does not give it.
Result<void> CertainPairs::judge_unread(const std::map<imap::Uid, journal::Stored>& unread) {
  std::set<imap::Uid> uids;
  for (const auto& [uid, pair] : unread) uids.insert(uid);
  MBOXFERRY_ASSIGN(const std::set<imap::Uid> gone, gone_of(uids, target_));
  std::vector<journal::Stored> same;
  for (const auto& [uid, pair] : unread) {
    if (gone.contains(uid) || rules_.unread == Unread::rejected) {
      MBOXFERRY_TRY(journal_.reject({&pair, 1}));
    } else if (rules_.unread == Unread::counts_as_same) {
      same.push_back(pair);
    } else {
      if (rules_.withheld != nullptr) rules_.withheld->add(uid);
      MBOXFERRY_TRY(journal_.set_unproven({&uid, 1}));
    }
  }
  MBOXFERRY_TRY(journal_.commit_matches(same));
  found_ += same.size();
  return ok();
}

Result<std::uint64_t> CertainPairs::compare(std::span<const journal::Stored> pairs, Scope scope) {
  const std::uint64_t before = different_;
  std::vector<imap::WantedBody> bodies;
  std::map<imap::Uid, journal::Stored> by_uid;
  for (const journal::Stored& pair : pairs) {
    MBOXFERRY_ASSIGN(const auto row, journal_.message(pair.message));
    bodies.push_back({pair.uid, row ? row->wire_size : 0});
    by_uid.emplace(pair.uid, pair);
  }
  if (scope == Scope::smallest) bodies = smallest_of(std::move(bodies), kSampleBounds);
  std::map<imap::Uid, journal::Stored> unread;
  for (const imap::WantedBody& body : bodies) unread.emplace(body.uid, by_uid.at(body.uid));
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal_));
  MBOXFERRY_TRY(digest_bodies(
      bodies, key, target_,
      [&](imap::Uid uid, const BodyDigests& digests) -> Result<void> {
        unread.erase(uid);
        return judge(by_uid.at(uid), digests.content, digests.masked);
      },
      interrupt_, rules_.withheld));
  MBOXFERRY_TRY(commit_same());
  MBOXFERRY_TRY(judge_unread(unread));
  return different_ - before;
}

Result<std::uint64_t> CertainPairs::decide() {
  MBOXFERRY_ASSIGN(const auto sample, journal_.certain_sample(kSampledPairs));
  MBOXFERRY_ASSIGN(const std::uint64_t others, compare(sample, Scope::smallest));
  const bool all = others > 0;
  while (!all) {
    MBOXFERRY_ASSIGN(const auto repeated, journal_.certain_repeated(kPairsAtOnce));
    if (repeated.empty()) break;
    MBOXFERRY_TRY(compare(repeated, Scope::all));
  }
  for (;;) {
    MBOXFERRY_ASSIGN(const auto pairs, journal_.certain_matches(kPairsAtOnce));
    if (pairs.empty()) return found_;
    if (all) {
      MBOXFERRY_TRY(compare(pairs, Scope::all));
      continue;
    }
    MBOXFERRY_TRY(journal_.commit_matches(pairs));
    found_ += pairs.size();
  }
}

}  // namespace mboxferry::transfer
