// SPDX-License-Identifier: Apache-2.0
// What sender lists did in a job, or would do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {

struct SenderFacts {
  journal::SenderTotals totals;
  std::vector<journal::SenderSum> sums;  ///< those with most messages first
  std::uint64_t sum_count = 0;           ///< of all
};

/// So many entries of an account are in JSON documents.
inline constexpr std::size_t kMostSenderSums = 10'000;

/// What a journal knows, with at most `limit` entries; nothing when the job has no sender lists.
Result<std::optional<SenderFacts>> sender_facts(const journal::Journal& journal, std::size_t limit);

/// An object, which is the same in plans and reports.
void write_sender_facts(JsonStream& json, const SenderFacts& facts);

/// For people: a line with the totals, and one for each of the first entries.
std::string sender_lines(const SenderFacts& facts, std::string_view indent);

}  // namespace mboxferry::report
