// SPDX-License-Identifier: Apache-2.0
// The plan of a dry run.
#include "mboxferry/report/plan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mboxferry/report/job_report.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::report {
namespace {

void write_row(JsonStream& json, const PlanRow& row) {
  json.begin_object()
      .member("name", row.name)
      .member("exists", row.exists)
      .member("planned", row.planned)
      .member("oversize", row.oversize)
      .member("skipped", row.skipped)
      .member("bytes", row.bytes)
      .member("lost_flags", row.lost_flags)
      .member("date_corrections", row.date_corrections)
      .key("renamed_from");
  if (row.renamed_from.empty()) {
    json.null();
  } else {
    json.text(row.renamed_from);
  }
  json.member("stored", row.stored)
      .member("stored_bytes", row.stored_bytes)
      .member("in_doubt", row.in_doubt)
      .member("refused", row.refused);
  if (row.senders)
    json.member("blocked", row.senders->blocked).member("allowed", row.senders->allowed);
  json.end_object();
}

void write_server(JsonStream& json, const std::optional<PlanServer>& server) {
  if (!server) {
    json.null();
    return;
  }
  json.begin_object().member("prefix", server->prefix).key("separator");
  server->separator.empty() ? json.null() : json.text(server->separator);
  json.key("append_limit");
  server->append_limit ? json.number(*server->append_limit) : json.null();
  json.end_object();
}

void write_time(JsonStream& json, const std::optional<PlanTime>& time) {
  if (!time) {
    json.null();
    return;
  }
  json.begin_object().key("least_seconds").decimal(time->least);
  json.key("most_seconds").decimal(time->most);
  json.member("rests_on", time->rests_on).end_object();
}

/// What is worth knowing about a mailbox beyond its numbers.
std::string remarks(const PlanRow& row) {
  std::string text = row.exists ? fmt::format("  {} there before", row.already_there) : "  new";
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(row.stored, "stored by this job");
  add(row.in_doubt, "in doubt");
  add(row.refused, "refused");
  add(row.oversize, "too big for the server");
  add(row.skipped, "left out");
  if (row.senders) add(row.senders->blocked, "of blocked senders");
  add(row.lost_flags, "lose a flag");
  add(row.date_corrections, "with another date");
  add(row.doubtful, "doubtful separators");
  if (!row.renamed_from.empty()) text += ", renamed from " + printable(row.renamed_from);
  return text;
}

/// What holds for all mailboxes.
std::string server_lines(const PlanFacts& plan) {
  std::string lines;
  if (plan.server) {
    const std::string prefix =
        plan.server->prefix.empty() ? "at the top" : "below " + printable(plan.server->prefix);
    lines += fmt::format("  mailboxes: {}, {}\n", prefix,
                         plan.server->separator.empty()
                             ? "not one in another"
                             : "with " + printable(plan.server->separator) + " between names");
    if (plan.server->append_limit)
      lines += fmt::format("  largest message: {}\n", human_bytes(*plan.server->append_limit));
  }
  if (plan.quota) {
    lines += fmt::format("  quota: {} of {} used, {} needed\n", human_bytes(plan.quota->used),
                         human_bytes(plan.quota->limit), human_bytes(plan.bytes_needed));
  }
  if (plan.message_quota) {
    lines += fmt::format("  quota of messages: {} of {} used, {} needed\n",
                         plan.message_quota->used, plan.message_quota->limit, plan.messages_needed);
  }
  if (plan.time) {
    lines += "  time: " + plan_time_text(*plan.time) + "\n";
  }
  return lines;
}

}  // namespace

std::string plan_account_json(const PlanFacts& plan) {
  TextBuffer text;
  JsonStream json(text);
  json.begin_object().member("user", plan.user).member("host", plan.host).member("go", plan.go);
  json.key("reasons").texts(plan.reasons);
  json.key("mailboxes").begin_array();
  for (const PlanRow& row : plan.mailboxes) write_row(json, row);
  json.end_array().key("unread").begin_array();
  for (const journal::UnreadRow& part : plan.unread) write_unread_part(json, part);
  json.end_array().key("left_out").begin_object();
  json.member("files", plan.left_out_files).member("bytes", plan.left_out_bytes).end_object();
  json.key("quota").begin_object();
  json.key("limit");
  plan.quota ? json.number(plan.quota->limit) : json.null();
  json.key("used");
  plan.quota ? json.number(plan.quota->used) : json.null();
  json.member("needed", plan.bytes_needed);
  if (plan.message_quota) {
    json.member("messages_limit", plan.message_quota->limit);
    json.member("messages_used", plan.message_quota->used);
    json.member("messages_needed", plan.messages_needed);
  }
  json.end_object();
  write_server(json.key("server"), plan.server);
  write_time(json.key("time"), plan.time);
  if (plan.senders) write_sender_facts(json.key("senders"), *plan.senders);
  json.end_object();
  return text.take();
}

std::string plan_time_text(const PlanTime& time) {
  return fmt::format("{} to {}; rests on {}", human_duration(time.least), human_duration(time.most),
                     time.rests_on);
}

Result<void> write_plan_report(TextOutput& out, bool go, const std::optional<PlanTime>& time,
                               const PlanSource& accounts) {
  MBOXFERRY_TRY(
      out.write(fmt::format("{{\"schema\":\"mboxferry.plan/1\",\"go\":{},\"time\":", go)));
  JsonStream json(out);
  write_time(json, time);
  MBOXFERRY_TRY(json.result());
  MBOXFERRY_TRY(out.write(",\"accounts\":["));
  bool first = true;
  MBOXFERRY_TRY(accounts([&](const std::string& account) {
    return out.write(std::exchange(first, false) ? account : "," + account);
  }));
  return out.write("]}\n");
}

Result<void> write_plan_report(TextOutput& out, const PlanFacts& plan) {
  return write_plan_report(out, plan.go, plan.time, [&](const PlanVisitor& visit) {
    return visit(plan_account_json(plan));
  });
}

Result<void> write_plan_summary(TextOutput& out, const PlanFacts& plan) {
  MBOXFERRY_TRY(out.write(fmt::format("{}: {}, {} to send\n", plan.go ? "go" : "no go",
                                      printable(plan.user + "@" + plan.host),
                                      human_bytes(plan.bytes_needed))));
  for (const std::string& reason : plan.reasons) {
    MBOXFERRY_TRY(out.write("  " + printable(reason) + "\n"));
  }
  std::size_t width = 7;
  for (const PlanRow& row : plan.mailboxes)
    width = std::max(width, std::min<std::size_t>(40, printable(row.name).size()));
  if (!plan.mailboxes.empty()) {
    MBOXFERRY_TRY(
        out.write(fmt::format("  {:{}} {:>10} {:>10}\n", "mailbox", width, "messages", "size")));
  }
  for (const PlanRow& row : plan.mailboxes) {
    MBOXFERRY_TRY(
        out.write(fmt::format("  {:{}} {:>10} {:>10}{}\n", shortened_in_middle(row.name, width),
                              width, row.planned, human_bytes(row.bytes), remarks(row))));
  }
  if (plan.senders) MBOXFERRY_TRY(out.write(sender_lines(*plan.senders, "  ")));
  MBOXFERRY_TRY(out.write(server_lines(plan)));
  if (plan.go) return out.write("nothing was sent\nGO\n");
  return out.write(fmt::format("nothing was sent\nNO GO: {}\n",
                               plan.reasons.empty() ? "" : printable(plan.reasons.front())));
}

}  // namespace mboxferry::report
