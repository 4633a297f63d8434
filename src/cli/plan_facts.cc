// SPDX-License-Identifier: Apache-2.0
// A plan as reports show it.
#include "cli/plan_facts.h"

namespace mboxferry::cli {

report::PlanTime plan_time(const transfer::TimeEstimate& time) {
  return {time.least_seconds, time.most_seconds, time.rests_on};
}

report::PlanFacts no_plan(const std::string& user, const std::string& host,
                          const std::string& reason) {
  report::PlanFacts facts;
  facts.user = user;
  facts.host = host;
  facts.reasons = {reason};
  return facts;
}

report::PlanFacts plan_facts(const transfer::JobSettings& settings, const transfer::Plan& plan) {
  report::PlanFacts facts;
  facts.user = settings.account.user;
  facts.host = settings.account.host;
  facts.go = plan.go;
  facts.reasons = plan.reasons;
  facts.bytes_needed = plan.bytes_needed;
  facts.server = report::PlanServer{
      plan.name_space.prefix,
      plan.name_space.separator == 0 ? "" : std::string(1, plan.name_space.separator),
      plan.append_limit};
  facts.time = plan_time(plan.time);
  facts.messages_needed = plan.messages_needed;
  if (plan.quota && plan.quota->limit != imap::Quota::kUnlimited)
    facts.quota = report::PlanQuota{plan.quota->limit, plan.quota->used};
  if (plan.quota && plan.quota->most_messages != imap::Quota::kUnlimited)
    facts.message_quota = report::PlanQuota{plan.quota->most_messages, plan.quota->messages};
  for (const transfer::PlannedMailbox& row : plan.mailboxes) {
    facts.mailboxes.push_back({row.name, row.exists, row.planned, row.oversize, row.skipped,
                               row.bytes, row.already_there, row.lost_flags, row.date_corrections,
                               row.doubtful, row.renamed_from, row.stored.messages,
                               row.stored.bytes, row.in_doubt, row.refused});
  }
  if (plan.senders) {
    facts.senders.emplace();
    facts.senders->sums = plan.senders->sums;
    facts.senders->sum_count = plan.senders->sum_count;
    for (std::size_t i = 0; i < plan.mailboxes.size(); ++i) {
      const journal::SenderTotals& totals = plan.mailboxes[i].senders;
      facts.mailboxes[i].senders = totals;
      facts.senders->totals.blocked += totals.blocked;
      facts.senders->totals.allowed += totals.allowed;
      facts.senders->totals.rescued += totals.rescued;
    }
  }
  facts.unread = plan.unread;
  facts.left_out_files = plan.left_out_files;
  facts.left_out_bytes = plan.left_out_bytes;
  return facts;
}

}  // namespace mboxferry::cli
