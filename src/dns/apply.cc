// SPDX-License-Identifier: Apache-2.0
// Compares, changes, and compares again.
#include "mboxferry/dns/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "mboxferry/base/crash_point.h"
#include "mboxferry/base/time.h"

namespace mboxferry::dns {
namespace {

/// A zone of this many names or more has to be listed before a large part of it changes.
constexpr std::size_t kSmallZone = 10;
constexpr std::size_t kLargePercent = 30;
constexpr std::chrono::milliseconds kBetweenLooks{500};

std::string set_text(const std::optional<RecordSet>& set) {
  if (!set) return "nothing";
  std::string text = fmt::format("TTL {}", set->ttl);
  for (const RecordData& data : set->data) text += ", " + data_text(data);
  constexpr std::size_t kShown = 160;
  return text.size() > kShown ? text.substr(0, kShown) + "..." : text;
}

/// Where one server stands.
struct Comparison {
  std::size_t before = 0;
  std::size_t after = 0;
  std::string first_not_before;  ///< what is there, in words; empty: all is as before
  std::string first_not_after;
};

class Applier {
 public:
  Applier(std::vector<Change> changes, const Plan& plan, Direction direction, ZoneEditor& editor,
          const ApplySettings& settings, const std::function<Result<void>(ApplyStage)>& keep)
      : changes_(std::move(changes)),
        plan_(plan),
        direction_(direction),
        editor_(editor),
        settings_(settings),
        keep_(keep) {}

  Result<ApplyResult> run() {
    ApplyResult result;
    MBOXFERRY_TRY(check_zone());
    MBOXFERRY_ASSIGN(Comparison now, compare(settings_.servers.front()));
    if (now.after == changes_.size() && may_still_change()) {
      MBOXFERRY_TRY(settle());
      MBOXFERRY_ASSIGN(now, compare(settings_.servers.front()));
    }
    if (now.after == changes_.size()) return finish(result);
    if (now.before != changes_.size()) return conflict(now.first_not_before);
    if (direction_ == Direction::apply) MBOXFERRY_TRY(refuse_large_part(result));
    MBOXFERRY_TRY(
        keep_(direction_ == Direction::apply ? ApplyStage::applying : ApplyStage::rolling_back));
    crash_point("dns-intended");
    const auto answer = editor_.edit(plan_.zone, changes_);
    crash_point("dns-answered");
    if (!answer) {
      MBOXFERRY_TRY(keep_nothing_done());
      return answer.error();
    }
    if (answer->outcome == ZoneEditor::Outcome::conflict) {
      // The same change, asked for by an earlier run, may have come first.
      MBOXFERRY_ASSIGN(now, compare(settings_.servers.front()));
      if (now.after != changes_.size())
        return conflict(now.first_not_before.empty() ? "something was changed meanwhile"
                                                     : now.first_not_before);
    } else {
      MBOXFERRY_TRY(prove(*answer));
    }
    result.changed = true;
    return finish(result);
  }

 private:
  Result<ApplyResult> finish(ApplyResult& result) {
    MBOXFERRY_TRY(keep_(finished_stage()));
    MBOXFERRY_TRY(wait_for_others());
    return std::move(result);
  }

  /// Nothing is under way, unless an earlier run's change still is.
  Result<void> keep_nothing_done() {
    const auto& earlier = settings_.earlier;
    if (earlier &&
        (earlier->stage == ApplyStage::applying || earlier->stage == ApplyStage::rolling_back))
      return ok();
    return keep_(direction_ == Direction::apply ? ApplyStage::rolled_back : ApplyStage::applied);
  }

  /// An earlier run asked for the opposite, and does not know what became of it.
  [[nodiscard]] bool may_still_change() const {
    const ApplyStage opposite =
        direction_ == Direction::apply ? ApplyStage::rolling_back : ApplyStage::applying;
    return settings_.earlier && settings_.earlier->stage == opposite && settle_seconds() > 0;
  }
  /// Left to wait; a clock that was set back cannot make it longer.
  [[nodiscard]] std::int64_t settle_seconds() const {
    const std::int64_t passed = system_clock().unix_seconds() - settings_.earlier->unix_seconds;
    return passed < 0 ? kSettleTime.count() : kSettleTime.count() - passed;
  }

  Result<void> settle() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(settle_seconds() + 1);
    while (std::chrono::steady_clock::now() < end) {
      if (settings_.interrupt != nullptr && settings_.interrupt->requested())
        return interrupted("interrupted while an earlier change may still arrive");
      std::this_thread::sleep_for(kBetweenLooks / 5);
    }
    return ok();
  }

  [[nodiscard]] ApplyStage finished_stage() const {
    return direction_ == Direction::apply ? ApplyStage::applied : ApplyStage::rolled_back;
  }

  /// A plan is for one zone; its names may be another zone's by now.
  Result<void> check_zone() {
    ZoneServer server(settings_.servers.front(), settings_.timeout, settings_.interrupt);
    MBOXFERRY_ASSIGN(const auto apex, server.apex(plan_.zone));
    if (apex.zone == plan_.zone) return ok();
    return Error{ErrorCode::configuration,
                 fmt::format("the plan is for the zone {}, and {} has {}", plan_.zone.text(),
                             server.server().text(), apex.zone.text()),
                 "name an authoritative server of the zone with --server"};
  }

