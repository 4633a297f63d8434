// SPDX-License-Identifier: Apache-2.0
// What comparing the accounts of a batch with their servers found, for programs.
#include "mboxferry/report/verify_batch.h"

#include <utility>

#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {
namespace {

void write_difference(JsonStream& json, const VerifyRow& row) {
  json.begin_object().member("what", row.what).member("mailbox", row.mailbox);
  if (!row.folder.empty()) json.member("folder", row.folder).member("offset", row.offset);
  if (row.uid != 0) json.member("uid", row.uid);
  if (row.copy_of != 0) json.member("copy_of_uid", row.copy_of);
  if (row.gone_since) json.key("gone_since").boolean(true);
  json.end_object();
}

}  // namespace

std::string verified_account_json(const VerifiedAccount& account) {
  TextBuffer text;
  JsonStream json(text);
  json.begin_object()
      .member("user", account.user)
      .member("host", account.host)
      .member("journal", account.journal)
      .member("verdict", account.verdict)
      .member("reason", account.reason)
      .member("checked", account.checked)
      .member("missing", account.missing)
      .member("different", account.different)
      .member("unexpected", account.unexpected)
      .member("gone_since", account.gone_since);
  json.key("differences").begin_array();
  for (const VerifyRow& row : account.rows) write_difference(json, row);
  json.end_array().end_object();
  return text.take();
}

Result<void> write_verify_batch(TextOutput& out, const std::string& verdict,
                                const VerifiedSource& accounts) {
  MBOXFERRY_TRY(out.write(R"({"schema":"mboxferry.verify-batch/1","verdict":)" +
                          json_string(verdict) + ",\"accounts\":["));
  bool first = true;
  MBOXFERRY_TRY(accounts([&](const std::string& account) {
    return out.write(std::exchange(first, false) ? account : "," + account);
  }));
  return out.write("]}\n");
}

}  // namespace mboxferry::report
