// SPDX-License-Identifier: Apache-2.0
// The plan of a dry run as a page.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "mboxferry/base/time.h"
#include "mboxferry/report/plan_paper.h"
#include "mboxferry/report/printable.h"
#include "report/plan_account.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kMostReasons = 50;
constexpr std::size_t kMostReasonsOfAccount = 20;
constexpr std::size_t kMostMailboxes = 500;  ///< shown of an account

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mboxferry plan</title>
<style>
:root { --ground: #fff; --line: #dde1e7; --text: #1b2027; --muted: #56606d; --go: #1c7a4a; --no: #b3261e; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground: #13161a; --line: #333a44; --text: #e7eaef; --muted: #a7b0bd; --go: #5fcf97; --no: #ff8f85; }
}
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 70rem; overflow-wrap: anywhere; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; }
.go { color: var(--go); } .no { color: var(--no); } .muted { color: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
@media print { details { break-inside: avoid; } }
</style>
</head>
<body>
)";

/// Text that may stand between tags.
std::string html(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

struct PageSums {
  std::uint64_t accounts = 0;
  std::uint64_t can_go = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> reasons;
  std::uint64_t other_reasons = 0;

  void add(const PlanAccount& account) {
    ++accounts;
    can_go += account.go ? 1 : 0;
    messages += account.messages();
    bytes += account.bytes();
    if (account.go) return;
    // Most reasons name the account, where all else is the same.
    std::string reason = account.reason();
    if (const auto at = reason.find(account.user); !account.user.empty() && at != reason.npos)
      reason.replace(at, account.user.size(), "…");
    if (reasons.size() < kMostReasons || reasons.contains(reason)) {
      ++reasons[reason];
    } else {
      ++other_reasons;
    }
  }
};

Result<void> write_head(TextOutput& out, bool go, const std::optional<PlanTime>& time,
                        const PageSums& sums, std::int64_t written) {
  MBOXFERRY_TRY(out.write(kHead));
  return out.write(fmt::format(
      "<p class=\"muted\">mboxferry plan, {}</p>\n<h1 class=\"{}\">{}: {} of {} can go</h1>\n"
      "<p>{}, {} to send; nothing was sent.{}</p>\n",
      to_rfc3339(Timestamp{written, 0}), go ? "go" : "no", go ? "GO" : "NO GO", sums.can_go,
      counted(sums.accounts, "account"), counted(sums.messages, "message"), human_bytes(sums.bytes),
      time ? "<br>Time: " + html(plan_time_text(*time)) : ""));
}

Result<void> write_reasons(TextOutput& out, const PageSums& sums) {
  if (sums.reasons.empty()) return ok();
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  for (const auto& [reason, count] : sums.reasons) rows.emplace_back(count, reason);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (sums.other_reasons > 0) rows.emplace_back(sums.other_reasons, "other reasons");
  MBOXFERRY_TRY(
      out.write("<h2>Why accounts cannot go</h2>\n<div class=\"scroll\"><table>\n"
                "<tr><th class=\"number\">accounts</th><th>reason</th></tr>\n"));
  for (const auto& [count, reason] : rows) {
    MBOXFERRY_TRY(out.write(
        fmt::format("<tr><td class=\"number\">{}</td><td>{}</td></tr>\n", count, html(reason))));
  }
  return out.write("</table></div>\n");
}

std::string remarks_of(const PlanRow& row) {
  std::string text = row.exists ? "is there" : "new";
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(row.stored, "stored by earlier runs");
  add(row.in_doubt, "in doubt");
  add(row.refused, "refused");
  add(row.oversize, "too big");
  add(row.skipped, "left out");
  if (row.senders) add(row.senders->blocked, "of blocked senders");
  add(row.lost_flags, "lose a flag");
  add(row.date_corrections, "with another date");
  if (!row.renamed_from.empty()) text += ", renamed from " + html(row.renamed_from);
  return text;
}

Result<void> write_senders(TextOutput& out, const SenderFacts& facts) {
  MBOXFERRY_TRY(out.write(fmt::format(
      "<p>Sender lists: {} of blocked senders, {} of allowed ones, {} out of junk.</p>\n",
      counted(facts.totals.blocked, "message"), facts.totals.allowed, facts.totals.rescued)));
  if (facts.sums.empty()) return ok();
  MBOXFERRY_TRY(
      out.write("<div class=\"scroll\"><table><tr><th>entry</th><th>what is done</th>"
                "<th class=\"number\">messages</th></tr>\n"));
  for (const journal::SenderSum& sum : facts.sums) {
    MBOXFERRY_TRY(out.write(
        fmt::format("<tr><td>{}</td><td>{} ({})</td><td class=\"number\">{}</td></tr>\n",
                    html(journal::describe(sum.entry)), sum.entry.allows ? "allow" : "block",
                    journal::action_name(sum.action), sum.messages)));
  }
  MBOXFERRY_TRY(out.write("</table></div>\n"));
  if (facts.sum_count <= facts.sums.size()) return ok();
  return out.write(fmt::format("<p class=\"muted\">and {} more; the JSON has them</p>\n",
                               facts.sum_count - facts.sums.size()));
}

Result<void> write_account(TextOutput& out, const PlanAccount& account) {
  MBOXFERRY_TRY(out.write(fmt::format(
      "<details{}><summary><strong class=\"{}\">{}</strong> {}: {}, {}{}</summary>\n",
      account.go ? "" : " open", account.go ? "go" : "no", account.go ? "go" : "no go",
      html(account.name), counted(account.messages(), "message"), human_bytes(account.bytes()),
      account.time.empty() ? "" : ", " + html(account.time))));
  const std::size_t reasons = std::min(account.reasons.size(), kMostReasonsOfAccount);
  for (std::size_t i = 0; i < reasons; ++i)
    MBOXFERRY_TRY(out.write("<p>" + html(account.reasons[i]) + "</p>\n"));
  if (account.unread > 0) {
    MBOXFERRY_TRY(
        out.write(fmt::format("<p>{} of the archive cannot be read; the JSON names them.</p>\n",
                              counted(account.unread, "part"))));
  }
  if (account.senders) MBOXFERRY_TRY(write_senders(out, *account.senders));
  if (account.mailboxes.empty()) return out.write("</details>\n");
  MBOXFERRY_TRY(out.write(
      "<div class=\"scroll\"><table><tr><th>mailbox</th><th class=\"number\">messages</th>"
      "<th class=\"number\">size</th><th>remarks</th></tr>\n"));
  const std::size_t shown = std::min(account.mailboxes.size(), kMostMailboxes);
  for (std::size_t i = 0; i < shown; ++i) {
    const PlanRow& row = account.mailboxes[i];
    MBOXFERRY_TRY(out.write(fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>\n",
        html(row.name), row.planned, human_bytes(row.bytes), remarks_of(row))));
  }
  MBOXFERRY_TRY(out.write("</table></div>\n"));
  if (shown < account.mailboxes.size()) {
    MBOXFERRY_TRY(out.write(fmt::format("<p class=\"muted\">and {} more; the CSV has all</p>\n",
                                        account.mailboxes.size() - shown)));
  }
  return out.write("</details>\n");
}

}  // namespace

Result<void> write_plan_page(TextOutput& out, bool go, const std::optional<PlanTime>& time,
                             const PlanSource& accounts, std::int64_t written) {
  PageSums sums;
  MBOXFERRY_TRY(accounts([&](const std::string& text) -> Result<void> {
    MBOXFERRY_ASSIGN(const PlanAccount account, PlanAccount::parse(text));
    sums.add(account);
    return ok();
  }));
  MBOXFERRY_TRY(write_head(out, go, time, sums, written));
  MBOXFERRY_TRY(write_reasons(out, sums));
  MBOXFERRY_TRY(out.write("<h2>Accounts</h2>\n"));
  for (const bool can_go : {false, true}) {
    MBOXFERRY_TRY(accounts([&](const std::string& text) -> Result<void> {
      MBOXFERRY_ASSIGN(const PlanAccount account, PlanAccount::parse(text));
      return account.go == can_go ? write_account(out, account) : ok();
    }));
  }
  return out.write("</body>\n</html>\n");
}

}  // namespace mboxferry::report
