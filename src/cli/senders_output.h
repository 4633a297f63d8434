// SPDX-License-Identifier: Apache-2.0
// What `senders check` shows, in its two forms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/policy/sender_judge.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// What one address of the command line, or one message, met.
struct SenderResult {
  std::string_view address;  ///< as it was given; empty: a message
  std::string_view archive;
  std::string_view folder;
  std::uint64_t offset = 0;
  policy::Verdict verdict;
};

/// Counts of one archive.
struct SenderCounts {
  std::uint64_t messages = 0;
  std::uint64_t blocked = 0;
  std::uint64_t allowed = 0;
  std::uint64_t unauthenticated = 0;  ///< would be allowed if they were authenticated
  std::uint64_t by_from_line = 0;
};

class SendersOutput {
 public:
  SendersOutput() = default;
  SendersOutput(const SendersOutput&) = delete;
  SendersOutput& operator=(const SendersOutput&) = delete;
  virtual ~SendersOutput() = default;

  /// `judge` knows the addresses.
  virtual Result<void> result(const SenderResult& result, const policy::SenderJudge& judge) = 0;
  virtual Result<void> end_archive(std::string_view archive, const SenderCounts& counts) = 0;
  /// `matched`: for each entry, how often it decided. `asked`: something was asked at all.
  virtual Result<void> end(const std::vector<std::uint64_t>& matched,
                           const std::vector<policy::ListRemark>& warnings, bool asked) = 0;
};

/// Text in 80 columns.
std::unique_ptr<SendersOutput> make_senders_text(report::TextOutput& out,
                                                 const policy::SenderLists& lists);
/// Schema mboxferry.senders/1 (jobs/schema/senders.json).
std::unique_ptr<SendersOutput> make_senders_document(report::TextOutput& out,
                                                     const policy::SenderLists& lists);

}  // namespace mboxferry::cli
