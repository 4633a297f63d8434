// SPDX-License-Identifier: Apache-2.0
// Read, merge, write whole, read back.
#include "mboxferry/provider/sender_push.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace mboxferry::provider {
namespace {

constexpr int kMostMerges = 3;
constexpr int kMostLooks = 5;
constexpr std::chrono::milliseconds kBetweenLooks{1000};

/// The same entries, in any order and spelling.
bool same_entries(const SenderEntries& a, const SenderEntries& b) {
  return without(a, b).empty() && without(b, a).empty();
}

std::string named(const SenderEntries& entries) {
  constexpr std::size_t kMostNamed = 5;
  std::string text;
  std::size_t count = 0;
  for (const auto* list : {&entries.allowed, &entries.blocked})
    for (const std::string& entry : *list)
      if (count++ < kMostNamed) text += (text.empty() ? "" : ", ") + entry.substr(0, 100);
  if (count > kMostNamed) text += fmt::format(" and {} more", count - kMostNamed);
  return text;
}

/// What a push makes of the claims of one scope.
struct Claims {
  SenderEntries before;
  std::optional<SenderEntries> wanted;  ///< nothing: the push is not about this scope

  /// `ours`: of both scopes, with what is added now. What the user had is nobody's.
  [[nodiscard]] SenderEntries while_changing(const SenderEntries& ours) const {
    return wanted ? joined(before, in_both(*wanted, ours)) : before;
  }
  /// What is not wanted any more and is there all the same, because the other scope wants it.
  [[nodiscard]] SenderEntries given_up(const SenderEntries& removed,
                                       const SenderEntries& now) const {
    return wanted ? in_both(without(without(before, *wanted), removed), now) : SenderEntries();
  }
};

class Mailbox {
 public:
  Mailbox(Infomaniak& service, const std::string& name, const WantedSenders& wanted,
          const SaveSenderRecord& save)
      : service_(service), name_(name), save_(save) {
    account_.wanted = wanted.account;
    global_.wanted = wanted.global;
    wanted_ =
        joined(wanted.account.value_or(SenderEntries()), wanted.global.value_or(SenderEntries()));
  }

  Result<SenderPush> push(const std::optional<SenderRecord>& known, bool dry_run) {
    MBOXFERRY_ASSIGN(MailboxSenders now, service_.senders(name_));
    known_ = known.value_or(SenderRecord{now.entries, {}, false});
    record_ = stored_ = known_;
    account_.before = known_.ours.account;
    global_.before = known_.ours.global;
    merge(now);
    if (dry_run) return std::move(push_);
    for (int merges = 1; push_.merge.changes(); ++merges) {
      claim();
      MBOXFERRY_TRY(store());
      auto again = service_.senders(name_);
      if (!again) return nothing_written(again.error());
      if (same_entries(again->entries, now.entries)) {
        MBOXFERRY_TRY(write(again->entries));
        return std::move(push_);
      }
      if (merges == kMostMerges) return nothing_written(keeps_changing());
      push_.remarks.push_back("the lists have changed meanwhile, and are merged anew");
      now = *std::move(again);
      merge(now);
    }
    claim();
    MBOXFERRY_TRY(keep(now.entries));
    return std::move(push_);
  }

 private:
  void merge(const MailboxSenders& now) {
    SenderEntries ours;
    SenderEntries others;
    for (const Claims* claims : {&account_, &global_})
      (claims->wanted ? ours : others) = joined(claims->wanted ? ours : others, claims->before);
    push_.merge = merge_senders(now.entries, without(ours, others), wanted_);
    push_.filters = now.filters;
  }

  Result<void> store() {
    if (record_ == stored_) return ok();
    MBOXFERRY_TRY(save_(record_));
    stored_ = record_;
    return ok();
  }

  /// Before the change: what may be ours after it.
  void claim() {
    const SenderEntries ours = joined(known_.ours.all(), push_.merge.added);
    record_.ours = {account_.while_changing(ours), global_.while_changing(ours)};
  }

  /// Takes back what the record says of entries that are not there.
  Error nothing_written(Error error) {
    record_ = known_;
    static_cast<void>(store());
    return error;
  }

  [[nodiscard]] Error keeps_changing() const {
    return {ErrorCode::try_later,
            fmt::format("the lists of mailbox {} change each time they are read", name_),
            "nothing was changed; run the same command again",
            ErrorScope::mailbox,
            {Retry::When::later, {}}};
  }

