// SPDX-License-Identifier: Apache-2.0
// What a comparison of ledger and server found, for programs and for people.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// A message that is not as it was stored.
struct VerifyRow {
  std::string mailbox;
  std::string folder;
  std::uint64_t offset = 0;
  std::uint32_t uid = 0;
  std::string what;           ///< "missing", "unexpected", "twice", or what differs
  std::uint32_t copy_of = 0;  ///< with "twice": the UID of the job's own
  bool gone_since = false;    ///< somebody did it after an earlier run had compared the message
};

/// Messages that the server stores in its own way.
struct AlteredRow {
  std::string what;  ///< "internaldate", "size", "flags", "keywords"
  std::uint64_t messages = 0;
};

/// A stored message whose status fields in the archive have changed since.
struct StatusRow {
  std::string folder;
  std::uint64_t offset = 0;
  std::string text;
};

/// Schema mboxferry.verify/1 (jobs/schema/verify.json): rows come in any order and are kept in
/// spools, one a list. Constant memory.
class VerifyReport {
 public:
  VerifyReport();

  Result<void> add(const VerifyRow& row);
  Result<void> add(const AlteredRow& row);
  Result<void> add(const StatusRow& row);
  /// Ends the lists and writes the document; once.
  Result<void> write(TextOutput& out, const std::string& verdict, std::uint64_t checked);

 private:
  struct List {
    Spool spool;
    JsonStream json{spool};
  };
  List& list_of(const VerifyRow& row);

  List missing_;
  List different_;
  List unexpected_;
  List gone_since_;
  List altered_;
  List status_changed_;
};

/// The findings of a job's journal about stored messages whose flags in the archive have changed.
Result<void> each_status_change(const journal::Journal& journal,
                                const std::function<Result<void>(const StatusRow&)>& visit);

/// `row` as one line for people.
std::string verify_line(const VerifyRow& row);

}  // namespace mboxferry::report
