// SPDX-License-Identifier: Apache-2.0
// The dry run: reads everything, asks the server, changes nothing.
#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/plan/message_plan.h"
#include "mboxferry/transfer/job.h"
#include "transfer/index_pass.h"
#include "transfer/mailboxes.h"
#include "transfer/source_folders.h"
#include "transfer/tracker.h"

namespace mboxferry::transfer {
namespace {

/// Counts one folder's messages into its mailbox's plan.
class Counter final : public IndexSink {
 public:
  Counter(PlannedMailbox& mailbox, const plan::FlagLimits& limits,
          std::optional<std::uint64_t> append_limit, Tracker& tracker)
      : mailbox_(mailbox), limits_(limits), append_limit_(append_limit), tracker_(tracker) {}

  Result<void> message(const IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    if (message.pseudo || message.expunged) {
      ++mailbox_.skipped;
      return ok();
    }
    ++mailbox_.planned;
    mailbox_.bytes += message.wire_size;
    if (plan::refuse_beforehand(message.wire_size, append_limit_)) ++mailbox_.oversize;
    if (message.date.to_be_listed()) ++mailbox_.date_corrections;
    if (plan::keep_flags(message.flags, join_keywords(message.keywords), limits_).lost)
      ++mailbox_.lost_flags;
    tracker_.update([&](Progress& progress) {
      ++progress.total.messages;
      progress.total.bytes += message.wire_size;
      progress.read_bytes += message.length;
    });
    return ok();
  }
  Result<void> doubt(const mbox::Doubt&) override {
    ++mailbox_.doubtful;
    return ok();
  }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

 private:
  PlannedMailbox& mailbox_;
  const plan::FlagLimits& limits_;
  const std::optional<std::uint64_t> append_limit_;
  Tracker& tracker_;
};

struct MailboxFacts {
  PlannedMailbox planned;
  plan::FlagLimits limits;
};

/// What the server says about a mailbox that the plan names.
Result<MailboxFacts> ask_mailbox(imap::ReadOnlyTarget& target, const Directory& directory,
                                 const plan::MappedName& mapped) {
  MailboxFacts facts;
  facts.planned.name = mapped.name;
  facts.planned.renamed_from = mapped.renamed_from;
  const imap::ListedMailbox* listed = directory.find(mapped.name);
  facts.planned.exists = listed != nullptr && listed->selectable;
  // A mailbox that is not there yet will keep the flags that INBOX keeps.
  const std::string asked = facts.planned.exists ? listed->name : "INBOX";
  const auto selected = target.select(asked);
  if (!selected && selected.error().scope != ErrorScope::mailbox) return Error(selected.error());
  if (selected) {
    facts.limits = flag_limits(selected->permanent_flags);
    facts.planned.already_there = facts.planned.exists ? selected->exists : 0;
  }
  return facts;
}

void judge(Plan& plan) {
  plan.go = true;
  for (const PlannedMailbox& mailbox : plan.mailboxes) {
    plan.bytes_needed += mailbox.bytes;
    if (mailbox.oversize > 0)
      plan.reasons.push_back(
          fmt::format("{}: {} messages are empty or larger than the server takes", mailbox.name,
                      mailbox.oversize));
  }
  const bool fits = !plan.quota || plan.quota->used + plan.bytes_needed <= plan.quota->limit;
  if (fits) return;
  plan.go = false;
  plan.reasons.push_back(fmt::format("the quota holds {} bytes, {} are used and {} are needed",
                                     plan.quota->limit, plan.quota->used, plan.bytes_needed));
}

}  // namespace

Result<Plan> plan_job(const JobSettings& settings, Observer& observer,
                      const Cancellation& interrupt) {
  Tracker tracker(observer);
  MBOXFERRY_ASSIGN(const std::vector<SourceFolder> sources, open_sources(settings, tracker));
  tracker.enter(Progress::Phase::connecting);
  MBOXFERRY_ASSIGN(const auto target,
                   imap::connect_read_only(settings.account, settings.connection));
  MBOXFERRY_ASSIGN(const Directory directory, Directory::read(*target));
  Plan plan;
  std::vector<MailboxFacts> mailboxes;
  IndexOptions options = settings.index;
  options.digest_of = DigestOf::content;
  for (const SourceFolder& source : sources) {
    MBOXFERRY_ASSIGN(const plan::MappedName mapped, directory.map(source, settings));
    auto facts = std::find_if(mailboxes.begin(), mailboxes.end(), [&](const MailboxFacts& known) {
      return known.planned.name == mapped.name;
    });
    if (facts == mailboxes.end()) {
      MBOXFERRY_ASSIGN(MailboxFacts asked, ask_mailbox(*target, directory, mapped));
      facts = mailboxes.insert(mailboxes.end(), std::move(asked));
    }
    tracker.enter(Progress::Phase::reading, mapped.name);
    Counter counter(facts->planned, facts->limits, target->capabilities().append_limit, tracker);
    MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
    MBOXFERRY_ASSIGN(const auto peek, archive::open_folder(source.place));
    MBOXFERRY_ASSIGN(const mbox::Accounting accounting,
                     index_folder(*bytes, *peek, source.survey, options, counter, interrupt));
    static_cast<void>(accounting);
    MBOXFERRY_TRY(bytes->check_unchanged());
  }
  for (MailboxFacts& facts : mailboxes) plan.mailboxes.push_back(std::move(facts.planned));
  if (target->capabilities().quota) {
    MBOXFERRY_ASSIGN(plan.quota, target->quota("INBOX"));
  }
  target->log_out();
  judge(plan);
  tracker.enter(Progress::Phase::done);
  return plan;
}

}  // namespace mboxferry::transfer
