// SPDX-License-Identifier: Apache-2.0
// Copies of stored messages.
#include "transfer/check/copy_finder.h"

#include <string_view>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/envelope.h"
#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kPage = 500;

}  // namespace

Result<void> CopyFinder::add(const imap::FetchedMessage& message) {
  page_.push_back({message.uid, message.size, message.internal_date.unix_seconds, 0});
  return page_.size() < kPage ? ok() : flush();
}

Result<void> CopyFinder::restart() {
  page_.clear();
  begun_ = true;
  MBOXFERRY_TRY(journal_.begin_copy_search(mailbox_));
  return journal_.leave_out_ledger();
}

Result<void> CopyFinder::flush() {
  if (page_.empty()) return ok();
  if (!begun_) MBOXFERRY_TRY(journal_.begin_copy_search(mailbox_));
  begun_ = true;
  MBOXFERRY_TRY(journal_.add_seen(page_));
  page_.clear();
  return ok();
}

Result<void> CopyFinder::look(const Visitor& visit, const Cancellation& interrupt) {
  MBOXFERRY_TRY(flush());
  if (!begun_) return ok();
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal_));
  for (imap::Uid after = 0;;) {
    MBOXFERRY_ASSIGN(std::vector<Suspect> suspects, journal_.suspects(after, kPage));
    if (suspects.empty()) return ok();
    MBOXFERRY_TRY(read_message_ids(suspects));
    for (const Suspect& suspect : suspects) {
      if (interrupt.requested()) return interrupted("interrupted while verifying");
      MBOXFERRY_TRY(judge(suspect, key, visit));
    }
    after = suspects.back().seen.uid;
  }
}

/// Those of messages that resemble stored ones; neighbours share a question.
Result<void> CopyFinder::read_message_ids(std::vector<Suspect>& suspects) {
  for (std::size_t first = 0; first < suspects.size();) {
    std::size_t end = first + 1;
    const auto continues = [&] {
      return end < suspects.size() && suspects[end].resembles &&
             suspects[end].seen.uid == suspects[end - 1].seen.uid + 1;
    };
    while (suspects[first].resembles && continues()) ++end;
    if (suspects[first].resembles) {
      const imap::UidRange range{suspects[first].seen.uid, suspects[end - 1].seen.uid};
      const auto take = [&](const imap::FetchedMessage& fetched) -> Result<void> {
        if (fetched.uid < range.first || fetched.uid > range.last) return ok();
        if (!fetched.message_id.empty()) {
          suspects[first + (fetched.uid - range.first)].seen.message_id_hash =
              message::short_hash(fetched.message_id);
        }
        return ok();
      };
      MBOXFERRY_TRY(target_.fetch(range, {.with_message_id = true}, take));
    }
    first = end;
  }
  return ok();
}

/// Whether the server shows a stored message in another size than it was sent.
Result<bool> CopyFinder::is_altered(const journal::MessageRow& original) {
  if (altered_ && altered_->first == original.id) return altered_->second;
  bool altered = false;
  MBOXFERRY_TRY(
      target_.fetch({original.uid, original.uid}, {}, [&](const imap::FetchedMessage& fetched) {
        altered = altered || (fetched.uid == original.uid && fetched.size != original.wire_size);
        return ok();
      }));
  altered_.emplace(original.id, altered);
  return altered;
}

/// Other content is a copy's only where the server altered the original as well.
Result<bool> CopyFinder::is_altered_copy(const journal::Seen& seen,
                                         const journal::MessageRow& original) {
  if (original.date.unix_seconds != seen.date || original.uid == 0) return false;
  MBOXFERRY_ASSIGN(const bool altered, is_altered(original));
  if (!altered || seen.message_id_hash != 0) return altered;
  MBOXFERRY_ASSIGN(const std::int64_t envelope, envelope_of_uid(seen.uid, seen.size));
  MBOXFERRY_ASSIGN(const std::int64_t own, envelope_of_uid(original.uid, original.wire_size));
  return envelope == own;
}

Result<std::int64_t> CopyFinder::envelope_of_uid(imap::Uid uid, std::uint64_t size) {
  message::EnvelopeScanner scanner;
  MBOXFERRY_TRY(target_.fetch_body(uid, size, [&](std::string_view bytes) {
    scanner.feed(bytes);
    return ok();
  }));
  return scanner.finish();
}

Result<void> CopyFinder::judge(const Suspect& suspect, const ContentKey& key,
                               const Visitor& visit) {
  Stranger stranger{suspect.seen.uid};
  std::optional<journal::MessageRow> original;
  if (suspect.resembles) {
    MBOXFERRY_ASSIGN(original, journal_.original_of(suspect.seen, std::nullopt));
  }
  // Where the server keeps sizes, another size is other content, and need not be read.
  if (original && original->uid != 0 && original->wire_size != suspect.seen.size) {
    MBOXFERRY_ASSIGN(const bool altered, is_altered(*original));
    if (!altered) original.reset();
  }
  if (original) {
    ContentDigest digest(key);
    MBOXFERRY_TRY(
        target_.fetch_body(suspect.seen.uid, suspect.seen.size, [&](std::string_view bytes) {
          digest.update(bytes);
          return ok();
        }));
    MBOXFERRY_ASSIGN(const auto same, journal_.original_of(suspect.seen, digest.finish()));
    if (same) {
      original = same;
      // Without a UID of its own an original could not be told from its copy.
      if (same->uid != 0) {
        MBOXFERRY_ASSIGN(stranger.provable, journal_.was_resent(same->id));
      }
    } else {
      MBOXFERRY_ASSIGN(const bool altered, is_altered_copy(suspect.seen, *original));
      if (!altered) original.reset();
    }
  }
  stranger.original = original ? &*original : nullptr;
  visit(stranger);
  return ok();
}

}  // namespace mboxferry::transfer
