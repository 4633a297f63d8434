// SPDX-License-Identifier: Apache-2.0
// Looking, settling, matching.
#include "transfer/check/reconcile.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/message/digest.h"
#include "transfer/check/matching.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/pace/waiting.h"

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

// Longer from look to look: a server that counts commands would have a reason to refuse them.
constexpr milliseconds kBetweenSettleLooks{150};
constexpr milliseconds kLongestBetweenLooks{1000};
constexpr std::size_t kSeenPage = 1000;
// iCloud was seen to show a message 4 s after its APPEND.
constexpr milliseconds kLatest{8000};
constexpr milliseconds kBetweenViews{500};
constexpr const char* kShowsLateNote = "server.shows_late";

/// What a look was shown: the last message, and whether there was all before it that should be.
struct Shown {
  imap::Uid uid = 0;
  std::uint32_t number = 0;
  bool has_gap = false;  ///< sequence numbers have none (RFC 3501 section 2.3.1.2)
  bool has_confirmed = false;
  std::set<imap::Uid> withheld;  ///< which of them the server does not show

  void add(const imap::FetchedMessage& fetched, imap::Uid confirmed) {
    has_confirmed = has_confirmed || fetched.uid == confirmed;
    if (fetched.uid < uid) return;
    if (fetched.withheld) {
      withheld.insert(fetched.uid);
      uid = fetched.uid;
      if (number > 0) ++number;
      return;
    }
    has_gap = has_gap || (number > 0 && fetched.number > number + 1);
    uid = fetched.uid;
    number = fetched.number;
  }
};

/// Fills the journal's scratch table with what the mailbox holds.
Result<Shown> look(const imap::UidRange& range, imap::ReadOnlyTarget& target,
                   journal::Journal& journal, imap::Uid confirmed = 0) {
  Shown shown;
  std::vector<journal::Seen> page;
  const auto flush = [&]() -> Result<void> {
    MBOXFERRY_TRY(journal.add_seen(page));
    page.clear();
    return ok();
  };
  MBOXFERRY_TRY(target.fetch(range, {.with_message_id = true, .with_withheld = true},
                             [&](const imap::FetchedMessage& fetched) -> Result<void> {
                               shown.add(fetched, confirmed);
                               if (fetched.withheld) return ok();
                               page.push_back({fetched.uid, fetched.size,
                                               fetched.internal_date.unix_seconds,
                                               message::message_id_hash(fetched.message_id)});
                               return page.size() < kSeenPage ? ok() : flush();
                             }));
  MBOXFERRY_TRY(flush());
  return shown;
}

/// Watches for a server that does not show everything yet: less than it counts, or not even what it
/// confirmed. What is in doubt may be among the rest.
class LateView {
 public:
  /// `floor`: above all that was confirmed before the doubts. `confirmed`: the last of all.
  LateView(imap::Uid floor, imap::Uid confirmed, bool known_late, milliseconds settle)
      : floor_(floor), confirmed_(confirmed < floor ? 0 : confirmed), settle_(settle) {
    if (known_late) settle_ = std::max(settle_, kLatest);
  }

  /// What was shown after the mailbox said that it was `said`.
  void note(const imap::SelectedMailbox& said, const Shown& shown, Moment now) {
    const bool fewer =
        shown.number > 0 ? said.exists > shown.number : shown.uid == 0 && said.uid_next > floor_;
    const bool older = said.uid_next != 0 && said.uid_next < floor_;
    const bool is_short =
        fewer || older || shown.has_gap || (confirmed_ != 0 && !shown.has_confirmed);
    if (is_short && !was_short_) awaited_until_ = now + kLatest;
    was_short_ = was_short_ || is_short;
    shows_late_ = shows_late_ || (was_short_ && !is_short);
    // Others may come later still.
    if (shows_late_ && settle_ < kLatest) {
      settle_ = kLatest;
      extended_ = true;
    }
    is_short_ = is_short;
  }
  /// A message that was confirmed last, to be looked for; 0: none.
  [[nodiscard]] imap::Uid confirmed() const { return confirmed_; }
  /// True while the rest is worth waiting for.
  [[nodiscard]] bool is_awaited(Moment now) const { return is_short_ && now < awaited_until_; }
  /// It showed later what it had not shown at first.
  [[nodiscard]] bool shows_late() const { return shows_late_; }
  /// Once, when that was found out: it is to be given more time.
  bool takes_more_time() { return std::exchange(extended_, false); }
  [[nodiscard]] milliseconds settle() const { return settle_; }

 private:
  const imap::Uid floor_;
  const imap::Uid confirmed_;
  milliseconds settle_;
  Moment awaited_until_{};
  bool is_short_ = false;  ///< at the last look
  bool was_short_ = false;
  bool shows_late_ = false;
  bool extended_ = false;
};

