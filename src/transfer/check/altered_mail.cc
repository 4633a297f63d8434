// SPDX-License-Identifier: Apache-2.0
// Pairs of messages that differ, and the rule for them (docs/decisions/0046-altered-mail.md).
#include "transfer/check/altered_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/envelope.h"
#include "transfer/check/body_digests.h"

namespace mboxferry::transfer {
namespace {

using Alike = journal::Journal::Lookalikes;

constexpr std::size_t kCompared = 50;
/// So many different messages in doubt that are there in another form are no coincidence.
constexpr std::size_t kShown = 3;
/// A field that a server adds has not always the same length.
constexpr std::int64_t kSlack = 16;
/// Of what was confirmed, to see whether content stays.
constexpr SampleBounds kReadAgain{1, 3, std::uint64_t{1} << 20};

std::int64_t added_to(const journal::MessageRow& row, std::uint64_t size) {
  return static_cast<std::int64_t>(size) - static_cast<std::int64_t>(row.wire_size);
}

/// Messages and copies of one kind, in order. Each copy has a message when there are as many, or
/// when it does not matter which.
struct SameKind {
  std::vector<const journal::MessageRow*> rows;
  std::vector<const journal::Seen*> seen;

  [[nodiscard]] bool can_be_paired() const {
    const bool all_equal =
        std::all_of(rows.begin(), rows.end(), [&](const journal::MessageRow* row) {
          return row->digest == rows.front()->digest && row->wire_size == rows.front()->wire_size;
        });
    return rows.size() == seen.size() || (all_equal && seen.size() < rows.size());
  }
};

}  // namespace

bool ServerWays::changed_all() const {
  constexpr std::uint64_t kEnough = 3;
  return kept_ == 0 && changed_ >= kEnough;
}

void ServerWays::add(std::int64_t added, bool other_date) {
  ++(added == 0 ? kept_ : changed_);
  if (added != 0) {
    least = alters ? std::min(least, added) : added;
    most = alters ? std::max(most, added) : added;
    alters = true;
  }
  known = true;
  kept_a_date_ = kept_a_date_ || !other_date;
  ignores_dates = !kept_a_date_;
}

void ServerWays::add_id(bool other_id) {
  kept_an_id_ = kept_an_id_ || !other_id;
  replaces_ids = !kept_an_id_;
  // What has another field is altered, whatever its size.
  alters = alters || replaces_ids;
}

std::string ServerWays::to_text() const {
  const int ids = kept_an_id_ ? 0 : replaces_ids ? 1 : 2;
  return fmt::format("{} {} {} {} {}", alters ? 1 : 0, least, most, ignores_dates ? 1 : 0, ids);
}

ServerWays ServerWays::from_text(const std::string& text) {
  ServerWays ways;
  int alters = 0;
  int dates = 0;
  int ids = 2;  // not told by older programs
  long long least = 0;
  long long most = 0;
  if (std::sscanf(text.c_str(), "%d %lld %lld %d %d", &alters, &least, &most, &dates, &ids) < 4)
    return ways;
  ways.known = true;
  ways.alters = alters != 0;
  ways.least = least;
  ways.most = most;
  ways.ignores_dates = dates != 0;
  ways.kept_a_date_ = dates == 0;
  ways.replaces_ids = ids == 1;
  ways.kept_an_id_ = ids == 0;
  return ways;
}

Result<ServerWays> learn_ways(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                              journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(kWaysNote));
  ServerWays ways = ServerWays::from_text(note.value_or(""));
  MBOXFERRY_ASSIGN(const auto rows, journal.last_stored(mailbox.id, kCompared));
  if (rows.empty()) return ways;
  const auto compare = [&](const imap::FetchedMessage& fetched) -> Result<void> {
    const auto row = std::lower_bound(
        rows.begin(), rows.end(), fetched.uid,
        [](const journal::MessageRow& one, imap::Uid uid) { return one.uid < uid; });
    if (row == rows.end() || row->uid != fetched.uid) return ok();
    ways.add(added_to(*row, fetched.size),
             fetched.internal_date.unix_seconds != row->date.unix_seconds);
    if (row->message_id_hash != 0)
      ways.add_id(message::message_id_hash(fetched.message_id) != row->message_id_hash);
    return ok();
  };
  MBOXFERRY_TRY(
      target.fetch({rows.front().uid, rows.back().uid}, {.with_message_id = true}, compare));
  if (ways.known && note != ways.to_text())
    MBOXFERRY_TRY(journal.set_note(kWaysNote, ways.to_text()));
  return ways;
}

template <typename Visit>
Result<void> AlteredMail::each_group(const Visit& visit) {
  const auto with = [&](Ids ids) {
    return each_group(ids, [&](const Alike& alike) { return visit(alike, ids); });
  };
  MBOXFERRY_TRY(with(Ids::same));
  return envelope_ && ways_.may_replace_ids() ? with(Ids::other) : ok();
}

