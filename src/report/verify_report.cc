// SPDX-License-Identifier: Apache-2.0
// The result of a verification.
#include "mboxferry/report/verify_report.h"

#include <fmt/format.h>

#include "mboxferry/report/printable.h"

namespace mboxferry::report {

VerifyReport::VerifyReport() {
  for (List* list :
       {&missing_, &different_, &unexpected_, &gone_since_, &altered_, &status_changed_})
    list->json.begin_array();
}

VerifyReport::List& VerifyReport::list_of(const VerifyRow& row) {
  if (row.gone_since) return gone_since_;
  if (row.what == "missing") return missing_;
  return row.what == "unexpected" || row.what == "twice" ? unexpected_ : different_;
}

Result<void> VerifyReport::add(const VerifyRow& row) {
  JsonStream& json = list_of(row).json;
  json.begin_object().member("mailbox", row.mailbox);
  // A message that is not the job's has no place in the archive; one that is missing has a UID
  // only when the server once told it.
  if (row.what != "unexpected") json.member("folder", row.folder).member("offset", row.offset);
  if (row.uid != 0) json.member("uid", row.uid);
  if (row.copy_of != 0) json.member("copy_of_uid", row.copy_of);
  json.member("what", row.what).end_object();
  return json.result();
}

Result<void> VerifyReport::add(const AlteredRow& row) {
  altered_.json.begin_object().member("what", row.what).member("messages", row.messages);
  altered_.json.end_object();
  return altered_.json.result();
}

Result<void> VerifyReport::add(const StatusRow& row) {
  status_changed_.json.begin_object()
      .member("folder", row.folder)
      .member("offset", row.offset)
      .member("text", row.text)
      .end_object();
  return status_changed_.json.result();
}

Result<void> VerifyReport::write(TextOutput& out, const std::string& verdict,
                                 std::uint64_t checked) {
  JsonStream json(out);
  json.begin_object()
      .member("schema", "mboxferry.verify/1")
      .member("verdict", verdict)
      .member("checked", checked);
  const auto write_list = [&](const char* name, List& list) {
    list.json.end_array();
    json.key(name).spooled(list.spool);
  };
  write_list("missing", missing_);
  write_list("different", different_);
  write_list("unexpected", unexpected_);
  write_list("gone_since", gone_since_);
  write_list("altered", altered_);
  write_list("status_changed", status_changed_);
  json.end_object().end_line();
  return json.result();
}

Result<void> each_status_change(const journal::Journal& journal,
                                const std::function<Result<void>(const StatusRow&)>& visit) {
  MBOXFERRY_ASSIGN(const auto folders, journal.folders());
  for (const journal::FolderRow& folder : folders) {
    MBOXFERRY_TRY(
        journal.each_finding(folder.id, [&](const journal::Finding& finding) -> Result<void> {
          if (finding.code != journal::kStatusChanged) return ok();
          return visit({folder.path, finding.offset, finding.text});
        }));
  }
  return ok();
}

std::string verify_line(const VerifyRow& row) {
  const bool is_plain = row.what == "missing" || row.what == "unexpected" || row.what == "twice";
  std::string line = is_plain ? row.what : "different " + printable(row.what);
  if (row.gone_since) line = "gone since: " + (is_plain ? "the message" : printable(row.what));
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