/// What the server does not show may be any of the messages in doubt, unless it is known to be
/// another one.
Result<void> hold_for_withheld(std::set<imap::Uid> withheld, const journal::MailboxRow& mailbox,
                               journal::Journal& journal, WithheldBodies& noted) {
  if (withheld.empty()) return ok();
  MBOXFERRY_TRY(journal.ledger(mailbox.id, [&](const journal::MessageRow& row) -> Result<void> {
    withheld.erase(row.uid);
    return ok();
  }));
  if (withheld.empty()) return ok();
  for (const imap::Uid uid : withheld) noted.add(uid);
  std::vector<journal::MessageId> held;
  MBOXFERRY_TRY(journal.each(journal::State::intended, mailbox.id,
                             [&](const journal::MessageRow& row) -> Result<void> {
                               held.push_back(row.id);
                               return ok();
                             }));
  return journal.hold(held);
}

/// Waits until `settled` at most; true as soon as the mailbox is not as it was `known`. It is asked
/// once more after that time: the process may have been stopped for longer than the wait.
Result<bool> something_new(const std::string& mailbox, imap::Target& target,
                           const imap::SelectedMailbox& known, Moment settled, Clock& clock,
                           const std::function<void()>& answered, const Cancellation& interrupt) {
  for (milliseconds pause = kBetweenSettleLooks;;
       pause = std::min(pause * 3 / 2, kLongestBetweenLooks)) {
    const auto left = std::chrono::ceil<milliseconds>(settled - clock.now());
    const bool last = left.count() <= 0;
    const milliseconds wait = last ? milliseconds(0) : std::min(pause, left);
    if (interrupt.requested() || !wait_unless(interrupt, clock, wait))
      return interrupted("interrupted while asking the server what it has");
    MBOXFERRY_ASSIGN(const imap::SelectedMailbox status, target.status(mailbox));
    answered();
    if (status.uid_next != known.uid_next || status.exists != known.exists) return true;
    if (last) return false;
  }
}

}  // namespace

