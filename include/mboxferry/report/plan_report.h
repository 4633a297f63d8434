// SPDX-License-Identifier: Apache-2.0
// What a dry run found, for programs and for people.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/sender_facts.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// One mailbox of a plan.
struct PlanRow {
  std::string name;
  bool exists = false;
  std::uint64_t planned = 0;
  std::uint64_t oversize = 0;
  std::uint64_t skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t already_there = 0;
  std::uint64_t lost_flags = 0;
  std::uint64_t date_corrections = 0;
  std::uint64_t doubtful = 0;
  std::string renamed_from;  ///< empty: the archive's own name
  std::uint64_t stored = 0;  ///< by earlier runs; like the others below not in `planned`
  std::uint64_t stored_bytes = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t refused = 0;
  std::optional<journal::SenderTotals> senders = {};  ///< nothing: no sender lists
};

struct PlanQuota {
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
};

/// Where the user's mailboxes are, and how large a message may be.
struct PlanServer {
  std::string prefix;
  std::string separator;  ///< empty: no hierarchy
  std::optional<std::uint64_t> append_limit;
};

/// How long it will take, in seconds, and what that rests on.
struct PlanTime {
  double least = 0;
  double most = 0;
  std::string rests_on;
};

/// The plan of one account.
struct PlanFacts {
  std::string user;
  std::string host;
  bool go = false;
  std::vector<std::string> reasons;  ///< with no go, the first says why
  std::vector<PlanRow> mailboxes;
  std::vector<journal::UnreadRow> unread;
  std::uint64_t left_out_files = 0;  ///< files that are no mail
  std::uint64_t left_out_bytes = 0;
  std::optional<PlanQuota> quota;
  std::uint64_t bytes_needed = 0;
  std::optional<PlanQuota> message_quota;  ///< of messages, `quota` is of bytes
  std::uint64_t messages_needed = 0;
  std::optional<PlanServer> server;  ///< nothing: it could not be asked
  std::optional<PlanTime> time;
  std::optional<SenderFacts> senders;  ///< nothing: no sender lists
};

/// One element of `accounts` in the document below.
std::string plan_account_json(const PlanFacts& plan);

/// Shows a visitor the texts of plan_account_json(), one after the other.
using PlanVisitor = std::function<Result<void>(const std::string&)>;
using PlanSource = std::function<Result<void>(const PlanVisitor&)>;

/// Schema mboxferry.plan/1 (jobs/schema/plan.json), of many accounts; `time` is that of all.
Result<void> write_plan_report(TextOutput& out, bool go, const std::optional<PlanTime>& time,
                               const PlanSource& accounts);

/// The same of one.
Result<void> write_plan_report(TextOutput& out, const PlanFacts& plan);

/// For people: "1 s to 2 min; rests on ...".
std::string plan_time_text(const PlanTime& time);

/// For people. The last line is "GO", or "NO GO: " and why.
Result<void> write_plan_summary(TextOutput& out, const PlanFacts& plan);

}  // namespace mboxferry::report
