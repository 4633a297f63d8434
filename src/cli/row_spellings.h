// SPDX-License-Identifier: Apache-2.0
// Rows of a batch that name one mailbox in other words.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/job/ledger.h"

namespace mboxferry::cli {

/// Finds the earlier row that sends the same archive into the same mailbox of the same account,
/// whose host has another name with the same address, or whose user has other capitals. Names are
/// looked up only where all else is equal, each once. One reading of the file.
class RowSpellings {
 public:
  RowSpellings(job::Ledger& ledger, const Cancellation& interrupt)
      : ledger_(ledger), interrupt_(interrupt) {}

  /// What is wrong with the row; nothing when there is none. Notes the row for those after it.
  Result<std::optional<std::string>> problem_of(const job::NewEntry& entry);

 private:
  bool is_same_host(const std::string& one, const std::string& other);
  const std::vector<std::string>& addresses_of(const std::string& host);

  job::Ledger& ledger_;
  const Cancellation& interrupt_;
  std::map<std::string, std::vector<std::string>> addresses_;  ///< of hosts in small letters
  int unanswered_ = 0;  ///< look-ups in a row; then names are taken for what they are
};

}  // namespace mboxferry::cli
