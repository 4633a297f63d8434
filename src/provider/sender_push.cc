// SPDX-License-Identifier: Apache-2.0
// Read, merge, write whole, read back.
#include "mboxferry/provider/sender_push.h"

#include <fmt/format.h>

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

class Mailbox {
 public:
  Mailbox(Infomaniak& service, const std::string& name, const SenderEntries& wanted,
          const SaveSenderRecord& save)
      : service_(service), name_(name), wanted_(wanted), save_(save) {}

  Result<SenderPush> push(const std::optional<SenderRecord>& known, bool dry_run) {
    MBOXFERRY_ASSIGN(MailboxSenders now, service_.senders(name_));
    record_ = known.value_or(SenderRecord{now.entries, {}});
    known_ours_ = record_.ours;
    merge(now);
    if (dry_run) return std::move(push_);
    for (int merges = 1; push_.merge.changes(); ++merges) {
      record_.ours = joined(known_ours_, push_.merge.added);
      MBOXFERRY_TRY(save_(record_));
      auto again = service_.senders(name_);
      if (!again) return nothing_written(again.error());
      if (again->entries == now.entries) {
        MBOXFERRY_TRY(write(now.entries));
        return std::move(push_);
      }
      if (merges == kMostMerges) return nothing_written(keeps_changing());
      push_.remarks.push_back("the lists have changed meanwhile, and are merged anew");
      now = *std::move(again);
      merge(now);
    }
    // What is no longer there is no longer ours.
    record_.ours = known_ours_;
    if (in_both(known_ours_, now.entries) != known_ours_) MBOXFERRY_TRY(keep(now.entries));
    return std::move(push_);
  }

 private:
  void merge(const MailboxSenders& now) {
    push_.merge = merge_senders(now.entries, known_ours_, wanted_);
    push_.filters = now.filters;
  }

  /// Takes back what the record says of entries that are not there.
  Error nothing_written(Error error) {
    record_.ours = known_ours_;
    static_cast<void>(save_(record_));
    return error;
  }

  [[nodiscard]] Error keeps_changing() const {
    return {ErrorCode::try_later,
            fmt::format("the lists of mailbox {} change each time they are read", name_),
            "nothing was changed; run the same command again",
            ErrorScope::mailbox,
            {Retry::When::later, {}}};
  }

  /// Of what was added, that which the mailbox has.
  Result<void> keep(const SenderEntries& there) {
    record_.ours = in_both(record_.ours, there);
    return save_(record_);
  }

  Result<void> write(const SenderEntries& before) {
    const auto replaced = service_.replace_senders(name_, push_.merge.result);
    if (!replaced && replaced.error().code == ErrorCode::interrupted)
      return not_known(replaced.error());
    const bool unsure = !replaced && (replaced.error().code == ErrorCode::unavailable ||
                                      replaced.error().code == ErrorCode::protocol);
    if (!replaced && !unsure) return nothing_written(replaced.error());
    auto after = look(before, replaced ? kMostLooks : 1);
    if (!after) return not_known(replaced ? after.error() : replaced.error());
    // It may still come: the record keeps what was to be added.
    if (!replaced && same_entries(*after, before)) return replaced.error();
    const SenderEntries lost = without(without(before, push_.merge.removed), *after);
    if (!lost.empty()) return put_back(lost, *after);
    push_.not_taken = without(push_.merge.added, *after);
    push_.not_removed = in_both(push_.merge.removed, *after);
    return keep(*after);
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
    const auto replaced = service_.replace_senders(name_, joined(after, lost));
    const auto last = replaced ? service_.senders(name_) : Result<MailboxSenders>(replaced.error());
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
  const SenderEntries& wanted_;
  const SaveSenderRecord& save_;
  SenderRecord record_;
  SenderEntries known_ours_;
  SenderPush push_;
};

}  // namespace

Result<SenderPush> push_senders(Infomaniak& service, const std::string& mailbox,
                                const SenderEntries& wanted,
                                const std::optional<SenderRecord>& record,
                                const SaveSenderRecord& save, bool dry_run) {
  return Mailbox(service, mailbox, wanted, save).push(record, dry_run);
}

}  // namespace mboxferry::provider