  Result<Comparison> compare(const Server& at) {
    ZoneServer server(at, settings_.timeout, settings_.interrupt);
    Comparison found;
    for (const Change& change : changes_) {
      MBOXFERRY_ASSIGN(const ZoneEntry entry, server.entry(change.name, change.type));
      const auto words = [&] {
        return fmt::format(
            "{} {} has {}", change.name.text(), type_name(change.type),
            entry.alias ? "an alias of " + entry.alias->text() : set_text(entry.records));
      };
      // Nothing can be put beside an alias.
      const bool blocked = entry.alias && change.after;
      if (!blocked && entry.records == change.before)
        ++found.before;
      else if (found.first_not_before.empty())
        found.first_not_before = words() + ", not " + set_text(change.before);
      if (entry.records == change.after)
        ++found.after;
      else if (found.first_not_after.empty())
        found.first_not_after = words() + ", not " + set_text(change.after);
    }
    return found;
  }

  [[nodiscard]] Error conflict(const std::string& where) const {
    if (direction_ == Direction::apply)
      return {ErrorCode::configuration,
              "the zone was changed since the plan was made, and nothing was done: " + where,
              "make a new plan with mboxferry dns plan"};
    return {ErrorCode::configuration,
            "the zone is not as the plan left it, and nothing was rolled back: " + where,
            "change it by hand, or make a new plan with mboxferry dns plan"};
  }

  Result<void> refuse_large_part(ApplyResult& result) {
    std::set<Name> touched;
    for (const Change& change : changes_)
      if (change.before) touched.insert(change.name);
    if (touched.empty()) return ok();
    // As many names as make the touched ones 30 % or less.
    const std::size_t enough = (touched.size() * 100 + kLargePercent - 1) / kLargePercent;
    MBOXFERRY_ASSIGN(auto size, editor_.size_of(plan_.zone, std::max(enough, kSmallZone)));
    if (size == ZoneEditor::Size::unlisted) {
      result.notes.emplace_back(
          "the zone cannot be listed (AXFR) with this key: how large a part of it changes is not "
          "known");
      return ok();
    }
    if (size == ZoneEditor::Size::reached || settings_.force) return ok();
    MBOXFERRY_ASSIGN(size, editor_.size_of(plan_.zone, kSmallZone));
    if (size != ZoneEditor::Size::reached) return ok();
    return Error{ErrorCode::configuration,
                 fmt::format("the plan changes or deletes {} names, more than {} % of the zone {}",
                             touched.size(), kLargePercent, plan_.zone.text()),
                 "look at the plan again; --force does it"};
  }

  /// What the first server has now, whatever it said.
  Result<void> prove(const ZoneEditor::Answer& answer) {
    const ZoneEditor::Outcome outcome = answer.outcome;
    const Server& server = settings_.servers.front();
    const auto now = compare(server);
    if (!now) {
      if (now.error().code == ErrorCode::interrupted) return now.error();
      return Error{
          ErrorCode::unavailable,
          fmt::format("the change was {}, and what became of it cannot be seen: {}",
                      outcome == ZoneEditor::Outcome::done ? "accepted" : "sent, without an answer",
                      now.error().what),
          "run the same command again: it looks first, and goes on from what is there"};
    }
    if (now->after == changes_.size()) return ok();
    const bool unchanged = now->before == changes_.size();
    if (answer.unproven && unchanged)
      return Error{answer.unproven->code,
                   answer.unproven->what + "; that is not signed, and the zone is unchanged so far",
                   answer.unproven->hint};
    if (outcome == ZoneEditor::Outcome::unknown)
      return Error{ErrorCode::unavailable,
                   unchanged
                       ? fmt::format("the name server {} gave no signed answer, and the zone is "
                                     "unchanged so far",
                                     server.text())
                       : fmt::format("the name server {} gave no signed answer, and the zone is "
                                     "neither as before nor as planned: {}",
                                     server.text(), now->first_not_after),
                   "run the same command again"};
    return Error{ErrorCode::protocol,
                 fmt::format("the name server {} accepted the change, and does not have it: {}",
                             server.text(), now->first_not_after),
                 "look into its log; dns rollback works only on what the plan says"};
  }

  Result<void> wait_for_others() {
    const auto deadline = std::chrono::steady_clock::now() + settings_.wait;
    for (std::size_t i = 1; i < settings_.servers.size(); ++i) {
      for (;;) {
        const auto now = compare(settings_.servers[i]);
        if (now && now->after == changes_.size()) break;
        if (settings_.interrupt != nullptr && settings_.interrupt->requested())
          return interrupted("interrupted: the first name server has the changes, not all others");
        if (std::chrono::steady_clock::now() >= deadline)
          return Error{ErrorCode::try_later,
                       fmt::format("the change is made at {}, and {} does not have it yet: {}",
                                   settings_.servers.front().text(), settings_.servers[i].text(),
                                   now ? now->first_not_after : now.error().what),
                       "run the same command again later; if it stays so, the zone is not "
                       "transferred to that server"};
        std::this_thread::sleep_for(kBetweenLooks);
      }
    }
    return ok();
  }

  const std::vector<Change> changes_;
  const Plan& plan_;
  const Direction direction_;
  ZoneEditor& editor_;
  const ApplySettings& settings_;
  const std::function<Result<void>(ApplyStage)>& keep_;
};

}  // namespace

Result<ApplyResult> apply_plan(const Plan& plan, Direction direction, ZoneEditor& editor,
                               const ApplySettings& settings,
                               const std::function<Result<void>(ApplyStage)>& keep) {
  std::vector<Change> changes = plan.changes;
  if (direction == Direction::roll_back)
    std::transform(changes.begin(), changes.end(), changes.begin(),
                   [](const Change& change) { return change.inverse(); });
  return Applier(std::move(changes), plan, direction, editor, settings, keep).run();
}

}  // namespace mboxferry::dns
