// SPDX-License-Identifier: Apache-2.0
// What comparing the accounts of a batch with their servers found, for programs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/report/text_output.h"
#include "mboxferry/report/verify_report.h"

namespace mboxferry::report {

/// One account. The numbers are of all messages, the rows of the first kMostVerifyRows.
struct VerifiedAccount {
  std::string user;
  std::string host;
  std::string journal;  ///< path; what `mboxferry verify` takes to list every difference
  std::string verdict;  ///< as in jobs/schema/verify.json
  std::string reason;   ///< why it is not complete; empty when it is
  std::uint64_t checked = 0;
  std::uint64_t missing = 0;
  std::uint64_t different = 0;
  std::uint64_t unexpected = 0;
  std::uint64_t gone_since = 0;
  std::vector<VerifyRow> rows;
};

inline constexpr std::size_t kMostVerifyRows = 1000;

/// One element of `accounts` in the document below.
std::string verified_account_json(const VerifiedAccount& account);

/// Shows a visitor the texts of verified_account_json(), one after the other.
using VerifiedVisitor = std::function<Result<void>(const std::string&)>;
using VerifiedSource = std::function<Result<void>(const VerifiedVisitor&)>;

/// Schema mboxferry.verify-batch/1 (jobs/schema/verify-batch.json). Constant memory.
Result<void> write_verify_batch(TextOutput& out, const std::string& verdict,
                                const VerifiedSource& accounts);

}  // namespace mboxferry::report