  /// Of what was added, that which the mailbox has. What the service was to do later is waited for
  /// once.
  Result<void> keep(const SenderEntries& now) {
    const SenderEntries& removed = push_.merge.removed;
    SenderEntries there = now;
    if (known_.awaited) {
      push_.awaited = without(without(known_.ours.all(), removed), now);
      there = joined(there, push_.awaited);
    }
    record_.awaited = false;
    record_.ours = {in_both(without(record_.ours.account, account_.given_up(removed, now)), there),
                    in_both(without(record_.ours.global, global_.given_up(removed, now)), there)};
    return store();
  }

  Result<void> write(const SenderEntries& before) {
    const auto replaced = service_.replace_senders(name_, push_.merge.result);
    if (!replaced && replaced.error().code == ErrorCode::interrupted)
      return not_known(replaced.error());
    auto after = look(before, replaced ? kMostLooks : 1);
    if (!after) return not_known(replaced ? after.error() : replaced.error());
    const bool unchanged = same_entries(*after, before);
    if (!replaced && unchanged) {
      const bool may_come = replaced.error().code == ErrorCode::unavailable ||
                            replaced.error().code == ErrorCode::protocol;
      return may_come ? replaced.error() : nothing_written(replaced.error());
    }
    const SenderEntries lost = without(without(before, push_.merge.removed), *after);
    if (!lost.empty()) return put_back(lost, *after);
    const SenderEntries missing = without(push_.merge.added, *after);
    const SenderEntries left = in_both(push_.merge.removed, *after);
    const bool later = replaced && *replaced == Infomaniak::Change::later;
    if (later && !(missing.empty() && left.empty())) {
      push_.awaited = joined(missing, left);
      record_.awaited = true;
      return store();
    }
    push_.not_taken = missing;
    push_.not_removed = left;
    MBOXFERRY_TRY(keep(*after));
    if (replaced || (missing.empty() && left.empty())) return ok();
    Error error = replaced.error();
    error.what += fmt::format("; the lists of mailbox {} are changed in part", name_);
    error.hint = "run the same command again: it reads them first";
    return error;
  }

  /// What the mailbox has now. A service that does it later is looked at again.
  Result<SenderEntries> look(const SenderEntries& before, int most_looks) {
    for (int looks = 1;; ++looks) {
      MBOXFERRY_ASSIGN(MailboxSenders after, service_.senders(name_));
      if (looks == most_looks || !same_entries(after.entries, before)) return after.entries;
      if (!service_.wait(kBetweenLooks))
        return interrupted("interrupted before the lists were read back");
    }
  }

  /// The record says what may be there; the next push or restore finds it out.
  [[nodiscard]] Error not_known(Error error) const {
    error.what += fmt::format("; whether the lists of mailbox {} are changed is not known", name_);
    error.hint = "run the same command again: it reads them first";
    return error;
  }

  /// Entries that were there are gone: by the service, or by somebody in this very moment.
  Result<void> put_back(const SenderEntries& lost, const SenderEntries& after) {
    MBOXFERRY_TRY(keep(joined(after, lost)));
    // Whether it helped is asked of the lists.
    static_cast<void>(service_.replace_senders(name_, joined(after, lost)));
    const auto last = service_.senders(name_);
    const bool there = last && without(lost, last->entries).empty();
    return Error{
        ErrorCode::protocol,
        fmt::format("mailbox {}: entries that were there are gone after the change ({}){}", name_,
                    named(lost), there ? "; they are put back" : ", and could not be put back"),
        there ? "the service may not accept them any more: look at the mailbox's lists"
              : "enter them again by hand; the state folder has the lists as they were",
        ErrorScope::mailbox};
  }

  Infomaniak& service_;
  const std::string& name_;
  const SaveSenderRecord& save_;
  Claims account_;
  Claims global_;
  SenderEntries wanted_;  ///< of both scopes
  SenderRecord known_;    ///< from the push before
  SenderRecord record_;
  SenderRecord stored_;
  SenderPush push_;
};

}  // namespace

Result<SenderPush> push_senders(Infomaniak& service, const std::string& mailbox,
                                const WantedSenders& wanted,
                                const std::optional<SenderRecord>& record,
                                const SaveSenderRecord& save, bool dry_run) {
  return Mailbox(service, mailbox, wanted, save).push(record, dry_run);
}

}  // namespace mboxferry::provider
