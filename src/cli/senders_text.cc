// SPDX-License-Identifier: Apache-2.0
// `senders check` for people: a line for each address, a table for archives, remarks at the end.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "cli/sender_options.h"
#include "cli/senders_output.h"
#include "cli/wrapped.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using policy::Verdict;
using report::counted;
using report::printable;

// More entries that never matched are counted.
constexpr std::size_t kMostNamed = 20;

/// `text` in lines of a terminal's width; all but the first are indented.
std::string hanging(std::string_view text) {
  constexpr std::size_t kIndent = 4;
  std::string lines;
  for (const std::string& line : wrapped(text, kHelpColumns - kIndent))
    lines += (lines.empty() ? "" : std::string(kIndent, ' ')) + line + '\n';
  return lines;
}

class SendersText final : public SendersOutput {
 public:
  SendersText(report::TextOutput& out, const policy::SenderLists& lists)
      : out_(out), lists_(lists) {}

  Result<void> result(const SenderResult& result, const policy::SenderJudge& judge) override {
    if (result.address.empty()) return ok();
    std::string text = printable(result.address) + ": ";
    if (judge.address_count() == 0)
      text += "is no address";
    else if (result.verdict.outcome == Verdict::Outcome::none)
      text += judge.lacked_authentication()
                  ? "no entry decides; an allow entry matches, but only authenticated senders"
                  : "no entry matches";
    else
      text += fmt::format("{} by {}", outcome_name(result.verdict.outcome),
                          described(result.verdict.entry));
    return out_.write(hanging(text));
  }

  Result<void> end_archive(std::string_view archive, const SenderCounts& counts) override {
    std::string text =
        fmt::format("{}: {}, {} blocked, {} allowed, {} neither", printable(archive),
                    counted(counts.messages, "message"), counts.blocked, counts.allowed,
                    counts.messages - counts.blocked - counts.allowed);
    if (counts.unauthenticated > 0)
      text += fmt::format("; {} match an allow entry and are not authenticated",
                          counts.unauthenticated);
    if (counts.by_from_line > 0)
      text += fmt::format("; {} have no address in their header, so the From_ line was asked",
                          counts.by_from_line);
    return out_.write(hanging(text));
  }

  Result<void> end(const std::vector<std::uint64_t>& matched,
                   const std::vector<policy::ListRemark>& warnings, bool asked) override {
    if (!asked) {
      MBOXFERRY_TRY(out_.write(counted_entries(lists_.size()) + " in the lists\n"));
    } else {
      MBOXFERRY_TRY(write_matched(matched));
      MBOXFERRY_TRY(write_unmatched(matched));
    }
    for (const policy::ListRemark& warning : warnings)
      MBOXFERRY_TRY(out_.write(hanging(printable(remark_line(warning)))));
    return ok();
  }

 private:
  [[nodiscard]] std::string described(std::uint32_t number) const {
    const policy::ListEntry entry = lists_.entry(number);
    return fmt::format("{} ({} line {}, {} list)", printable(entry.text), printable(entry.file),
                       entry.line, scope_name(entry.scope));
  }

  Result<void> write_matched(const std::vector<std::uint64_t>& matched) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < matched.size(); ++i)
      if (matched[i] > 0) numbers.push_back(i);
    std::stable_sort(numbers.begin(), numbers.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return matched[a] > matched[b]; });
    if (numbers.empty()) return ok();
    MBOXFERRY_TRY(out_.write("\n   times  does   entry\n"));
    for (const std::uint32_t number : numbers) {
      const policy::ListEntry entry = lists_.entry(number);
      const std::string place = fmt::format(" ({} line {})", printable(entry.file), entry.line);
      const std::size_t room = kHelpColumns - 17;
      std::string line = printable(entry.text);
      if (line.size() + place.size() <= room) line += place;
      MBOXFERRY_TRY(out_.write(fmt::format("{:8}  {}  {}\n", matched[number], kind_name(entry.kind),
                                           report::shortened(line, room))));
    }
    return ok();
  }

  Result<void> write_unmatched(const std::vector<std::uint64_t>& matched) {
    const auto never =
        static_cast<std::size_t>(std::count(matched.begin(), matched.end(), std::uint64_t{0}));
    if (never == 0) return ok();
    MBOXFERRY_TRY(out_.write(fmt::format("\n{} decided nothing:\n", counted_entries(never))));
    std::size_t named = 0;
    for (std::uint32_t i = 0; i < matched.size() && named < kMostNamed; ++i) {
      if (matched[i] > 0) continue;
      ++named;
      MBOXFERRY_TRY(out_.write("  " + hanging(described(i))));
    }
    if (never <= kMostNamed) return ok();
    return out_.write(fmt::format("  and {} more; --json lists them all\n", never - kMostNamed));
  }

  static std::string counted_entries(std::size_t count) {
    return count == 1 ? "1 entry" : fmt::format("{} entries", count);
  }

  report::TextOutput& out_;
  const policy::SenderLists& lists_;
};

}  // namespace

std::unique_ptr<SendersOutput> make_senders_text(report::TextOutput& out,
                                                 const policy::SenderLists& lists) {
  return std::make_unique<SendersText>(out, lists);
}

}  // namespace mboxferry::cli