template <typename Visit>
Result<void> AlteredMail::each_group(Ids ids, const Visit& visit) {
  // A server of which nothing is known may ignore dates. Under another Message-ID that would make
  // all mail of others one that may be ours.
  const bool any_date = ways_.ignores_dates || (!ways_.known && ids == Ids::same);
  for (journal::MessageId after = 0;;) {
    if (interrupt_.requested())
      return interrupted("interrupted while asking the server what it has");
    MBOXFERRY_ASSIGN(const auto alike,
                     journal_.next_lookalikes(after, any_date, ids == Ids::other));
    if (!alike) return ok();
    after = alike->first;
    MBOXFERRY_ASSIGN(const bool more, visit(*alike));
    if (!more) return ok();
  }
}

Result<std::uint64_t> AlteredMail::match() {
  if (!ways_.alters) MBOXFERRY_TRY(learn_from_doubts());
  std::uint64_t found = 0;
  if (!ways_.alters) return found;
  MBOXFERRY_TRY(each_group([&](const Alike& alike, Ids ids) -> Result<bool> {
    MBOXFERRY_ASSIGN(const Decision decision, decide(alike, ids));
    found += decision.pairs.size();
    MBOXFERRY_TRY(journal_.commit_matches(decision.pairs));
    return true;
  }));
  return found;
}

Result<void> AlteredMail::hold() {
  return each_group([&](const Alike& alike, Ids ids) -> Result<bool> {
    MBOXFERRY_ASSIGN(const Decision decision, decide(alike, ids));
    std::vector<journal::MessageId> held = decision.undecided;
    for (const journal::Stored& pair : decision.pairs) held.push_back(pair.message);
    MBOXFERRY_TRY(journal_.hold(held));
    return true;
  });
}

/// Confirmed messages whose UIDs were not told, or several in doubt, show as well what the server
/// does to mail.
Result<void> AlteredMail::learn_from_doubts() {
  ServerWays shown;
  std::set<journal::Digest> different;
  bool confirmed = false;
  MBOXFERRY_TRY(each_group([&](const Alike& alike, Ids ids) -> Result<bool> {
    const auto lowest =
        std::min_element(alike.doubtful.begin(), alike.doubtful.end(),
                         [](const auto& one, const auto& other) { return one.id < other.id; });
    // Each group once.
    if (alike.first != lowest->id) return true;
    MBOXFERRY_ASSIGN(const Decision decision, decide(alike, ids));
    for (const journal::Stored& pair : decision.pairs) {
      const auto row =
          std::find_if(alike.doubtful.begin(), alike.doubtful.end(),
                       [&](const journal::MessageRow& one) { return one.id == pair.message; });
      const auto seen = std::find_if(alike.seen.begin(), alike.seen.end(),
                                     [&](const journal::Seen& one) { return one.uid == pair.uid; });
      shown.add(added_to(*row, seen->size), seen->date != row->date.unix_seconds);
      if (row->message_id_hash != 0) shown.add_id(ids == Ids::other);
      confirmed = confirmed || row->state == journal::State::stored;
      different.insert(row->digest);
    }
    return different.size() < kCompared;
  }));
  if (!confirmed && different.size() < kShown) return ok();
  shown.alters = true;
  ways_ = shown;
  return different.size() < kShown ? ok() : journal_.set_note(kWaysNote, ways_.to_text());
}

bool AlteredMail::is_plausible(const journal::MessageRow& row, const journal::Seen& seen,
                               Ids ids) const {
  const std::int64_t added = added_to(row, seen.size);
  // Of one size, content was compared, and it is another.
  if (!ways_.alters || ways_.changes_sizes()) {
    if (added == 0 && ids == Ids::same) return false;
    if (!ways_.alters) return true;
  }
  if (row.message_id_hash != 0 && ids == Ids::same) return true;
  return added >= std::min<std::int64_t>(ways_.least, 0) - kSlack &&
         added <= std::max<std::int64_t>(ways_.most, 0) + kSlack;
}

/// Where the server was seen to keep mail as it is, another content of the same size is another
/// message.
Result<bool> AlteredMail::is_other_mail(const journal::MessageRow& row, const journal::Seen& seen) {
  if (!ways_.known || ways_.alters || added_to(row, seen.size) != 0) return false;
  return keeps_content();
}

/// True when nothing that was seen can be this message.
Result<bool> AlteredMail::is_elsewhere(const journal::MessageRow& row, const Alike& alike) {
  for (const journal::Seen& seen : alike.seen) {
    MBOXFERRY_ASSIGN(const bool other, is_other_mail(row, seen));
    if (!other) return false;
  }
  return !alike.seen.empty();
}

