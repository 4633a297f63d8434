// SPDX-License-Identifier: Apache-2.0
// The result of a verification.
#include "mboxferry/report/verify_report.h"

#include <fmt/format.h>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {

VerifyReport::VerifyReport() {
  missing_.json.begin_array();
  different_.json.begin_array();
  unexpected_.json.begin_array();
}

VerifyReport::List& VerifyReport::list_of(const std::string& what) {
  if (what == "missing") return missing_;
  return what == "unexpected" || what == "twice" ? unexpected_ : different_;
}

Result<void> VerifyReport::add(const VerifyRow& row) {
  JsonStream& json = list_of(row.what).json;
  json.begin_object().member("mailbox", row.mailbox);
  // A message that is not the job's has no place in the archive; one that is missing has a UID
  // only when the server once told it.
  if (row.what != "unexpected") json.member("folder", row.folder).member("offset", row.offset);
  if (row.uid != 0) json.member("uid", row.uid);
  if (row.copy_of != 0) json.member("copy_of_uid", row.copy_of);
  json.member("what", row.what).end_object();
  return json.result();
}

Result<void> VerifyReport::write(TextOutput& out, const std::string& verdict,
                                 std::uint64_t checked) {
  JsonStream json(out);
  json.begin_object()
      .member("schema", "mboxferry.verify/1")
      .member("verdict", verdict)
      .member("checked", checked);
  json.key("missing").spooled((missing_.json.end_array(), missing_.spool));
  json.key("different").spooled((different_.json.end_array(), different_.spool));
  json.key("unexpected").spooled((unexpected_.json.end_array(), unexpected_.spool));
  json.end_object().end_line();
  return json.result();
}

std::string verify_line(const VerifyRow& row) {
  const bool is_plain = row.what == "missing" || row.what == "unexpected" || row.what == "twice";
  std::string line = is_plain ? row.what : "different " + printable(row.what);
  line += ": " + printable(row.mailbox);
  if (row.uid != 0) line += fmt::format(", UID {}", row.uid);
  if (row.what != "unexpected") {
    if (row.what == "twice") line += ", a copy of";
    if (row.copy_of != 0) line += fmt::format(" UID {},", row.copy_of);
    line += fmt::format("{}from {} at byte {}", row.what == "twice" ? " " : ", ",
                        printable(row.folder), row.offset);
  }
  return line;
}

}  // namespace mboxferry::report