milliseconds settle_time(const journal::Count& in_doubt, milliseconds slowest_confirm) {
  const milliseconds by_count{1500 + 5 * std::min<std::uint64_t>(in_doubt.messages, 10'000)};
  const milliseconds by_bytes{1500 + std::min<std::uint64_t>(in_doubt.bytes >> 20, 600) * 100};
  return std::min(std::max({by_count, by_bytes, 4 * slowest_confirm}), milliseconds{120'000});
}

Result<Reconciled> reconcile(const journal::MailboxRow& mailbox, imap::Target& target,
                             journal::Journal& journal, Clock& clock, milliseconds slowest_confirm,
                             const MaskedDigestOf& archived, const Undecided& undecided,
                             Settling& settling, std::mutex& journal_turn,
                             const Cancellation& interrupt) {
  Reconciled result;
  MBOXFERRY_ASSIGN(journal::Journal::Doubt doubt, journal.doubt(mailbox.id));
  if (doubt.count.messages == 0) return result;
  const milliseconds settle =
      undecided.last_look ? milliseconds(0) : settle_time(doubt.count, slowest_confirm);
  const imap::Uid floor = std::max<imap::Uid>(doubt.uid_floor, 1);
  const auto begin = [&] {
    return journal.begin_reconcile(mailbox.id, journal::Unidentified::in_doubt);
  };
  std::unique_lock turn(journal_turn);
  MBOXFERRY_ASSIGN(ServerWays ways, learn_ways(mailbox, target, journal));
  AlteredMail altered(mailbox, target, journal, archived, undecided.envelope, ways, interrupt);
  const auto match_seen = [&]() -> Result<std::uint64_t> {
    const Matching how{.altered = &altered,
                       .ways = &ways,
                       .reads_certain = true,
                       .withheld = &settling.withheld,
                       .bodies_at_once = imap::ReadOnlyTarget::kMostBodies};
    auto found = match(target, journal, archived, how, interrupt);
    if (!found) {
      // What was found until the connection ended brought the end nearer.
      MBOXFERRY_ASSIGN(const journal::Journal::Doubt left, journal.doubt(mailbox.id));
      if (left.count.messages < doubt.count.messages) ++settling.steps;
    }
    return found;
  };
  MBOXFERRY_ASSIGN(const auto known_late, journal.note(kShowsLateNote));
  MBOXFERRY_ASSIGN(const auto confirmed, journal.last_stored(mailbox.id, 1));
  LateView view(floor, confirmed.empty() ? 0 : confirmed.back().uid, known_late.has_value(),
                settle);
  MBOXFERRY_TRY(begin());
  std::set<imap::Uid> withheld;
  // What has not appeared may still be on its way. Each message that is found shows that the server
  // is at it, and the wait begins anew; mail of others does not, and may never stop coming.
  Moment quiet_since{};
  for (bool settles = true; settles;) {
    for (std::optional<Moment> settled;;) {
      const bool last = settled && clock.now() >= *settled;
      MBOXFERRY_ASSIGN(const imap::SelectedMailbox known, target.status(mailbox.name));
      MBOXFERRY_ASSIGN(const Shown shown,
                       look({floor, imap::kLastUid}, target, journal, view.confirmed()));
      view.note(known, shown, clock.now());
      withheld = shown.withheld;
      crash_point("reconcile-looked");
      MBOXFERRY_ASSIGN(const std::uint64_t found, match_seen());
      result.found += found;
      MBOXFERRY_ASSIGN(doubt, journal.doubt(mailbox.id));
      if (doubt.count.messages == 0) break;
      const Moment now = clock.now();
      const bool awaited = !undecided.last_look && view.is_awaited(now);
      const bool more_time = view.takes_more_time() && !undecided.last_look;
      if (found == 0 && last && !awaited && !more_time) break;
      const bool goes_on = !settled && found == 0 && settling.in_doubt == doubt.count.messages &&
                           settling.uid_validity == mailbox.uid_validity;
      if (found > 0) ++settling.steps;
      if (found > 0 || !settled || more_time) {
        if (!goes_on) settling.waited = milliseconds(0);
        quiet_since = now - settling.waited;
        settled = quiet_since + (undecided.last_look ? settle : view.settle());
      }
      settling.in_doubt = doubt.count.messages;
      settling.uid_validity = mailbox.uid_validity;
      const auto answered = [&] {
        settling.waited = std::chrono::floor<milliseconds>(clock.now() - quiet_since);
        ++settling.steps;
      };
      turn.unlock();
      // What shows late may change none of the numbers.
      const Moment until = awaited ? now + kBetweenViews : *settled;
      MBOXFERRY_ASSIGN(const bool more, something_new(mailbox.name, target, known, until, clock,
                                                      answered, interrupt));
      turn.lock();
      MBOXFERRY_TRY(begin());
      if (!more && !awaited) break;
    }
    settling.in_doubt = 0;
    if (undecided.last_look || undecided.resend) break;
    MBOXFERRY_ASSIGN(const Shown shown, look({floor, imap::kLastUid}, target, journal));
    withheld = shown.withheld;
    MBOXFERRY_ASSIGN(const std::uint64_t found, match_seen());
    result.found += found;
    MBOXFERRY_ASSIGN(doubt, journal.doubt(mailbox.id));
    // What shows only now says that the server is at it still.
    settles = found > 0 && doubt.count.messages > 0;
    if (!settles) break;
    ++settling.steps;
    MBOXFERRY_TRY(begin());
  }
  if (view.shows_late() && !known_late) MBOXFERRY_TRY(journal.set_note(kShowsLateNote, "1"));
  if (undecided.last_look) {
    result.held = doubt.count.messages;
    MBOXFERRY_TRY(journal.end_reconcile());
    return result;
  }
  if (!undecided.resend) {
    MBOXFERRY_TRY(altered.hold());
    MBOXFERRY_TRY(journal.hold_unproven());
    MBOXFERRY_TRY(hold_for_withheld(std::move(withheld), mailbox, journal, settling.withheld));
    MBOXFERRY_ASSIGN(doubt, journal.doubt(mailbox.id));
  }
  if (undecided.leaves_gone) {
    MBOXFERRY_ASSIGN(result.gone, journal.leave_rest_out(kGoneSince,
                                                         "the mailbox was deleted or made anew "
                                                         "after the message was stored",
                                                         in_order_note(mailbox.id)));
    result.held = doubt.count.messages - std::min(doubt.count.messages, result.gone);
    return result;
  }
  MBOXFERRY_ASSIGN(result.planned_again, journal.plan_rest_again());
  result.held = doubt.count.messages - std::min(doubt.count.messages, result.planned_again);
  return result;
}

Result<void> identify_stored(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                             journal::Journal& journal, const EnvelopeOf& envelope,
                             const Cancellation& interrupt) {
  MBOXFERRY_ASSIGN(const journal::Journal::Doubt doubt, journal.doubt(mailbox.id));
  if (!doubt.stored_without_uid) return ok();
  MBOXFERRY_TRY(journal.begin_reconcile(mailbox.id, journal::Unidentified::stored_without_uid));
  MBOXFERRY_TRY(look({std::max<imap::Uid>(mailbox.uid_floor, 1), imap::kLastUid}, target, journal));
  MBOXFERRY_ASSIGN(const auto note, journal.note(kWaysNote));
  ServerWays ways = ServerWays::from_text(note.value_or(""));
  const MaskedDigestOf archived;
  AlteredMail altered(mailbox, target, journal, archived, envelope, ways, interrupt);
  MBOXFERRY_ASSIGN(
      const std::uint64_t found,
      match(target, journal, archived, {.altered = &altered, .ways = &ways}, interrupt));
  static_cast<void>(found);
  return ok();
}

Result<std::uint64_t> find_moved(
    const journal::MailboxRow& mailbox,
    std::span<const std::pair<journal::MessageId, journal::MessageId>> messages,
    imap::ReadOnlyTarget& target, journal::Journal& journal, const Cancellation& interrupt) {
  MBOXFERRY_TRY(journal.begin_moved(mailbox.id, messages));
  MBOXFERRY_TRY(look({std::max<imap::Uid>(mailbox.uid_floor, 1), imap::kLastUid}, target, journal));
  return match(target, journal, {}, {}, interrupt);
}

}  // namespace mboxferry::transfer