/// Sizes say little of a server that orders header fields anew. So some of what it confirmed is
/// read, once; where it has confirmed nothing in this mailbox, the sizes that others showed count.
Result<bool> AlteredMail::keeps_content() {
  if (keeps_content_) return *keeps_content_;
  MBOXFERRY_ASSIGN(const auto rows, journal_.last_stored(mailbox_.id, kCompared));
  std::map<imap::Uid, const journal::MessageRow*> by_uid;
  std::vector<imap::WantedBody> bodies;
  for (const journal::MessageRow& row : rows) {
    by_uid.emplace(row.uid, &row);
    bodies.push_back({row.uid, row.wire_size});
  }
  bool any_same = false;
  bool any_different = false;
  MBOXFERRY_ASSIGN(const ContentKey key, content_key(journal_));
  const auto sample = smallest_of(std::move(bodies), kReadAgain);
  std::size_t unread = sample.size();
  MBOXFERRY_TRY(digest_bodies(
      sample, key, target_,
      [&](imap::Uid uid, const BodyDigests& digests) -> Result<void> {
        const journal::MessageRow& row = *by_uid.at(uid);
        bool same = row.digest == digests.content;
        if (!same && archived_) {
          MBOXFERRY_ASSIGN(const journal::Digest own, archived_(row));
          same = own == digests.masked;
        }
        // A part of it proves nothing.
        if (!same && digests.size < row.wire_size) return ok();
        --unread;
        (same ? any_same : any_different) = true;
        return ok();
      },
      interrupt_));
  keeps_content_ = any_same || (!any_different && unread == 0);
  if (*keeps_content_ || !any_different) return *keeps_content_;
  ways_.alters = true;
  MBOXFERRY_TRY(journal_.set_note(kWaysNote, ways_.to_text()));
  return false;
}

Result<void> AlteredMail::note_kept(journal::MessageId message, const journal::Seen& seen) {
  if (ways_.known) return ok();
  MBOXFERRY_ASSIGN(const auto row, journal_.message(message));
  if (row && row->wire_size == seen.size) ways_.add(0, seen.date != row->date.unix_seconds);
  return ok();
}

Result<AlteredMail::Envelope> AlteredMail::envelope_there(const journal::Seen& seen) {
  message::EnvelopeScanner scanner;
  std::uint64_t size = 0;
  const auto read =
      target_.fetch_body(seen.uid, seen.size, [&](std::string_view bytes) -> Result<void> {
        scanner.feed(bytes);
        size += bytes.size();
        return ok();
      });
  if (!read && read.error().scope != ErrorScope::message) return read.error();
  const bool is_empty = size == 0 && seen.size > 0;
  if (read && !is_empty) return Envelope{Envelope::State::read, scanner.finish()};
  MBOXFERRY_ASSIGN(const auto gone, gone_of({seen.uid}, target_));
  return Envelope{gone.empty() ? Envelope::State::withheld : Envelope::State::gone};
}

/// Message-ID and date are enough on a server that is known to alter mail; else, and without a
/// Message-ID, the envelopes must agree as well.
Result<AlteredMail::Decision> AlteredMail::decide(const Alike& alike, Ids ids) {
  Decision decision;
  const auto undecided = [&](const journal::MessageRow& row) {
    if (row.state == journal::State::intended) decision.undecided.push_back(row.id);
  };
  if (!alike.complete) {
    for (const journal::MessageRow& row : alike.doubtful) undecided(row);
    return decision;
  }
  const bool has_id = alike.doubtful.front().message_id_hash != 0 && ids == Ids::same;
  // A date alone is shared by many messages.
  if (!has_id && !envelope_ && !ways_.alters) return decision;
  const bool by_envelope = envelope_ && !(has_id && ways_.alters);
  std::map<std::int64_t, SameKind> kinds;
  for (const journal::MessageRow& row : alike.doubtful) {
    MBOXFERRY_ASSIGN(const bool elsewhere, is_elsewhere(row, alike));
    if (elsewhere) continue;
    std::int64_t kind = 0;
    if (by_envelope) {
      MBOXFERRY_ASSIGN(kind, envelope_(row));
    }
    kinds[kind].rows.push_back(&row);
  }
  std::size_t gone = 0;
  bool any_withheld = false;
  for (const journal::Seen& seen : alike.seen) {
    Envelope kind;
    if (by_envelope) {
      MBOXFERRY_ASSIGN(kind, envelope_there(seen));
    }
    any_withheld = any_withheld || kind.state == Envelope::State::withheld;
    if (kind.state == Envelope::State::read) kinds[kind.value].seen.push_back(&seen);
    if (kind.state == Envelope::State::gone) ++gone;
  }
  // Nothing is left that could be one of them.
  if (gone > 0 && gone == alike.seen.size()) return decision;
  // It may be any of them.
  if (any_withheld) {
    for (const auto& [envelope, kind] : kinds)
      for (const journal::MessageRow* row : kind.rows) undecided(*row);
    return decision;
  }
  for (auto& [envelope, kind] : kinds) {
    const bool nothing_like_it = kind.seen.empty() && !has_id;
    if (kind.rows.empty() || nothing_like_it) continue;
    const bool pairs = !kind.seen.empty() && kind.can_be_paired();
    for (std::size_t i = 0; i < kind.rows.size(); ++i) {
      const journal::MessageRow& row = *kind.rows[i];
      if (!pairs) {
        undecided(row);
        continue;
      }
      if (i >= kind.seen.size()) continue;
      MBOXFERRY_ASSIGN(const bool other, is_other_mail(row, *kind.seen[i]));
      if (other) continue;
      if (is_plausible(row, *kind.seen[i], ids))
        decision.pairs.push_back({row.id, kind.seen[i]->uid});
      else
        undecided(row);
    }
  }
  return decision;
}

}  // namespace mboxferry::transfer
