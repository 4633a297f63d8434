// SPDX-License-Identifier: Apache-2.0
// What a comparison of ledger and server found, for programs and for people.
#pragma once

#include <cstdint>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// A message that is not as it should be.
struct VerifyRow {
  std::string mailbox;
  std::string folder;
  std::uint64_t offset = 0;
  std::uint32_t uid = 0;
  std::string what;  ///< "missing", "unexpected", "twice", or what differs
  std::uint32_t copy_of = 0;  ///< with "twice": the UID of the job's own
};

/// Schema mboxferry.verify/1 (jobs/schema/verify.json): rows come in any order and are kept in
/// spools, one a list. Constant memory.
class VerifyReport {
 public:
  VerifyReport();

  Result<void> add(const VerifyRow& row);
  /// Ends the lists and writes the document; once.
  Result<void> write(TextOutput& out, const std::string& verdict, std::uint64_t checked);

 private:
  struct List {
    Spool spool;
    JsonStream json{spool};
  };
  List& list_of(const std::string& what);

  List missing_;
  List different_;
  List unexpected_;
};

/// `row` as one line for people.
std::string verify_line(const VerifyRow& row);

}  // namespace mboxferry::report
